// g++ 12 takes the coroutine frame's own operator delete for a mismatch once it inlines it.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

#include "platform/http/client_socket.h"

#include <netinet/tcp.h>
#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "platform/http/proxy.h"

namespace weft::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint64_t kMaxLingerBytes = 16 * 1024 * 1024;
constexpr std::size_t kLingerReadBytes = 4 * 1024;
constexpr std::size_t kTlsRecordBytes = 16 * 1024;
// What the kernel holds back for a slow client beside what is on the wire: as long as it is there, nothing can take it back.
constexpr int kMaxUnsentBytes = 256 * 1024;

}  // namespace

ClientSocket::ClientSocket(tcp::socket socket, SSL_CTX* tls) : socket_(std::move(socket)) {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  (void)::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMaxUnsentBytes, sizeof kMaxUnsentBytes);
  socket_.non_blocking(true, ignored);  // for the write that is tried at once
  if (tls == nullptr) return;
  SSL_CTX_up_ref(tls);  // Asio's context takes a reference of its own
  tls_context_.emplace(tls);
  tls_.emplace(socket_, *tls_context_);
}

std::optional<std::string> ClientSocket::peer_address() const {
  error_code failed;
  const auto endpoint = socket_.remote_endpoint(failed);
  if (failed) return std::nullopt;
  auto text = endpoint.address().to_string();
  const auto address = parse_address(text);
  return address ? to_text(*address) : text;
}

bool ClientSocket::has_unread_bytes() const {
  error_code failed;
  return socket_.available(failed) > 0 && !failed;
}

bool ClientSocket::is_left() {
  pollfd state{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

void ClientSocket::set_deadline(Clock::time_point deadline) {
  deadline_ = deadline;
  expired_ = false;
}

void ClientSocket::expire_if_due(Clock::time_point now) {
  if (now >= deadline_) expire();
}

void ClientSocket::expire() {
  clear_deadline();
  expired_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void ClientSocket::cut() {
  cut_.store(true, std::memory_order_release);
  close();
}

asio::awaitable<bool> ClientSocket::shake_hands() {
  error_code failed;
  co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, failed));
  co_return !failed;
}

asio::awaitable<ClientSocket::Read> ClientSocket::read(std::string& buffer, std::size_t max_bytes) {
  const auto used = buffer.size();
  buffer.resize(used + max_bytes);
  const auto space = asio::buffer(buffer.data() + used, max_bytes);
  error_code failed;
  std::size_t size = 0;
  if (tls_) {
    size = co_await tls_->async_read_some(space, asio::redirect_error(asio::use_awaitable, failed));
  } else {
    size = co_await socket_.async_read_some(space, asio::redirect_error(asio::use_awaitable, failed));
  }
  buffer.resize(used + size);
  if (size > 0) co_return Read::Bytes;
  co_return failed == asio::error::operation_aborted&& expired_ ? Read::TimedOut : Read::Ended;
}

asio::awaitable<std::size_t> ClientSocket::write(Pieces pieces, std::chrono::milliseconds patience) {
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  std::string joined;
  if (tls_ && size <= kTlsRecordBytes) {  // one record, not one for each piece
    for (const auto piece : pieces) joined += piece;
    pieces = Pieces{joined};
  }
  std::size_t written = 0;
  while (written < size && !is_cut()) {
    std::array<asio::const_buffer, std::tuple_size_v<Pieces>> buffers;
    auto skipped = written;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const auto skip = std::min(skipped, pieces[i].size());
      skipped -= skip;
      buffers[i] = asio::const_buffer(pieces[i].data() + skip, pieces[i].size() - skip);
    }
    error_code failed;
    std::size_t taken = 0;
    // What the kernel takes at once needs no round through the queue of the I/O thread, and that is nearly everything.
    if (!tls_) {
      taken = socket_.write_some(buffers, failed);
      written += taken;
      if (!failed) continue;
      if (failed != asio::error::would_block && failed != asio::error::try_again) break;
      failed = {};
      taken = 0;
    }
    set_deadline(patience);
    if (tls_) {
      taken = co_await tls_->async_write_some(buffers, asio::redirect_error(asio::use_awaitable, failed));
    } else {
      taken = co_await socket_.async_write_some(buffers, asio::redirect_error(asio::use_awaitable, failed));
    }
    written += taken;
    if (failed) break;
  }
  clear_deadline();
  co_return written;
}

asio::awaitable<void> ClientSocket::linger(std::chrono::milliseconds at_most) {
  set_deadline(at_most);
  error_code failed;
  if (tls_) co_await tls_->async_shutdown(asio::redirect_error(asio::use_awaitable, failed));
  socket_.shutdown(tcp::socket::shutdown_send, failed);
  std::array<char, kLingerReadBytes> ignored;
  std::uint64_t discarded = 0;
  while (!failed && !expired_ && discarded < kMaxLingerBytes) {
    discarded += co_await socket_.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, failed));
  }
  clear_deadline();
}

void ClientSocket::reset_on_close() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
}

void ClientSocket::close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace weft::http
