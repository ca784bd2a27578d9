// JSON as values (RFC 8259), read strictly: UTF-8, no duplicate keys, no U+0000, bounded depth.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace weft {

namespace json = boost::json;

inline constexpr std::size_t kMaxJsonDepth = 32;

// Errors: `json.invalid` with the offset of the first offending byte, `json.duplicate_key`, `json.nul`, `json.not_utf8`.
[[nodiscard]] Result<json::value> parse_json(std::string_view text);

// Reads the fields of a JSON object as a form and collects every complaint before it fails.
//
//   Form form(body);
//   auto name = form.required_text("name", {.max_bytes = 63});
//   auto title = form.optional_text("title");
//   CHECK(form.finish());   // unknown fields are complaints, too
//
// Getters return a harmless default after a complaint. Text is never blank unless `Blank::Allowed`; `OnlyEmpty`: "" stands for none.
// null is a complaint, so that nobody takes anything away by a value that his program never filled; only where the API
// document says that a field may be null (`Null::None`) it stands for none, as if the field were absent. A list never is null.
class Form {
 public:
  enum class Blank { Refused, OnlyEmpty, Allowed };
  enum class Null { Refused, None };
  struct TextLimits {
    std::size_t max_bytes = 1000;
    Blank blank = Blank::Refused;
    Null null = Null::Refused;
  };

  // `path` is put before the field names in complaints (for nested forms).
  explicit Form(const json::value& value, std::string path = {});

  std::string required_text(std::string_view field, TextLimits limits = {1000, Blank::Refused, Null::Refused});
  // Absent → nullopt.
  std::optional<std::string> optional_text(std::string_view field, TextLimits limits = {1000, Blank::Refused, Null::Refused});
  std::optional<std::int64_t> optional_integer(std::string_view field, std::int64_t min, std::int64_t max, Null null = Null::Refused);
  std::optional<bool> optional_bool(std::string_view field);
  std::optional<Timestamp> optional_time(std::string_view field, Null null = Null::Refused);
  // Absent → empty; each item is checked as required_text is. Duplicates are complaints.
  std::vector<std::string> optional_text_list(std::string_view field, std::size_t max_items,
                                              TextLimits limits = {1000, Blank::Refused, Null::Refused});
  // Absent → nullptr. The value as it stands, for a nested Form.
  const json::value* optional_object(std::string_view field, Null null = Null::Refused);
  const json::array* optional_array(std::string_view field, std::size_t max_items);
  [[nodiscard]] bool has(std::string_view field) const;

  void complain(std::string_view field, std::string message);
  void absorb(Form&& nested);  // takes over the complaints of a nested form, its unknown fields included

  // `form.invalid` with all complaints, one per field.
  [[nodiscard]] Result<void> finish();
  // All complaints so far, unknown fields included, for whoever has more to say before it fails (form_invalid()).
  [[nodiscard]] std::vector<FieldError> complaints();

 private:
  const json::value* take(std::string_view field);
  // The same for what need not be there: nullptr also for null, after a complaint where it is refused.
  const json::value* take_optional(std::string_view field, Null null);
  void check_unknown();

  const json::object* object_ = nullptr;
  std::string path_;
  std::vector<std::string> known_;
  std::vector<FieldError> errors_;
};

// `form.invalid` (Invalid) with the first complaint about each field. REQUIRES: there is one.
[[nodiscard]] Error form_invalid(const std::vector<FieldError>& complaints);

}  // namespace weft
