// TLS from files: versions, ALPN, plain HTTP on the TLS port.
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <filesystem>

#include "platform/http/http_client.h"
#include "platform/http/server_fixture.h"

namespace weft::http {

namespace {

// A key and a certificate for localhost that signs itself, in a folder of their own.
class Certificate {
 public:
  Certificate() {
    folder_ = std::filesystem::temp_directory_path() / ("weft-tls-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    ASN1_OCTET_STRING* address = ASN1_OCTET_STRING_new();
    const unsigned char loopback[4] = {127, 0, 0, 1};
    ASN1_OCTET_STRING_set(address, loopback, 4);
    GENERAL_NAME* general = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(general, GEN_IPADD, address);
    GENERAL_NAMES* names = GENERAL_NAMES_new();
    sk_GENERAL_NAME_push(names, general);
    X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT);
    GENERAL_NAMES_free(names);
    X509_sign(certificate, key, EVP_sha256());
    FILE* file = std::fopen(certificate_file().c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }

  std::string certificate_file() const { return folder_ / "certificate.pem"; }
  std::string key_file() const { return folder_ / "key.pem"; }

 private:
  std::filesystem::path folder_;
};

class TlsClient final : public SocketClient {
 public:
  explicit TlsClient(std::uint16_t port, int max_version = 0, std::string alpn = "\x08http/1.1")
      : SocketClient(port), context_(SSL_CTX_new(TLS_client_method())) {
    if (max_version != 0) SSL_CTX_set_max_proto_version(context_, max_version);
    SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
    SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
    ssl_ = SSL_new(context_);
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(alpn.data()), static_cast<unsigned>(alpn.size()));
    SSL_set_fd(ssl_, socket());
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() override {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }

  bool connected() const { return connected_; }
  std::string version() const { return SSL_get_version(ssl_); }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

 private:
  ssize_t read_some(std::span<char> space) override { return SSL_read(ssl_, space.data(), static_cast<int>(space.size())); }
  ssize_t write_some(std::string_view bytes) override {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
  }

  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

class TlsTest : public ServerTest {
 protected:
  TlsTest() {
    options.certificate_file = certificate_.certificate_file();
    options.key_file = certificate_.key_file();
  }
  Certificate certificate_;
};

TEST_F(TlsTest, ServesSecurely) {
  handler.on_admit = [](const RequestHead&) { return Admission{.max_body_bytes = 4 << 20}; };
  handler.on_handle = [this](Request&& request) {
    EXPECT_TRUE(request.secure);
    if (request.path == "/stream") return stream_response("text/plain", chunks({std::string(300'000, 'a'), "b"}), log);
    return text_response(200, "text/plain", request.body);
  };
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server->port(), version);
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.protocol(), "http/1.1");
    const std::string body(2'000'000, 'x');
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
    client.send(body);
    const auto reply = client.receive();
    EXPECT_EQ(reply.body, body);
    EXPECT_EQ(reply.header("strict-transport-security"), "max-age=31536000");
    EXPECT_EQ(client.exchange("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n").body, std::string(300'000, 'a') + "b");
    EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status, 200);
    EXPECT_TRUE(client.is_closed_by_server());
  }
}

TEST_F(TlsTest, RefusesOldVersionsAndForeignProtocols) {
  start();
  EXPECT_FALSE(TlsClient(server->port(), TLS1_1_VERSION).connected());
  EXPECT_FALSE(TlsClient(server->port(), 0, "\x02h2").connected());
  TlsClient both(server->port(), 0, std::string("\x02h2\x08http/1.1"));
  EXPECT_TRUE(both.connected());
  EXPECT_EQ(both.protocol(), "http/1.1");
}

TEST_F(TlsTest, PlainHttpOnTheTlsPortIsClosed) {
  start();
  SocketClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.half_close();
  EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
  TlsClient next(server->port());
  EXPECT_EQ(next.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

TEST_F(TlsTest, UnfinishedHandshakeIsTimedOut) {
  options.head_timeout = std::chrono::milliseconds(100);
  start();
  SocketClient client(server->port());
  client.send("\x16\x03\x01");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(TlsTest, RefusalReachesAClientThatIsStillSending) {
  handler.on_admit = [](const RequestHead&) { return Admission{.max_body_bytes = 10}; };
  start();
  TlsClient client(server->port());
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
  client.send(std::string(2'000'000, 'x'));
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(TlsTest, ClientThatLeavesMidwayEndsItsStream) {
  handler.on_handle = [this](Request&&) {
    return stream_response("application/x-parquet", chunks(std::vector<std::string>(400, std::string(256 * 1024, 'x'))), log);
  };
  start();
  TlsClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.skip(100'000));
  client.vanish();
  ASSERT_TRUE(eventually([&] { return log.finished == 1; }));
  EXPECT_EQ(log.end, StreamEnd::Abandoned);
}

TEST_F(TlsTest, KeyOfAnotherCertificateIsRefused) {
  const auto other = certificate_.key_file() + ".other";
  EVP_PKEY* key = EVP_EC_gen("P-256");
  FILE* file = std::fopen(other.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  EVP_PKEY_free(key);
  options.key_file = other;
  SystemClock clock;
  const auto started = start_server(options, handler, clock, {});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().id, "server.certificate");
}

TEST_F(TlsTest, OurClientTrustsOnlyTheAuthorityThatItIsTold) {
  start();
  const auto url = "https://127.0.0.1:" + std::to_string(server->port()) + "/";
  HttpClient stranger;
  const auto refused = stranger.send({.url = url});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "client.tls");
  HttpClient friendly({.ca_file = certificate_.certificate_file()});
  const auto response = friendly.send({.url = url});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
}

}  // namespace

}  // namespace weft::http
