// Finds the end of a request's head in bytes as they arrive, and refuses early what no HTTP client sends: control
// characters, bare line feeds, folded lines, TLS on a plain port. What the lines mean is the parser's business.
#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "base/result.h"

namespace weft::http {

// Why the server itself refuses a request, before any handler sees it.
struct Rejection {
  int status = 400;
  Error error;
};

class HeadScan {
 public:
  struct Limits {
    std::size_t max_head_bytes = 32 * 1024;
    std::size_t max_request_line_bytes = 16 * 1024;
  };
  explicit HeadScan(Limits limits) : limits_(limits) {}

  enum class State { Incomplete, Complete };

  // REQUIRES: `bytes` starts as at the last call and is longer. Each byte is looked at once.
  [[nodiscard]] std::expected<State, Rejection> scan(std::string_view bytes);

  // Once Complete: the head without the empty lines that may precede it, and all bytes that belong to it.
  [[nodiscard]] std::size_t begin() const { return begin_; }
  [[nodiscard]] std::size_t end() const { return position_; }

 private:
  enum class Place { BeforeRequestLine, RequestLine, LineStart, Field, Ended };

  void skip_ordinary(std::string_view bytes);
  [[nodiscard]] std::expected<void, Rejection> take(char byte);
  [[nodiscard]] std::expected<void, Rejection> end_line();

  Limits limits_;
  Place place_ = Place::BeforeRequestLine;
  std::size_t begin_ = 0;
  std::size_t position_ = 0;
  bool after_carriage_return_ = false;
};

}  // namespace weft::http
