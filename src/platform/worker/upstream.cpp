#include "platform/worker/upstream.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "platform/worker/socket_address.h"

namespace weft {
namespace {

using std::chrono::steady_clock;

// `SSLRequest`: a length and a code that is no protocol version.
constexpr std::array<char, 8> kTlsRequest{0, 0, 0, 8, 0x04, static_cast<char>(0xd2), 0x16, 0x2f};

enum class Waited { Ready, TimedOut, Stopped };

Waited wait_for(int socket, short events, int stop, steady_clock::time_point until) {
  while (true) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()).count();
    if (rest <= 0) return Waited::TimedOut;
    std::array<pollfd, 2> waiting{{{socket, events, 0}, {stop, POLLIN, 0}}};
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(rest)) < 0) continue;
    if (waiting[1].revents != 0) return Waited::Stopped;
    if (waiting[0].revents != 0) return Waited::Ready;
  }
}

std::unexpected<Error> stopped() { return fail(ErrorKind::Unavailable, "data_store.stopped", "the connection was given up"); }

std::string last_tls_error() {
  const auto code = ::ERR_get_error();
  ::ERR_clear_error();
  if (code == 0) return "the connection was closed";
  const char* reason = ::ERR_reason_error_string(code);
  return reason == nullptr ? "unknown" : reason;
}

}  // namespace

void Upstream::FreeTls::operator()(ssl_st* tls) const { ::SSL_free(tls); }
void Upstream::FreeTls::operator()(ssl_ctx_st* context) const { ::SSL_CTX_free(context); }
Upstream::Upstream(Upstream&&) noexcept = default;
Upstream& Upstream::operator=(Upstream&&) noexcept = default;
Upstream::~Upstream() = default;

// All that happens before the first byte of the worker goes out.
class Upstream::Opening {
 public:
  Opening(const RelayTarget& target, int stop) : target_(target), stop_(stop), until_(steady_clock::now() + target.connect_timeout) {}

  Result<Upstream> open(const AddressPolicy& policy) {
    const auto is_stopped = [this] {
      pollfd stop{stop_, POLLIN, 0};
      return ::poll(&stop, 1, 0) > 0;
    };
    const auto addresses = TRY(resolve(target_.host, target_.port, {until_, is_stopped}));
    std::optional<Error> why;
    for (const auto& address : addresses) {
      if (auto allowed = policy.check(target_.host, address.ip, target_.port); !allowed) {
        if (!why) why = std::move(allowed.error());
        continue;
      }
      auto opened = open(address);
      if (opened || opened.error().id != "data_store.unreachable") return opened;
      why = std::move(opened.error());
    }
    return fail(std::move(*why));
  }

 private:
  Result<Upstream> open(const SocketAddress& address) {
    Upstream upstream(TRY(reach(address)));
    if (target_.tls == RelayTls::Disable) return upstream;
    if (!TRY(offers_tls(upstream.socket()))) {
      if (target_.tls == RelayTls::Prefer) return upstream;
      return fail(ErrorKind::Unprocessable, "data_store.tls_refused", fmt::format("{} does not offer TLS", where()),
                  "Switch TLS on in the database, or choose a TLS mode for the store that does without.");
    }
    CHECK(shake_hands(upstream));
    return upstream;
  }

  Result<FileDescriptor> reach(const SocketAddress& address) {
    FileDescriptor socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return unreachable(address, std::strerror(errno));
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return socket;
    if (errno != EINPROGRESS) return unreachable(address, std::strerror(errno));
    switch (wait_for(socket.get(), POLLOUT, stop_, until_)) {
      case Waited::Stopped: return stopped();
      case Waited::TimedOut: return unreachable(address, "no answer in time");
      case Waited::Ready: break;
    }
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return unreachable(address, std::strerror(error));
    return socket;
  }

  // Exactly one byte is read: what an attacker put behind it in plain must not pass as encrypted.
  Result<bool> offers_tls(int socket) {
    if (::send(socket, kTlsRequest.data(), kTlsRequest.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kTlsRequest.size()))
      return no_answer("the connection was closed");
    CHECK(await(socket, POLLIN));
    char answer = 0;
    if (::recv(socket, &answer, 1, 0) != 1) return no_answer("the connection was closed");
    if (answer == 'S') return true;
    if (answer == 'N' || answer == 'E') return false;
    return no_answer("what answers is not PostgreSQL");
  }

  Result<void> shake_hands(Upstream& upstream) {
    ::ERR_clear_error();
    upstream.context_.reset(::SSL_CTX_new(::TLS_client_method()));
    auto* context = upstream.context_.get();
    if (context == nullptr) return tls_failed(last_tls_error());
    ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const bool verified = target_.tls == RelayTls::VerifyFull;
    if (verified) CHECK(trust(context));
    ::SSL_CTX_set_verify(context, verified ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    upstream.tls_.reset(::SSL_new(context));
    auto* tls = upstream.tls_.get();
    if (tls == nullptr || ::SSL_set_fd(tls, upstream.socket()) != 1) return tls_failed(last_tls_error());
    name_host(tls, verified);
    while (true) {
      const int done = ::SSL_connect(tls);
      if (done == 1) return {};
      const int want = ::SSL_get_error(tls, done);
      if (want != SSL_ERROR_WANT_READ && want != SSL_ERROR_WANT_WRITE) {
        const auto verdict = ::SSL_get_verify_result(tls);
        return tls_failed(verified && verdict != X509_V_OK ? ::X509_verify_cert_error_string(verdict) : last_tls_error());
      }
      CHECK(await(upstream.socket(), want == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT));
    }
  }

  Result<void> trust(SSL_CTX* context) {
    if (target_.ca_pem.empty()) {
      if (::SSL_CTX_set_default_verify_paths(context) == 1) return {};
      return tls_failed("the system's certificate authorities can't be read");
    }
    const std::unique_ptr<BIO, decltype(&::BIO_free)> text(
        ::BIO_new_mem_buf(target_.ca_pem.data(), static_cast<int>(target_.ca_pem.size())), &::BIO_free);
    int count = 0;
    while (X509* certificate = ::PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
      ::X509_STORE_add_cert(::SSL_CTX_get_cert_store(context), certificate);
      ::X509_free(certificate);
      ++count;
    }
    ::ERR_clear_error();
    if (count > 0) return {};
    return tls_failed("the store's certificate authority holds no certificate in PEM form");
  }

  void name_host(SSL* tls, bool verified) {
    const bool is_address = parse_ip_address(target_.host).has_value();
    if (!is_address)  // what the macro SSL_set_tlsext_host_name does, with a cast of today
      (void)::SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(target_.host.c_str()));
    if (!verified) return;
    if (is_address)
      ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(tls), target_.host.c_str());
    else
      ::SSL_set1_host(tls, target_.host.c_str());
  }

  Result<void> await(int socket, short events) {
    switch (wait_for(socket, events, stop_, until_)) {
      case Waited::Ready: return {};
      case Waited::Stopped: return stopped();
      case Waited::TimedOut: break;
    }
    return no_answer("no answer in time");
  }

  [[nodiscard]] std::string where() const { return fmt::format("{}:{}", target_.host, target_.port); }

  std::unexpected<Error> unreachable(const SocketAddress& address, std::string_view why) {
    return fail(ErrorKind::Unavailable, "data_store.unreachable",
                fmt::format("{} ({}) can't be reached: {}", where(), address.ip.text(), why),
                "Check host and port of the store, and that the server may reach it through the network.");
  }
  std::unexpected<Error> no_answer(std::string_view why) {
    return fail(ErrorKind::Unavailable, "data_store.unreachable",
                fmt::format("{} accepts connections but does not answer: {}", where(), why), "Check that PostgreSQL listens on this port.");
  }
  std::unexpected<Error> tls_failed(std::string_view why) {
    return fail(ErrorKind::Unprocessable, "data_store.tls_failed", fmt::format("TLS with {} failed: {}", where(), why),
                "Check the database's certificate, its host name, and the store's certificate authority.");
  }

  const RelayTarget& target_;
  int stop_;
  steady_clock::time_point until_;
};

Result<Upstream> Upstream::connect(const RelayTarget& target, const AddressPolicy& policy, int stop) {
  return Opening(target, stop).open(policy);
}

namespace {

Upstream::Outcome outcome_of(SSL* tls, int result) {
  const int want = ::SSL_get_error(tls, result);
  ::ERR_clear_error();
  if (want == SSL_ERROR_WANT_READ) return Upstream::Outcome::WantsRead;
  if (want == SSL_ERROR_WANT_WRITE) return Upstream::Outcome::WantsWrite;
  return Upstream::Outcome::Closed;
}

}  // namespace

Upstream::Outcome Upstream::read(std::span<char> into, std::size_t& count) {
  if (tls_) {
    const int result = ::SSL_read_ex(tls_.get(), into.data(), into.size(), &count);
    return result == 1 ? Outcome::Done : outcome_of(tls_.get(), result);
  }
  const auto got = ::recv(socket_.get(), into.data(), into.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Outcome::WantsRead : Outcome::Closed;
  count = static_cast<std::size_t>(got);
  return got == 0 ? Outcome::Closed : Outcome::Done;
}

Upstream::Outcome Upstream::write(std::span<const char> from, std::size_t& count) {
  if (tls_) {
    const int result = ::SSL_write_ex(tls_.get(), from.data(), from.size(), &count);
    return result == 1 ? Outcome::Done : outcome_of(tls_.get(), result);
  }
  const auto sent = ::send(socket_.get(), from.data(), from.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR ? Outcome::WantsWrite : Outcome::Closed;
  count = static_cast<std::size_t>(sent);
  return Outcome::Done;
}

void Upstream::say_goodbye() {
  if (tls_) (void)::SSL_shutdown(tls_.get());
  ::ERR_clear_error();
}

}  // namespace weft
