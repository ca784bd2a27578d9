// Pull workers and a real PostgreSQL: what they reach through the relay, and what they don't.
#include "platform/worker/relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <future>
#include <thread>

#include "platform/db/postgres_connection.h"
#include "platform/worker/tcp_postgres_test.h"

namespace weft {
namespace {

// ---- Verbs.

std::string text(const json::object& arguments, const char* name) { return std::string(arguments.at(name).get_string()); }

const TestVerb kAsk("ask postgres", [](const WorkerContext& context, const json::object& arguments) -> Result<json::object> {
  const auto url = fmt::format("postgres:///postgres?host={}&user=weft&password={}", context.relay_host, text(arguments, "password"));
  auto connection = TRY(open_postgres({url}, ConnectionUse::Write));
  auto answer = TRY(connection->run({"test.ask", text(arguments, "sql")}, {}));
  return json::object{{"value", answer.rows.at(0).text(0)}};
});

const TestVerb kAskInParallel("ask in parallel", [](const WorkerContext& context, const json::object& arguments) -> Result<json::object> {
  const auto url = fmt::format("postgres:///postgres?host={}&user=weft&password={}", context.relay_host, text(arguments, "password"));
  std::vector<std::future<std::size_t>> sizes;
  for (int thread = 0; thread < 8; ++thread)
    sizes.push_back(std::async(std::launch::async, [url]() -> std::size_t {
      auto connection = open_postgres({url}, ConnectionUse::Read);
      if (!connection) return 0;
      const auto answer = (*connection)->run({"test.ask", "SELECT repeat('x', 100000), pg_sleep(0.1)::text"}, {});
      return answer ? answer->rows.at(0).text(0).size() : 0;
    }));
  std::size_t sum = 0;
  for (auto& size : sizes) sum += size.get();
  return json::object{{"sum", sum}};
});

// What else a worker might try on the way: raw bytes, read until the end.
const TestVerb kSend("send", [](const WorkerContext&, const json::object& arguments) -> Result<json::object> {
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  text(arguments, "path").copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return json::object{{"error", errno}};
  ::fcntl(socket.get(), F_SETFL, 0);
  std::string bytes;
  for (const auto& byte : arguments.at("bytes").get_array()) bytes.push_back(static_cast<char>(byte.to_number<int>()));
  (void)!::write(socket.get(), bytes.data(), bytes.size());
  std::string answer(4096, '\0');
  const auto got = ::read(socket.get(), answer.data(), answer.size());
  return json::object{{"bytes", got}, {"first", got > 0 ? answer.substr(0, 1) : ""}};
});

const TestVerb kManySockets("many sockets", [](const WorkerContext&, const json::object&) -> Result<json::object> {
  int connected = 0;
  for (int count = 0; count < 40; ++count) {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    connected += ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? 1 : 0;
  }
  return json::object{{"connected", connected}};
});

// ---- A listener that answers whatever a case wants.

class Listener {
 public:
  enum class Answer { Silence, NoTls, Nonsense, TlsThenNonsense };
  explicit Listener(Answer answer) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_.get(), 16), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ::ntohs(address.sin_port);
    thread_ = std::thread([this, answer] { serve(answer); });
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve(Answer answer) {
    while (true) {
      FileDescriptor client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) return;
      char request[8];
      (void)!::read(client.get(), request, sizeof(request));
      if (answer == Answer::NoTls) (void)!::write(client.get(), "N", 1);
      if (answer == Answer::Nonsense) (void)!::write(client.get(), "HTTP/1.0 400\r\n", 14);
      if (answer == Answer::TlsThenNonsense) (void)!::write(client.get(), "Snonsense that is no handshake", 30);
      if (answer == Answer::Silence) silent_.push_back(std::move(client));
    }
  }
  FileDescriptor socket_;
  std::uint16_t port_ = 0;
  std::vector<FileDescriptor> silent_;
  std::thread thread_;
};

// ---- Tests.

class RelayTest : public testing::Test {
 protected:
  WorkerPool& pool() {
    if (!pool_) {
      auto pool = start_worker_pool(options_);
      if (!pool) std::abort();
      pool_ = std::move(*pool);
    }
    return *pool_;
  }
  WorkerJob job(const std::string& verb, json::object arguments) const {
    WorkerJob job;
    job.kind = WorkerKind::Pull;
    job.verb = verb;
    job.arguments = std::move(arguments);
    job.relay = target_;
    return job;
  }
  Result<json::object> run(const WorkerJob& job) { return pool().run(job, Cancel(), {}); }
  Result<json::object> ask(const std::string& sql, const char* password = "planted-password") {
    return run(job("ask postgres", {{"sql", sql}, {"password", password}}));
  }
  void target_postgres(RelayTls tls) {
    target_.host = "localhost";
    target_.port = tcp_postgres().port();
    target_.tls = tls;
  }

  TestFolder folder_;
  WorkerOptions options_ = [this] {
    auto options = test_worker_options(folder_);
    options.store_addresses = {"localhost", "127.0.0.1"};
    return options;
  }();
  RelayTarget target_;
  std::unique_ptr<WorkerPool> pool_;
};

// Whether the server sees the connection encrypted.
constexpr const char* kIsEncrypted = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

TEST_F(RelayTest, EncryptsAsAsked) {
  target_postgres(RelayTls::Disable);
  for (const auto& [tls, encrypted] : {std::pair(RelayTls::Disable, "false"), std::pair(RelayTls::Prefer, "true"),
                                       std::pair(RelayTls::Require, "true"), std::pair(RelayTls::VerifyFull, "true")}) {
    SCOPED_TRACE(static_cast<int>(tls));
    target_.tls = tls;
    target_.ca_pem = tls == RelayTls::VerifyFull ? tcp_postgres().certificate() : "";
    const auto result = ask(kIsEncrypted);
    ASSERT_TRUE(result) << result.error().id << " " << result.error().message << " " << result.error().detail;
    EXPECT_EQ(result->at("value"), encrypted);
  }
}

TEST_F(RelayTest, DoesWithoutTlsOnlyWhenAllowed) {
  target_postgres(RelayTls::Prefer);
  tcp_postgres().switch_tls("off");
  const auto preferred = ask(kIsEncrypted);
  target_.tls = RelayTls::Require;
  const auto required = ask(kIsEncrypted);
  tcp_postgres().switch_tls("on");
  ASSERT_TRUE(preferred) << preferred.error().message;
  EXPECT_EQ(preferred->at("value"), "false");
  ASSERT_FALSE(required);
  EXPECT_EQ(required.error().id, "data_store.tls_refused");
}

TEST_F(RelayTest, VerifiesWhoAnswers) {
  target_postgres(RelayTls::VerifyFull);
  const auto expect_refused = [&](const char* words) {
    const auto result = ask("SELECT 'x'");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id, "data_store.tls_failed") << result.error().message;
    EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message;
  };
  expect_refused("self-signed");  // the system does not know it
  target_.ca_pem = make_test_certificate("localhost").certificate;
  expect_refused("self-signed");  // another authority of the same name
  target_.ca_pem = "no certificate";
  expect_refused("PEM");
  target_.ca_pem = tcp_postgres().certificate();
  target_.host = "127.0.0.1";  // the certificate is for `localhost`
  expect_refused("address mismatch");
}

TEST_F(RelayTest, PassesOnWhatPostgresSays) {
  target_postgres(RelayTls::Require);
  const auto wrong = ask("SELECT 'x'", "guess");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find("password authentication failed"), std::string::npos) << wrong.error().detail;
  EXPECT_EQ(wrong.error().detail.find("guess"), std::string::npos);
}

TEST_F(RelayTest, CarriesMuchBothWays) {
  for (const auto tls : {RelayTls::Disable, RelayTls::Require}) {
    target_postgres(tls);
    const auto down = ask("SELECT repeat('x', 5000000)");
    ASSERT_TRUE(down) << down.error().detail;
    EXPECT_EQ(down->at("value").as_string().size(), 5'000'000U);
    const auto up = ask("SELECT md5('" + std::string(3'000'000, 'y') + "')");
    ASSERT_TRUE(up) << up.error().detail;
    EXPECT_EQ(up->at("value").get_string(), tcp_postgres().run("SELECT md5(repeat('y', 3000000))"));
  }
}

TEST_F(RelayTest, CarriesSeveralConnectionsAtOnce) {
  target_postgres(RelayTls::Require);
  const auto result = run(job("ask in parallel", {{"password", "planted-password"}}));
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_EQ(result->at("sum").to_number<int>(), 8 * 100'000);
}

TEST_F(RelayTest, SaysWhyItDoesNotConnect) {
  target_.tls = RelayTls::Require;
  const auto expect_error = [&](const char* id, const char* words) {
    const auto result = ask("SELECT 'x'");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().id, id) << result.error().message;
    EXPECT_NE(result.error().message.find(words), std::string::npos) << result.error().message;
    EXPECT_FALSE(result.error().hint.empty());
  };
  target_.host = "no-such-host.invalid";
  expect_error("data_store.unresolved", "no-such-host.invalid");
  target_.host = "localhost";
  {
    const Listener closed(Listener::Answer::Silence);
    target_.port = closed.port();
  }
  expect_error("data_store.unreachable", "refused");
  const std::tuple<Listener::Answer, const char*, const char*> cases[] = {
      {Listener::Answer::Silence, "data_store.unreachable", "no answer in time"},
      {Listener::Answer::Nonsense, "data_store.unreachable", "not PostgreSQL"},
      {Listener::Answer::NoTls, "data_store.tls_refused", "does not offer TLS"},
      {Listener::Answer::TlsThenNonsense, "data_store.tls_failed", "TLS with localhost"},
  };
  for (const auto& [answer, id, words] : cases) {
    const Listener listener(answer);
    target_.port = listener.port();
    target_.connect_timeout = answer == Listener::Answer::Silence ? std::chrono::milliseconds(500) : std::chrono::minutes(1);
    expect_error(id, words);
  }
}

TEST_F(RelayTest, ReachesOnlyAllowedAddresses) {
  target_postgres(RelayTls::Disable);
  options_.store_addresses = {};
  const auto blocked = ask("SELECT 'x'");
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().id, "data_store.address_blocked");
  EXPECT_EQ(blocked.error().kind, ErrorKind::Denied);
  EXPECT_NE(blocked.error().message.find("loopback"), std::string::npos) << blocked.error().message;
  EXPECT_NE(blocked.error().hint.find("stores.addresses"), std::string::npos);
  target_.host = "169.254.169.254";
  const auto metadata = ask("SELECT 'x'");
  ASSERT_FALSE(metadata);
  EXPECT_EQ(metadata.error().id, "data_store.address_blocked");
}

TEST_F(RelayTest, SpeaksOnlyPostgres) {
  target_postgres(RelayTls::Disable);
  const auto send = [&](json::array bytes) { return run(job("send", {{"path", "/var/run/nscd/socket"}, {"bytes", std::move(bytes)}})); };
  // A request to a name service's cache; HTTP; a version of long ago: the connection ends without a word.
  for (const auto& bytes : {json::array{2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0}, json::array{'G', 'E', 'T', ' ', '/', ' ', 'H', 'T'},
                            json::array{0, 0, 0, 8, 0, 2, 0, 0}, json::array{0, 0, 0, 4, 0, 3, 0, 0}}) {
    const auto result = send(bytes);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_LE(result->at("bytes").to_number<int>(), 0);
  }
  const auto tls = send({0, 0, 0, 8, 4, 210, 22, 47});  // TLS on the Unix socket: no
  ASSERT_TRUE(tls);
  EXPECT_EQ(tls->at("first"), "N");
  const auto postgres = send({0, 0, 0, 18, 0, 3, 0, 0, 'u', 's', 'e', 'r', 0, 'w', 'e', 'f', 't', 0});
  ASSERT_TRUE(postgres);
  EXPECT_EQ(postgres->at("first"), "E") << "the message is cut short, says PostgreSQL";
}

TEST_F(RelayTest, LeadsNowhereWithoutATarget) {
  auto without = job("send", {{"path", "/relay/.s.PGSQL.5432"}, {"bytes", json::array{}}});
  without.relay.reset();
  const auto result = run(without);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->at("error").to_number<int>(), EACCES);
  auto transform = job("ask postgres", {});
  transform.kind = WorkerKind::Transform;
  const auto refused = run(transform);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "worker.folder_denied");
}

TEST_F(RelayTest, BoundsItsConnections) {
  target_postgres(RelayTls::Disable);
  const auto result = run(job("many sockets", {}));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->at("connected").to_number<int>(), 32);
}

TEST_F(RelayTest, EndsWithItsJob) {
  target_postgres(RelayTls::Require);
  const auto waiting = [] {
    return tcp_postgres().run("SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%'");
  };
  Cancel cancel;
  auto ended = std::async(std::launch::async, [&] {
    return pool().run(job("ask postgres", {{"sql", "SELECT pg_sleep(1000)::text"}, {"password", "planted-password"}}), cancel, {});
  });
  while (waiting() != "1" && ended.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
  }
  const auto start = std::chrono::steady_clock::now();
  cancel.cancel();
  const auto result = ended.get();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << "sleeps for 1000 s";
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id, "worker.cancelled");
  tcp_postgres().run("SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%'");
}

TEST_F(RelayTest, EndsWhileNobodyAnswers) {
  const Listener silent(Listener::Answer::Silence);
  target_.host = "127.0.0.1";
  target_.port = silent.port();
  target_.tls = RelayTls::Require;
  target_.connect_timeout = std::chrono::minutes(10);
  auto waiting = job("ask postgres", {{"sql", "SELECT 'x'"}, {"password", ""}});
  waiting.time_limit = std::chrono::milliseconds(300);
  const auto result = run(waiting);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().id, "worker.timeout");
}

}  // namespace
}  // namespace weft
