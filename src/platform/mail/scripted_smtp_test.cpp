#include "platform/mail/scripted_smtp_test.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

namespace weft {

struct ScriptedSmtp::Connection {
  int socket;
  SSL* ssl = nullptr;
  std::string buffered;

  ~Connection() {
    if (ssl != nullptr) SSL_free(ssl);
    ::close(socket);
  }
  bool encrypt(SSL_CTX* context) {
    ssl = SSL_new(context);
    SSL_set_fd(ssl, socket);
    return SSL_accept(ssl) == 1;
  }
  bool read_line(std::string& line) {
    std::size_t end = 0;
    while ((end = buffered.find("\r\n")) == std::string::npos) {
      char bytes[4096];
      auto count = ssl != nullptr ? SSL_read(ssl, bytes, sizeof bytes) : static_cast<int>(::recv(socket, bytes, sizeof bytes, 0));
      if (count <= 0) return false;
      buffered.append(bytes, static_cast<std::size_t>(count));
    }
    line = buffered.substr(0, end);
    buffered.erase(0, end + 2);
    return true;
  }
  void write_line(const std::string& line) {
    auto bytes = line + "\r\n";
    if (ssl != nullptr) {
      SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    } else {
      static_cast<void>(::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
  }
};

ScriptedSmtp::ScriptedSmtp(Script script, const std::filesystem::path& folder) : script_(std::move(script)) {
  if (script_.tls != Tls::Never) make_certificate(folder);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener_, generic, size), 0);
  EXPECT_EQ(::listen(listener_, 8), 0);
  EXPECT_EQ(::getsockname(listener_, generic, &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedSmtp::~ScriptedSmtp() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
  if (tls_ != nullptr) SSL_CTX_free(tls_);
}

ScriptedSmtp::Seen ScriptedSmtp::seen() const {
  std::lock_guard lock(mutex_);
  return seen_;
}

// Self-signed, for 127.0.0.1.
void ScriptedSmtp::make_certificate(const std::filesystem::path& folder) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  auto* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate, key, EVP_sha256());

  certificate_file_ = folder / "certificate.pem";
  auto* file = std::fopen(certificate_file_.c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  tls_ = SSL_CTX_new(TLS_server_method());
  EXPECT_EQ(SSL_CTX_use_certificate(tls_, certificate), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(tls_, key), 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

void ScriptedSmtp::serve() {
  while (true) {
    Connection connection{::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), nullptr, {}};
    if (connection.socket < 0) return;
    if (script_.tls == Tls::AtOnce && !connection.encrypt(tls_)) continue;
    talk(connection);
  }
}

void ScriptedSmtp::talk(Connection& connection) {
  connection.write_line(script_.greeting);
  std::string line;
  while (connection.read_line(line)) {
    auto word = line.substr(0, line.find(' '));
    {
      std::lock_guard lock(mutex_);
      seen_.commands.push_back((connection.ssl != nullptr ? "tls " : "") + line);
    }
    auto scripted = script_.replies.find(word);
    if (scripted != script_.replies.end()) {
      if (scripted->second.empty()) return;
      connection.write_line(scripted->second);
    } else if (word == "EHLO") {
      bool offer = script_.tls == Tls::WhenAsked && connection.ssl == nullptr;
      auto extensions = script_.extensions;
      if (offer) extensions.push_back("STARTTLS");
      for (const auto& extension : extensions) connection.write_line("250-" + extension);
      connection.write_line("250 HELP");
    } else if (word == "STARTTLS") {
      connection.write_line("220 go ahead");
      connection.buffered.clear();
      if (!connection.encrypt(tls_)) return;
    } else if (word == "AUTH") {
      connection.write_line("334 ");
      if (!connection.read_line(line)) return;
      connection.write_line("235 welcome");
    } else if (word == "DATA") {
      connection.write_line("354 go on");
      std::string message;
      while (connection.read_line(line) && line != ".") message += line.substr(line.starts_with('.') ? 1 : 0) + "\r\n";
      if (line != ".") return;
      {
        std::lock_guard lock(mutex_);
        seen_.messages.push_back(message);
      }
      auto end = script_.replies.find(".");
      if (end != script_.replies.end() && end->second.empty()) return;
      connection.write_line(end == script_.replies.end() ? "250 taken" : end->second);
    } else if (word == "QUIT") {
      connection.write_line("221 bye");
      return;
    } else {
      connection.write_line("250 fine");
    }
  }
}

}  // namespace weft
