// How a line of the log looks. Whatever stands in it, it is one line of valid UTF-8 without control characters.
#pragma once

#include <chrono>
#include <string>

#include "platform/log/log.h"

namespace weft::log {

struct Line {
  std::chrono::system_clock::time_point at;
  Level level = Level::Info;
  std::string_view event;
  std::string_view request_id;  // empty: none
  Fields fields;
  Fields more_fields;
};

enum class Color { Off, On };

// {"at":"2026-03-01T12:30:00.000000Z","level":"info","event":"request done","request_id":"…","status":200}
[[nodiscard]] std::string json_line(const Line& line);
// 2026-03-01 12:30:00.000 info     request done  status=200 path="/a b"  [request id]
[[nodiscard]] std::string human_line(const Line& line, Color color);

}  // namespace weft::log
