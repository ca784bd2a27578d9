// A pull worker's only way to a host: the server resolves, checks, connects and encrypts; the worker sees a Unix socket
// on which PostgreSQL answers in plain. Not a proxy: one target, decided before the job begins.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"
#include "platform/worker/address_policy.h"
#include "platform/worker/file_descriptor.h"
#include "platform/worker/worker.h"

namespace weft {

// Thread-safe.
class Relay {
 public:
  Relay(RelayTarget target, AddressPolicy policy);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  ~Relay();  // ends all connections

  // The worker's end of a new connection, at once; the way to the target is made once the worker has said that it
  // speaks PostgreSQL. What goes wrong it hears as an answer in that protocol. Invalid: too many are open.
  [[nodiscard]] FileDescriptor connect();

  // Why the last attempt failed, if it did. Errors: `data_store.address_blocked`, `data_store.unresolved`, `data_store.unreachable`,
  // `data_store.tls_refused`, `data_store.tls_failed`.
  [[nodiscard]] std::optional<Error> failure() const;

 private:
  class Connection;
  void note(std::optional<Error> failure);

  const RelayTarget target_;
  const AddressPolicy policy_;
  FileDescriptor stop_;  // an eventfd: readable once the relay ends
  mutable std::mutex mutex_;
  std::optional<Error> failure_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace weft
