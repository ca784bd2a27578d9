// For tests: a real PostgreSQL on a TCP port of the loopback, with a password and TLS, and the certificates for it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "platform/worker/test_workers.h"

namespace weft {

struct TestCertificate {
  std::string certificate, key;  // PEM
};
// Signed by itself: an authority of its own. `name` is the host it is for.
[[nodiscard]] TestCertificate make_test_certificate(const std::string& name);

// User `weft`, password `planted-password`, database `postgres`; TLS with a certificate for `localhost`.
class TcpPostgres {
 public:
  TcpPostgres();
  TcpPostgres(const TcpPostgres&) = delete;
  TcpPostgres& operator=(const TcpPostgres&) = delete;
  ~TcpPostgres();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& certificate() const { return certificate_.certificate; }
  // Runs SQL as administrator over a socket of its own; the first field of the answer.
  std::string run(const std::string& sql) const;
  void switch_tls(const char* on_or_off) const;

 private:
  TestFolder folder_;
  TestCertificate certificate_;
  std::uint16_t port_ = 0;
  int pid_ = -1;
};

// Started once for all tests that need it.
const TcpPostgres& tcp_postgres();

}  // namespace weft
