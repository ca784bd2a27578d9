// A mail server for tests: answers by script on a loopback port of its own, records what it was told.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weft {

class ScriptedSmtp {
 public:
  enum class Tls { Never, WhenAsked, AtOnce };
  struct Script {
    Tls tls = Tls::Never;
    std::string greeting = "220 test.example ready";
    std::vector<std::string> extensions = {"8BITMIME"};
    // By the first word of a command, or `.` for the end of the data: what to answer instead of the usual. Empty: hang
    // up.
    std::map<std::string, std::string> replies = {};
  };

  // `folder` gets the certificate: certificate_file().
  ScriptedSmtp(Script script, const std::filesystem::path& folder);
  ~ScriptedSmtp();

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string certificate_file() const { return certificate_file_; }
  struct Seen {
    std::vector<std::string> commands;  // each with `tls ` before it when it came encrypted
    std::vector<std::string> messages;  // dots unstuffed
  };
  [[nodiscard]] Seen seen() const;

 private:
  struct Connection;
  void make_certificate(const std::filesystem::path& folder);
  void serve();
  void talk(Connection& connection);

  Script script_;
  SSL_CTX* tls_ = nullptr;
  std::string certificate_file_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  Seen seen_;
  std::thread thread_;
};

}  // namespace weft
