// How server and worker talk: JSON texts, each after its length in 4 bytes (little-endian), on a stream socket. Nothing
// that a worker sends is believed: lengths are bounded here, contents where they are read.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "platform/worker/file_descriptor.h"

namespace weft {

inline constexpr std::size_t kMaxMessageBytes = 8U << 20;

// The frame of `text`. REQUIRES: text.size() <= kMaxMessageBytes.
[[nodiscard]] std::string frame(std::string_view text);

// An object, or nothing. Unlike parse_json() it lets U+0000 pass: values of foreign data may hold it.
[[nodiscard]] std::optional<json::object> parse_message(std::string_view text);

// The server's end: never blocks. Thread-compatible.
class MessageReader {
 public:
  enum class State { Open, Closed, TooLong };
  // Takes what has arrived, at most about one message. `passed`: where to keep a descriptor that came along, if any is
  // expected; all others are dropped.
  State receive(int socket, FileDescriptor* passed = nullptr);
  // The next whole message.
  [[nodiscard]] std::optional<std::string> next();

 private:
  std::string bytes_;
  std::size_t taken_ = 0;  // of bytes_, by next()
};

// The worker's end: blocks. False when the other side is gone. `pass`: a descriptor to hand over, or -1.
[[nodiscard]] bool send_message(int socket, std::string_view text, int pass = -1);
[[nodiscard]] std::optional<std::string> receive_message(int socket);

}  // namespace weft
