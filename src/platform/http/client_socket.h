// The bytes of one client: a socket with or without TLS, deadlines, and ways to end. Knows nothing of HTTP.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weft::http {

// Lives on one I/O thread; only cut state may be asked from elsewhere.
class ClientSocket {
 public:
  using Clock = std::chrono::steady_clock;

  // `tls`: null for plain text.
  ClientSocket(boost::asio::ip::tcp::socket socket, SSL_CTX* tls);

  [[nodiscard]] bool is_secure() const { return tls_.has_value(); }
  // nullopt when the client has left already.
  [[nodiscard]] std::optional<std::string> peer_address() const;
  [[nodiscard]] boost::asio::any_io_executor executor() { return socket_.get_executor(); }
  [[nodiscard]] bool has_unread_bytes() const;
  // Whether the client has closed his side, or the connection is broken. One who only says nothing more looks the same as
  // one who is gone.
  [[nodiscard]] bool is_left();

  // What follows must end by then: the operation that waits is cancelled. One deadline at a time; read and handshake
  // leave it as it is, write sets its own for each step.
  void set_deadline(Clock::time_point deadline);
  void set_deadline(std::chrono::milliseconds from_now) { set_deadline(Clock::now() + from_now); }
  void clear_deadline() { deadline_ = Clock::time_point::max(); }
  void expire_if_due(Clock::time_point now);
  // As if the deadline had passed.
  void expire();

  // Ends everything at once. is_cut() can be asked on any thread.
  void cut();
  [[nodiscard]] bool is_cut() const { return cut_.load(std::memory_order_acquire); }

  [[nodiscard]] boost::asio::awaitable<bool> shake_hands();

  enum class Read { Bytes, Ended, TimedOut };
  // Appends what there is to `buffer`, at most `max_bytes`; waits for at least one byte.
  [[nodiscard]] boost::asio::awaitable<Read> read(std::string& buffer, std::size_t max_bytes);

  // Writes them one after another, in as few system calls as can be. Returns how many bytes the kernel took: fewer than
  // there are when the client is gone, or takes none for `patience`.
  using Pieces = std::array<std::string_view, 4>;
  [[nodiscard]] boost::asio::awaitable<std::size_t> write(Pieces pieces, std::chrono::milliseconds patience);

  // Closes so that what was written arrives although the client may still be sending: closing a socket with unread
  // bytes resets it, and a reset overtakes what was sent.
  [[nodiscard]] boost::asio::awaitable<void> linger(std::chrono::milliseconds at_most);
  // When it closes, the client sees a reset.
  void reset_on_close();
  void close();

 private:
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool expired_ = false;  // the deadline passed, and what waited was cancelled
  std::atomic<bool> cut_{false};
};

}  // namespace weft::http
