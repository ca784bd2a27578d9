#include "cli/argument_rule.h"

#include <unistd.h>

#include "base/time.h"

namespace weft {

std::string whole_number(const std::string& text) {
  const bool is_one = !text.empty() && text.size() < 19 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return is_one ? "" : fmt::format("'{}' must be a whole number, 0 or more", text);
}

std::string day_or_time(const std::string& text) {
  if (parse_rfc3339(text) || parse_rfc3339(text + "T00:00:00Z")) return {};
  return fmt::format("'{}' is neither a day such as 2030-01-31 nor a time such as 2030-01-31T12:00:00Z", text);
}

std::string existing_file(const std::string& name) {
  return ::access(name.c_str(), F_OK) == 0 ? "" : fmt::format("there is no file '{}'", name);
}

ArgumentRule text_within(Form::TextLimits limits) {
  return [limits](const std::string& text) -> std::string {
    const json::value given = json::object{{"text", text}};
    Form form(given);
    (void)form.required_text("text", limits);
    const auto read = form.finish();
    return read ? "" : read.error().fields.front().message;
  };
}

}  // namespace weft
