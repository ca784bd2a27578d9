#include "platform/worker/tcp_postgres_test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "platform/db/postgres_connection.h"
#include "platform/worker/file_descriptor.h"

namespace weft {
namespace fs = std::filesystem;
namespace {

constexpr auto kMaxStart = std::chrono::seconds(60);

fs::path newest_postgres() {
  fs::path newest;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored))
    if (fs::exists(entry.path() / "bin/initdb") && entry.path() > newest) newest = entry.path();
  if (newest.empty()) throw std::runtime_error("these tests need PostgreSQL's server: apt-get install postgresql");
  return newest / "bin";
}

std::string text_of(const std::unique_ptr<BIO, decltype(&::BIO_free)>& bio) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::uint16_t free_port() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  return ::ntohs(address.sin_port);
}

// PostgreSQL refuses to run as root, and must not outlive us: setpriv sees to both and becomes it.
pid_t start(std::vector<std::string> command, const fs::path& log) {
  std::vector<std::string> words{"setpriv", "--pdeathsig", "QUIT"};
  if (::geteuid() == 0) words.insert(words.end(), {"--reuid", "postgres", "--regid", "postgres", "--clear-groups"});
  words.insert(words.end(), command.begin(), command.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, argv[0], &files, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw std::runtime_error("setpriv does not start");
  return pid;
}

}  // namespace

TestCertificate make_test_certificate(const std::string& name) {
  const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key(::EVP_EC_gen("P-256"), &::EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&::X509_free)> certificate(::X509_new(), &::X509_free);
  ::X509_set_version(certificate.get(), 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate.get()), 1);
  ::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), -3600);
  ::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), 24L * 3600);
  ::X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = ::X509_get_subject_name(certificate.get());
  ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  ::X509_set_issuer_name(certificate.get(), subject);
  for (const auto& [kind, value] :
       {std::pair(NID_subject_alt_name, "DNS:" + name), std::pair(NID_basic_constraints, std::string("CA:TRUE"))}) {
    X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    ::X509_add_ext(certificate.get(), extension, -1);
    ::X509_EXTENSION_free(extension);
  }
  ::X509_sign(certificate.get(), key.get(), ::EVP_sha256());
  const std::unique_ptr<BIO, decltype(&::BIO_free)> certificate_text(::BIO_new(::BIO_s_mem()), &::BIO_free);
  const std::unique_ptr<BIO, decltype(&::BIO_free)> key_text(::BIO_new(::BIO_s_mem()), &::BIO_free);
  ::PEM_write_bio_X509(certificate_text.get(), certificate.get());
  ::PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate_text), text_of(key_text)};
}

TcpPostgres::TcpPostgres() : certificate_(make_test_certificate("localhost")), port_(free_port()) {
  const auto programs = newest_postgres();
  const auto data = folder_.path() / "data";
  const auto log = folder_.path() / "log";
  const auto password = folder_.write("password", "planted-password\n");
  const auto certificate = folder_.write("server.crt", certificate_.certificate);
  const auto key = folder_.write("server.key", certificate_.key);
  fs::permissions(key, fs::perms::owner_read);
  if (::geteuid() == 0) {
    const passwd* account = ::getpwnam("postgres");
    for (const auto& path : {folder_.path(), password, certificate, key})
      if (account == nullptr || ::chown(path.c_str(), account->pw_uid, account->pw_gid) != 0)
        throw std::runtime_error("the folder can't be handed to the user postgres");
  }
  const pid_t made = start({programs / "initdb", "-D", data, "-U", "weft", "--pwfile", password, "--auth-host=scram-sha-256",
                            "--auth-local=trust", "--no-sync", "--encoding=UTF8", "--locale=C"},
                           log);
  int status = 0;
  if (::waitpid(made, &status, 0) != made || status != 0) throw std::runtime_error("initdb failed: " + read_file(log));
  std::vector<std::string> command{programs / "postgres", "-D", data, "-k", folder_.path(), "-p", std::to_string(port_)};
  for (const std::string& setting :
       {std::string("listen_addresses=127.0.0.1"), std::string("fsync=off"), std::string("ssl=on"), "ssl_cert_file=" + certificate.string(),
        "ssl_key_file=" + key.string(), std::string("shared_buffers=16MB"), std::string("dynamic_shared_memory_type=mmap")})
    if (setting != "ssl=on") command.insert(command.end(), {"-c", setting});
  pid_ = start(command, log);
  const auto until = std::chrono::steady_clock::now() + kMaxStart;
  const std::string url = "postgres:///postgres?user=weft&host=" + folder_.path().string() + "&port=" + std::to_string(port_);
  while (!open_postgres({url}, ConnectionUse::Write)) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_ || std::chrono::steady_clock::now() > until)
      throw std::runtime_error("PostgreSQL does not start: " + read_file(log));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  switch_tls("on");
}

TcpPostgres::~TcpPostgres() {
  ::kill(pid_, SIGQUIT);
  ::waitpid(pid_, nullptr, 0);
}

std::string TcpPostgres::run(const std::string& sql) const {
  const std::string url = "postgres:///postgres?user=weft&host=" + folder_.path().string() + "&port=" + std::to_string(port_);
  auto connection = open_postgres({url}, ConnectionUse::Write);
  if (!connection) throw std::runtime_error(connection.error().detail);
  const auto answer = (*connection)->run({"test.administer", sql}, {});
  if (!answer) throw std::runtime_error(answer.error().detail);
  return answer->rows.empty() ? "" : answer->rows.front().text(0);
}

void TcpPostgres::switch_tls(const char* on_or_off) const {
  run(std::string("ALTER SYSTEM SET ssl = ") + on_or_off);
  run("SELECT pg_reload_conf()::text");
  const auto until = std::chrono::steady_clock::now() + kMaxStart;
  while (run("SHOW ssl") != on_or_off) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("PostgreSQL does not switch TLS");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

const TcpPostgres& tcp_postgres() {
  static const TcpPostgres server;
  return server;
}

}  // namespace weft
