#include "platform/worker/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/worker/message.h"

namespace weft {
namespace {

constexpr std::size_t kMaxIdBytes = 100;
constexpr std::size_t kMaxTextBytes = 16U << 10;
constexpr std::size_t kMaxFields = 1000;

std::string shortened(std::string_view text) {
  if (text.size() <= kMaxTextBytes) return std::string(text);
  std::size_t end = kMaxTextBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a character
  return std::string(text.substr(0, end)) + "…";
}

std::string error_report(const Error& error) {
  json::array fields;
  for (const auto& field : error.fields) {
    if (fields.size() == kMaxFields) break;
    fields.push_back(json::array{shortened(field.field), shortened(field.message)});
  }
  return json::serialize(json::object{{"error",
                                       {{"kind", static_cast<int>(error.kind)},
                                        {"id", error.id},
                                        {"message", shortened(error.message)},
                                        {"hint", shortened(error.hint)},
                                        {"detail", shortened(error.detail)},
                                        {"fields", std::move(fields)}}}});
}

bool is_error_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; });
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : shortened({text->data(), text->size()});
}

std::optional<Error> parse_error(const json::object& object) {
  const auto* kind = object.if_contains("kind");
  const auto* number = kind == nullptr ? nullptr : kind->if_int64();
  if (number == nullptr || *number < 0 || *number > static_cast<int>(ErrorKind::Timeout)) return std::nullopt;
  auto error = make_error(static_cast<ErrorKind>(*number), text_of(object, "id"), text_of(object, "message"));
  if (!is_error_id(error.id)) return std::nullopt;
  error.hint = text_of(object, "hint");
  error.detail = text_of(object, "detail");
  const auto* fields = object.if_contains("fields");
  if (fields == nullptr || !fields->is_array()) return error;
  for (const auto& field : fields->get_array()) {
    const auto* pair = field.if_array();
    if (error.fields.size() == kMaxFields || pair == nullptr || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string())
      return std::nullopt;
    error.fields.push_back({shortened((*pair)[0].get_string()), shortened((*pair)[1].get_string())});
  }
  return error;
}

}  // namespace

std::string progress_report(std::int64_t rows) { return json::serialize(json::object{{"rows", rows}}); }

std::string final_report(const Result<json::object>& result) {
  if (!result) return error_report(result.error());
  auto text = json::serialize(json::object{{"answer", *result}});
  if (text.size() <= kMaxMessageBytes) return text;
  return error_report(make_error(ErrorKind::TooLarge, "worker.answer_too_large",
                                 fmt::format("the answer takes {} bytes, {} are allowed", text.size(), kMaxMessageBytes)));
}

std::optional<Report> parse_report(std::string_view text) {
  auto message = parse_message(text);
  if (!message || message->size() != 1) return std::nullopt;
  const std::string_view kind = message->begin()->key();
  auto& value = message->begin()->value();
  if (kind == "rows" && value.is_int64() && value.get_int64() >= 0) return Rows{value.get_int64()};
  if (kind == "answer" && value.is_object()) return Result<json::object>(std::move(value.get_object()));
  if (kind == "error" && value.is_object())
    if (auto error = parse_error(value.get_object())) return Result<json::object>(fail(std::move(*error)));
  return std::nullopt;
}

}  // namespace weft
