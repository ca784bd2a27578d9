// The relay's side towards the database: a TCP connection, encrypted as PostgreSQL does it when asked.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "platform/worker/address_policy.h"
#include "platform/worker/file_descriptor.h"
#include "platform/worker/worker.h"

struct ssl_st;
struct ssl_ctx_st;

namespace weft {

// Thread-compatible. Never blocks once connected.
class Upstream {
 public:
  // Resolves the name once, asks `policy` about each address, and tries those allowed in turn until the target's
  // patience ends or `stop` becomes readable. Errors: as Relay::failure(), `data_store.stopped`.
  [[nodiscard]] static Result<Upstream> connect(const RelayTarget& target, const AddressPolicy& policy, int stop);
  Upstream(Upstream&&) noexcept;
  Upstream& operator=(Upstream&&) noexcept;
  ~Upstream();

  enum class Outcome { Done, WantsRead, WantsWrite, Closed };
  // Done: `count` bytes, at least one, were moved.
  Outcome read(std::span<char> into, std::size_t& count);
  Outcome write(std::span<const char> from, std::size_t& count);
  void say_goodbye();
  [[nodiscard]] int socket() const { return socket_.get(); }

 private:
  struct FreeTls {
    void operator()(ssl_st* tls) const;
    void operator()(ssl_ctx_st* context) const;
  };
  explicit Upstream(FileDescriptor socket) : socket_(std::move(socket)) {}
  class Opening;

  FileDescriptor socket_;
  std::unique_ptr<ssl_ctx_st, FreeTls> context_;
  std::unique_ptr<ssl_st, FreeTls> tls_;  // none: plain
};

}  // namespace weft
