#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>

#include "base/utf8.h"

namespace weft {
namespace {

enum class Complaint { None, DuplicateKey, Nul, NumberTooLarge };

// Builds the value while the parser calls, and stops it at what RFC 8259 lets pass and we don't.
class Builder {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the parser asks for these names
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  // NOLINTEND(readability-identifier-naming)

  bool on_document_begin(json::error_code&) {
    stack_.reset();
    return true;
  }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t count, json::error_code& error) {
    auto keys = std::move(keys_.back());
    keys_.pop_back();
    // Sorted rather than hashed: nobody can choose keys that make this slow.
    std::ranges::sort(keys);
    const auto twin = std::ranges::adjacent_find(keys);
    if (twin != keys.end()) {
      duplicate_key_ = *twin;
      return stop(Complaint::DuplicateKey, error);
    }
    stack_.push_object(count);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t count, json::error_code&) {
    stack_.push_array(count);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code& error) {
    key_.append(part.data(), part.size());
    stack_.push_chars(part);
    return refuse_nul(part, error);
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    key_.append(part.data(), part.size());
    keys_.back().push_back(std::move(key_));
    key_.clear();
    stack_.push_key(part);
    return refuse_nul(part, error);
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code& error) {
    stack_.push_chars(part);
    return refuse_nul(part, error);
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    stack_.push_string(part);
    return refuse_nul(part, error);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, json::error_code&) {
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double number, json::string_view, json::error_code& error) {
    if (!std::isfinite(number)) return stop(Complaint::NumberTooLarge, error);
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool value, json::error_code&) {
    stack_.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  [[nodiscard]] Complaint complaint() const { return complaint_; }
  [[nodiscard]] const std::string& duplicate_key() const { return duplicate_key_; }
  json::value release() { return stack_.release(); }

 private:
  bool stop(Complaint complaint, json::error_code& error) {
    complaint_ = complaint;
    error = json::error::syntax;
    return false;
  }
  bool refuse_nul(json::string_view part, json::error_code& error) {
    return part.find('\0') == json::string_view::npos || stop(Complaint::Nul, error);
  }

  json::value_stack stack_;
  std::vector<std::vector<std::string>> keys_;  // of each object that is open
  std::string key_;
  std::string duplicate_key_;
  Complaint complaint_ = Complaint::None;
};

constexpr std::size_t kMaxQuotedBytes = 100;

std::string describe(json::error_code error) {
  if (error == json::error::too_deep) return fmt::format("it is nested deeper than {} levels", kMaxJsonDepth);
  if (error == json::error::incomplete) return "it ends too early";
  if (error == json::error::extra_data) return "something follows the value";
  return error.message();
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  if (const auto offset = find_invalid_utf8(text)) {
    return fail(ErrorKind::Invalid, "json.not_utf8", fmt::format("the JSON is not UTF-8 at byte {}", *offset), "send it encoded as UTF-8");
  }
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::basic_parser<Builder> parser(options);
  json::error_code error;
  const auto consumed = parser.write_some(false, text.data(), text.size(), error);
  if (!error && consumed < text.size()) error = json::error::extra_data;
  auto& builder = parser.handler();
  switch (builder.complaint()) {
    case Complaint::DuplicateKey:
      return fail(ErrorKind::Invalid, "json.duplicate_key",
                  fmt::format("the key \"{}\" stands twice in one object", shorten(builder.duplicate_key(), kMaxQuotedBytes)),
                  "send each key once");
    case Complaint::Nul: return fail(ErrorKind::Invalid, "json.nul", "the JSON contains the character U+0000", "leave it out");
    case Complaint::NumberTooLarge:
      return fail(ErrorKind::Invalid, "json.invalid", fmt::format("this is not usable JSON at byte {}: the number is too large", consumed));
    case Complaint::None: break;
  }
  if (error) {
    return fail(ErrorKind::Invalid, "json.invalid", fmt::format("this is not valid JSON at byte {}: {}", consumed, describe(error)));
  }
  return builder.release();
}

}  // namespace weft
