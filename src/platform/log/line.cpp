#include "platform/log/line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace weft::log {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The length of the valid UTF-8 sequence that `text` starts with; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto first = byte(0);
  std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  bool out_of_range = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
  return overlong || out_of_range ? 0 : length;
}

// Controls beyond ASCII: C1, and what reorders or breaks a line on a terminal.
bool is_wide_control(std::string_view sequence) {
  if (sequence.size() == 2) return sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
  if (sequence.size() != 3 || !sequence.starts_with("\xE2")) return false;
  auto second = static_cast<unsigned char>(sequence[1]), third = static_cast<unsigned char>(sequence[2]);
  return (second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xA8 && third <= 0xAE))) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

// Appends as the inside of a JSON string. It serves the human form, too: nothing in it can break a line or a terminal.
void append_escaped(std::string& out, std::string_view text) {
  bool cut = text.size() > kMaxValueBytes;
  if (cut) text = text.substr(0, kMaxValueBytes);
  while (!text.empty()) {
    auto length = sequence_length(text);
    if (length == 0) {
      if (!cut || text.size() > 3) out += kReplacement;  // the last few bytes may be what the cut left of a sequence
      text.remove_prefix(1);
      continue;
    }
    auto sequence = text.substr(0, length);
    text.remove_prefix(length);
    char c = sequence.front();
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (length == 1 && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else if (is_wide_control(sequence)) {
      auto bits = [&](std::size_t i, unsigned mask) { return static_cast<unsigned char>(sequence[i]) & mask; };
      auto point = length == 2 ? bits(0, 0x1F) << 6 | bits(1, 0x3F) : bits(0, 0x0F) << 12 | bits(1, 0x3F) << 6 | bits(2, 0x3F);
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", point);
    } else {
      out += sequence;
    }
  }
  if (cut) out += "…";
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= kMaxValueBytes &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:+@%,?&=*") == std::string_view::npos;
}

enum class Quotes { Always, WhereNeeded };

void append_value(std::string& out, const Value& value, Quotes quotes) {
  std::visit(
      [&](const auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, std::string_view>) {
          if (quotes == Quotes::WhereNeeded && is_plain_word(content)) {
            out += content;
          } else {
            append_json_string(out, content);
          }
        } else if constexpr (std::is_same_v<Content, double>) {
          // JSON has no infinity and no NaN.
          out += std::isfinite(content) ? fmt::format("{}", content) : "null";
        } else {
          out += fmt::format("{}", content);
        }
      },
      value.get());
}

std::string_view level_name(Level level) {
  switch (level) {
    case Level::Debug: return "debug";
    case Level::Info: return "info";
    case Level::Warning: return "warning";
    case Level::Error: return "error";
  }
  return "?";
}

std::string_view level_color(Level level) {
  switch (level) {
    case Level::Debug: return "\x1b[2m";
    case Level::Info: return "\x1b[32m";
    case Level::Warning: return "\x1b[33m";
    case Level::Error: return "\x1b[31m";
  }
  return "";
}

std::int64_t micros_of_second(std::chrono::system_clock::time_point at) {
  using std::chrono::floor;
  using std::chrono::microseconds;
  return floor<microseconds>(at - floor<std::chrono::seconds>(at)).count();
}

}  // namespace

std::string json_line(const Line& line) {
  auto second = std::chrono::floor<std::chrono::seconds>(line.at);
  auto out = fmt::format(R"({{"at":"{:%Y-%m-%dT%H:%M:%S}.{:06}Z","level":"{}","event":)",
                         fmt::gmtime(std::chrono::system_clock::to_time_t(second)), micros_of_second(line.at), level_name(line.level));
  append_json_string(out, line.event);
  if (!line.request_id.empty()) {
    out += R"(,"request_id":)";
    append_json_string(out, line.request_id);
  }
  for (auto fields : {line.fields, line.more_fields}) {
    for (const auto& field : fields) {
      out += ',';
      append_json_string(out, field.key);
      out += ':';
      append_value(out, field.value, Quotes::Always);
    }
  }
  return out + "}\n";
}

std::string human_line(const Line& line, Color color) {
  auto second = std::chrono::floor<std::chrono::seconds>(line.at);
  auto out = fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} {}{:<7}{} ", fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
                         micros_of_second(line.at) / 1000, color == Color::On ? level_color(line.level) : "", level_name(line.level),
                         color == Color::On ? "\x1b[0m" : "");
  append_escaped(out, line.event);
  for (auto fields : {line.fields, line.more_fields}) {
    for (const auto& field : fields) {
      out += ' ';
      append_escaped(out, field.key);
      out += '=';
      append_value(out, field.value, Quotes::WhereNeeded);
    }
  }
  if (!line.request_id.empty()) {
    out += " [";
    append_escaped(out, line.request_id);
    out += ']';
  }
  return out + '\n';
}

}  // namespace weft::log
