// A handler's Response on its way to the wire: conditional requests, compression, framing, the headers that every
// answer has. Knows no sockets: the connection writes pieces() and says how much of them went out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/compression.h"
#include "platform/http/cors.h"
#include "platform/http/message.h"
#include "platform/http/request_parser.h"

namespace weft::http {

struct AnswerSettings {
  CorsOrigins cors_origins;
};

class Answer {
 public:
  // Takes the first chunk of a stream, too: REQUIRES to run on the request's pool when the response has one.
  // `wanted` is what the server would like; persistence() is what came out.
  // An error or exception of the first chunk makes a problem answer; its text is in failure().
  Answer(const AnswerSettings& settings, const IncomingHead& request, Response&& response, Persistence wanted, Timestamp now);
  Answer(Answer&&) noexcept = default;
  Answer& operator=(Answer&&) = delete;
  ~Answer() { finish(StreamEnd::Abandoned); }

  // What is to be written now, in this order; some may be empty. Valid until advance().
  using Pieces = std::array<std::string_view, 4>;  // as the socket takes them
  [[nodiscard]] Pieces pieces() const { return {head_, prefix_, body(), suffix_}; }
  // Called once for each pieces(), with how much of them the kernel took.
  void count_written(std::size_t bytes);

  enum class State {
    Last,       // after pieces() nothing follows
    MoreLater,  // after pieces() call advance() on the pool, and write again
    Broken,     // the stream failed after the head was sent: cut the connection
  };
  [[nodiscard]] State state() const { return state_; }
  // Asks the stream for its next chunk. REQUIRES: MoreLater, pieces() written, on the pool.
  void advance();

  // Whether the stream waits for finish().
  [[nodiscard]] bool has_stream() const { return stream_ != nullptr; }
  // Tells the stream how it ended; nothing the second time. REQUIRES: on the pool.
  void finish(StreamEnd end);

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] Persistence persistence() const { return persistence_; }
  [[nodiscard]] const std::string& route() const { return route_; }
  // Body bytes before compression that reached the kernel.
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }
  // For the log: what broke in the handler or its stream. Empty: nothing.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  enum class Framing { NoBody, Length, Chunked, UntilClose };

  [[nodiscard]] std::string_view body() const { return shared_ != nullptr ? std::string_view(*shared_) : bytes_; }
  void give_shared(const AnswerSettings& settings, const IncomingHead& request, const SharedAnswer& shared, Timestamp now);
  void take_body(const IncomingHead& request, Response& response);
  void take_first_chunk(const IncomingHead& request, Response& response);
  bool answer_not_modified(const IncomingHead& request, Response& response);
  void choose_coding(const IncomingHead& request, Response& response);
  void frame(std::string&& chunk, GzipWriter::Flush flush);
  void end_stream_body();
  void write_head(const AnswerSettings& settings, const IncomingHead& request, const Response& response, Timestamp now);
  void begin_head(const IncomingHead& request, Timestamp now);
  [[nodiscard]] std::string head_fields(const AnswerSettings& settings, const IncomingHead& request, const Headers& given) const;
  [[nodiscard]] Result<bool> pull(std::string& chunk);
  void break_off(const Error& error);

  int status_ = 500;
  Persistence persistence_ = Persistence::Close;
  Framing framing_ = Framing::NoBody;
  Coding coding_ = Coding::Identity;
  bool varies_by_coding_ = false;
  State state_ = State::Last;
  std::string route_, failure_;

  std::string head_, prefix_, bytes_;
  std::shared_ptr<const std::string> shared_;  // instead of bytes_
  std::string_view suffix_;
  std::uint64_t source_bytes_ = 0;       // what bytes_ were before compression
  std::optional<std::uint64_t> length_;  // of the body, where the head says it
  std::uint64_t pulled_bytes_ = 0, body_bytes_ = 0;
  std::unique_ptr<BodyStream> stream_;
  std::unique_ptr<GzipWriter> gzip_;
};

}  // namespace weft::http
