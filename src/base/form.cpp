// Form: the fields of a JSON object, read one by one. Declared in base/json.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/json.h"
#include "base/utf8.h"

namespace weft {
namespace {

// A body can't make us answer with more than this, however much is wrong with it.
constexpr std::size_t kMaxComplaints = 100;
constexpr std::size_t kMaxFieldBytes = 200;

// White space and the invisible characters that people paste along with it.
constexpr auto kBlankSequences = std::to_array<std::string_view>({
    "\xC2\x85",     "\xC2\xA0",     "\xC2\xAD",     "\xE1\x9A\x80", "\xE1\xA0\x8E", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D", "\xE2\x80\x8E", "\xE2\x80\x8F",
    "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE2\x81\xA0", "\xE3\x80\x80", "\xEF\xBB\xBF",
});

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first <= 0x20 || first == 0x7F) {
      text.remove_prefix(1);
      continue;
    }
    const auto* const sequence = std::ranges::find_if(kBlankSequences, [&](std::string_view blank) { return text.starts_with(blank); });
    if (sequence == kBlankSequences.end()) return false;
    text.remove_prefix(sequence->size());
  }
  return true;
}

// The complaint about `value` as a text within `limits`, empty when there is none.
std::string complaint_about_text(const json::value& value, Form::TextLimits limits) {
  const auto* const text = value.if_string();
  if (text == nullptr) return "must be text";
  const bool may_be_blank = limits.blank == Form::Blank::Allowed || (limits.blank == Form::Blank::OnlyEmpty && text->empty());
  if (!may_be_blank && is_blank({text->data(), text->size()})) return "must not be blank";
  if (text->size() > limits.max_bytes) return fmt::format("must be at most {} bytes long", limits.max_bytes);
  return {};
}

// `1`, `1.0` and `1e0` are one number.
std::optional<std::int64_t> whole_number(const json::value& value) {
  if (const auto* const number = value.if_int64()) return *number;
  if (const auto* const number = value.if_uint64(); number != nullptr && std::in_range<std::int64_t>(*number)) {
    return static_cast<std::int64_t>(*number);
  }
  constexpr double kMaxExact = 9'007'199'254'740'992.0;  // 2^53
  if (const auto* const number = value.if_double()) {
    if (std::trunc(*number) == *number && std::abs(*number) <= kMaxExact) return static_cast<std::int64_t>(*number);
  }
  return std::nullopt;  // fractions, and integers of more than 63 bits
}

}  // namespace

Form::Form(const json::value& value, std::string path) : object_(value.if_object()), path_(std::move(path)) {
  if (object_ == nullptr) errors_.push_back({path_, path_.empty() ? "the body must be a JSON object" : "must be an object"});
}

const json::value* Form::take(std::string_view field) {
  if (std::ranges::find(known_, field) == known_.end()) known_.emplace_back(field);
  return object_ == nullptr ? nullptr : object_->if_contains(field);
}

const json::value* Form::take_optional(std::string_view field, Null null) {
  const auto* const value = take(field);
  if (value == nullptr || !value->is_null()) return value;
  if (null == Null::Refused) complain(field, "must not be null: leave it out where nothing is meant");
  return nullptr;
}

std::string Form::required_text(std::string_view field, TextLimits limits) {
  const auto* const value = take(field);
  if (value == nullptr) {
    if (object_ != nullptr) complain(field, "is required");
    return {};
  }
  if (auto complaint = complaint_about_text(*value, limits); !complaint.empty()) {
    complain(field, std::move(complaint));
    return {};
  }
  return std::string(value->get_string());
}

std::optional<std::string> Form::optional_text(std::string_view field, TextLimits limits) {
  const auto* const value = take_optional(field, limits.null);
  if (value == nullptr) return std::nullopt;
  if (auto complaint = complaint_about_text(*value, limits); !complaint.empty()) {
    complain(field, std::move(complaint));
    return std::nullopt;
  }
  return std::string(value->get_string());
}

std::optional<std::int64_t> Form::optional_integer(std::string_view field, std::int64_t min, std::int64_t max, Null null) {
  const auto* const value = take_optional(field, null);
  if (value == nullptr) return std::nullopt;
  const auto number = whole_number(*value);
  if (!number || *number < min || *number > max) {
    complain(field, fmt::format("must be a whole number from {} to {}", min, max));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> Form::optional_bool(std::string_view field) {
  const auto* const value = take_optional(field, Null::Refused);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    complain(field, "must be true or false");
    return std::nullopt;
  }
  return value->get_bool();
}

std::optional<Timestamp> Form::optional_time(std::string_view field, Null null) {
  const auto* const value = take_optional(field, null);
  if (value == nullptr) return std::nullopt;
  if (const auto* const text = value->if_string()) {
    if (const auto time = parse_rfc3339({text->data(), text->size()})) return *time;
  }
  complain(field, "must be an RFC 3339 date and time with an offset, such as 2026-03-01T12:30:00Z");
  return std::nullopt;
}

std::vector<std::string> Form::optional_text_list(std::string_view field, std::size_t max_items, TextLimits limits) {
  std::vector<std::string> items;
  const auto* const array = optional_array(field, max_items);
  if (array == nullptr) return items;
  for (std::size_t index = 0; index < array->size(); ++index) {
    const auto item_field = fmt::format("{}[{}]", field, index);
    const auto& value = (*array)[index];
    if (auto complaint = complaint_about_text(value, limits); !complaint.empty()) {
      complain(item_field, std::move(complaint));
      continue;
    }
    items.emplace_back(value.get_string());
  }
  std::vector<std::string_view> sorted(items.begin(), items.end());
  std::ranges::sort(sorted);
  if (const auto twin = std::ranges::adjacent_find(sorted); twin != sorted.end()) {
    complain(field, fmt::format("contains \"{}\" more than once", shorten(*twin, kMaxFieldBytes)));
    return {};
  }
  return items;
}

const json::value* Form::optional_object(std::string_view field, Null null) { return take_optional(field, null); }

const json::array* Form::optional_array(std::string_view field, std::size_t max_items) {
  const auto* const value = take(field);
  if (value == nullptr) return nullptr;
  if (value->is_null()) {
    complain(field, "must be a list, not null; [] is the empty one");
    return nullptr;
  }
  const auto* const array = value->if_array();
  if (array == nullptr) {
    complain(field, "must be a list");
    return nullptr;
  }
  if (array->size() > max_items) {
    complain(field, fmt::format("must have at most {} items", max_items));
    return nullptr;
  }
  return array;
}

bool Form::has(std::string_view field) const { return object_ != nullptr && object_->contains(field); }

void Form::complain(std::string_view field, std::string message) {
  auto path = path_.empty() ? std::string(field) : fmt::format("{}.{}", path_, field);
  errors_.push_back({shorten(path, kMaxFieldBytes), std::move(message)});
}

void Form::absorb(Form&& nested) {
  nested.check_unknown();
  std::ranges::move(nested.errors_, std::back_inserter(errors_));
  nested.errors_.clear();
}

void Form::check_unknown() {
  if (object_ == nullptr) return;
  for (const auto& [key, value] : *object_) {
    if (errors_.size() >= kMaxComplaints) return;
    const std::string_view field(key.data(), key.size());
    if (std::ranges::find(known_, field) != known_.end()) continue;
    known_.emplace_back(field);  // asked twice, it complains once
    complain(field, "is not a field of this form");
  }
}

Result<void> Form::finish() {
  check_unknown();
  if (errors_.empty()) return {};
  return fail(form_invalid(errors_));
}

std::vector<FieldError> Form::complaints() {
  check_unknown();
  return errors_;
}

Error form_invalid(const std::vector<FieldError>& complaints) {
  // One complaint a field: the first says what to mend first.
  std::vector<FieldError> errors;
  for (const auto& error : complaints) {
    if (errors.size() >= kMaxComplaints) break;
    const auto same_field = [&](const FieldError& other) { return other.field == error.field; };
    if (std::ranges::none_of(errors, same_field)) errors.push_back(error);
  }
  const auto& first = errors.front();
  auto message = first.field.empty() ? first.message : fmt::format("{}: {}", first.field, first.message);
  if (errors.size() > 1) message += fmt::format(" (and {} more)", errors.size() - 1);
  return make_error(ErrorKind::Invalid, "form.invalid", std::move(message)).with_fields(std::move(errors));
}

}  // namespace weft
