// The log: one line per event on a descriptor, for people on a terminal, JSON otherwise. Thread-safe. spdlog stays in
// log.cpp. What is counted rather than told belongs to platform/metrics.
//
// There is one log per process, because whatever fails must be able to say so before anything else stands: until
// start() it writes to standard error from Info on.
//
//   log::RequestScope scope(request.id);              // each line of this thread now carries the request's id
//   log::info("request done", {{"status", 200}, {"path", path}});
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/setting_choice.h"

namespace weft::log {

using Level = LogLevel;
using Format = LogFormat;

struct Options {
  Format format = Format::Auto;
  Level level = Level::Info;
  int descriptor = 2;  // borrowed; not closed
};

// May be called again; a line that is being written meanwhile may still go to the old place.
void start(const Options& options);

class Value {
 public:
  Value(std::string_view text) : value_(text) {}                      // NOLINT(google-explicit-constructor): for field lists
  Value(const std::string& text) : value_(std::string_view(text)) {}  // NOLINT
  Value(const char* text) : value_(std::string_view(text)) {}         // NOLINT
  Value(bool truth) : value_(truth) {}                                // NOLINT
  template <std::integral Number>
  Value(Number number) : value_(static_cast<std::int64_t>(number)) {}  // NOLINT
  Value(double number) : value_(number) {}                             // NOLINT

  [[nodiscard]] const auto& get() const { return value_; }

 private:
  std::variant<std::string_view, bool, std::int64_t, double> value_;
};

struct Field {
  std::string_view key;  // a word of ours: `status`, `duration_us`
  Value value;           // of anybody: escaped, cut at kMaxValueBytes
};
using Fields = std::initializer_list<Field>;

inline constexpr std::size_t kMaxValueBytes = 8192;

// `event` is a constant of ours, the same for each line of its kind; what differs stands in the fields.
void write(Level level, std::string_view event, Fields fields = {});
inline void debug(std::string_view event, Fields fields = {}) { write(Level::Debug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) { write(Level::Info, event, fields); }
inline void warning(std::string_view event, Fields fields = {}) { write(Level::Warning, event, fields); }
inline void error(std::string_view event, Fields fields = {}) { write(Level::Error, event, fields); }
// With the error's id, message and detail as further fields.
void write(Level level, std::string_view event, const Error& cause, Fields fields = {});

[[nodiscard]] bool enabled(Level level);

// While it lives, lines of this thread carry `request`: in JSON under "request_id". Scopes nest; the inner one holds.
class RequestScope {
 public:
  explicit RequestScope(std::string request_id);
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;
  ~RequestScope();

  // Of the innermost scope of this thread; empty when there is none. To be handed to another thread's scope.
  [[nodiscard]] static std::string_view current();

 private:
  std::string request_id_;
  RequestScope* outer_;
};

}  // namespace weft::log
