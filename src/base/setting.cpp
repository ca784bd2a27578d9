#include "base/setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/ascii.h"

namespace weft {

namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxListItems = 1000;
constexpr std::size_t kMaxQuotedBytes = 80;

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overload(Cases...) -> Overload<Cases...>;

std::unexpected<Error> refuse(std::string message) { return fail(ErrorKind::Invalid, "config.value", std::move(message)); }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  if (trim(text).empty()) return items;
  while (true) {
    auto comma = text.find(',');
    items.emplace_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

Result<std::string> check_text(const Setting& setting, std::string_view text) {
  if (text.size() > kMaxTextBytes) return refuse(fmt::format("must not be longer than {} bytes", kMaxTextBytes));
  if (text.find('\0') != std::string_view::npos) return refuse("must not contain U+0000");
  return setting.refine ? setting.refine(text) : Result<std::string>(std::string(text));
}

template <typename Show>
Result<void> check_bounds(const Setting& setting, std::int64_t value, Show show) {
  if (value >= setting.bounds.min && value <= setting.bounds.max) return {};
  return refuse(fmt::format("must be from {} to {}", show(setting.bounds.min), show(setting.bounds.max)));
}

// Puts a value into its field; returns it as text, tidied.
class Assignment {
 public:
  Assignment(const Setting& setting, const GivenSetting& given, Settings& target) : setting_(setting), given_(given), target_(target) {}

  Result<std::string> operator()(SettingMember<std::string> member) const {
    auto text = TRY(scalar());
    if (!text.empty()) text = TRY(check_text(setting_, text));
    member(target_) = text;
    return text;
  }

  Result<std::string> operator()(SettingMember<int> member) const {
    auto text = TRY(scalar());
    std::int64_t number = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) return refuse("must be a whole number");
    CHECK(check_bounds(setting_, number, [](std::int64_t bound) { return bound; }));
    member(target_) = static_cast<int>(number);
    return fmt::format("{}", number);
  }

  Result<std::string> operator()(SettingMember<ByteSize> member) const {
    auto size = TRY(parse_size(TRY(scalar())));
    CHECK(check_bounds(setting_, size.bytes, [](std::int64_t bound) { return to_text(ByteSize{bound}); }));
    member(target_) = size;
    return to_text(size);
  }

  Result<std::string> operator()(SettingMember<std::chrono::milliseconds> member) const {
    auto duration = TRY(parse_duration(TRY(scalar())));
    CHECK(check_bounds(setting_, duration.count(), [](std::int64_t bound) { return to_text(std::chrono::milliseconds(bound)); }));
    member(target_) = duration;
    return to_text(duration);
  }

  Result<std::string> operator()(SettingMember<std::vector<std::string>> member) const {
    const auto* list = std::get_if<std::vector<std::string>>(&given_.value);
    auto items = list ? *list : split_list(std::get<std::string>(given_.value));
    if (items.size() > kMaxListItems) return refuse(fmt::format("must not have more than {} items", kMaxListItems));
    for (auto& item : items) {
      if (trim(item).empty()) return refuse("must not have empty items");
      auto tidied = check_text(setting_, item);
      if (!tidied) return refuse(fmt::format("{}, unlike `{}`", tidied.error().message, item.substr(0, kMaxQuotedBytes)));
      item = *std::move(tidied);
    }
    member(target_) = items;
    return fmt::format("{}", fmt::join(items, ", "));
  }

  Result<std::string> operator()(const SettingChoice& choice) const {
    auto text = TRY(scalar());
    auto found = std::ranges::find(choice.names, text);
    if (found == choice.names.end()) {
      return refuse(fmt::format("must be one of {}", fmt::join(choice.names, ", ")));
    }
    choice.choose(target_, static_cast<std::size_t>(found - choice.names.begin()));
    return text;
  }

 private:
  [[nodiscard]] Result<std::string> scalar() const {
    if (const auto* text = std::get_if<std::string>(&given_.value)) return *text;
    return refuse("takes one value, not a list");
  }

  const Setting& setting_;
  const GivenSetting& given_;
  Settings& target_;
};

class Resolution {
 public:
  explicit Resolution(const GivenSettings& given) {
    for (const auto& unreadable : given.complaints) complaints_.push_back({0, unreadable});
    resolved_.warnings = given.warnings;
    resolved_.origins.resize(settings_table().size());
    for (std::size_t i = 0; i < settings_table().size(); ++i) {
      const auto& setting = settings_table()[i];
      // The field's own start value is that of a text or list without a default.
      if (setting.default_value.empty()) continue;
      take(i, {std::string(setting.key), std::string(setting.default_value), std::string(setting.key)}, SettingSource::Default);
    }
    take_all(given.file, SettingSource::File);
    take_all(given.environment, SettingSource::Environment);
    take_all(given.flags, SettingSource::Flag);
  }

  Result<ResolvedSettings> finish() && {
    check_together();
    if (complaints_.empty()) return std::move(resolved_);
    std::ranges::stable_sort(complaints_, {}, &Complaint::rank);
    std::vector<FieldError> fields;
    for (auto& complaint : complaints_) fields.push_back(std::move(complaint.error));
    for (auto& warning : resolved_.warnings) fields.push_back({"warning", std::move(warning)});
    auto error = make_error(ErrorKind::Invalid, "config.invalid",
                            fmt::format("The configuration has {} mistake{}.", complaints_.size(), complaints_.size() == 1 ? "" : "s"));
    error.hint = "`weft config docs` lists all settings.";
    error.fields = std::move(fields);
    return fail(std::move(error));
  }

 private:
  // Complaints come in the order of the table, whoever gave the value; before them what can't be read, or is no setting.
  struct Complaint {
    std::size_t rank = 0;  // 1 + index of the setting
    FieldError error;
  };

  static std::size_t index_of(const Setting* setting) { return static_cast<std::size_t>(setting - settings_table().data()); }

  void complain(std::size_t index, std::string where, std::string message) {
    complaints_.push_back({index + 1, {std::move(where), std::move(message)}});
  }

  void take_all(const std::vector<GivenSetting>& all, SettingSource source) {
    std::set<std::string_view> seen;
    for (const auto& given : all) {
      const auto* setting = find_setting(given.key);
      if (setting == nullptr) {
        complaints_.push_back({0, {given.where, unknown(given.key)}});
      } else if (!seen.insert(given.key).second) {
        complain(index_of(setting), given.where, given.key + " is given twice");
      } else {
        take(index_of(setting), given, source);
      }
    }
  }

  void take(std::size_t index, const GivenSetting& given, SettingSource source) {
    const auto& setting = settings_table()[index];
    auto text = std::visit(Assignment(setting, given, resolved_.values), setting.field);
    if (!text) {
      complain(index, given.where, fmt::format("{} {}", setting.key, text.error().message));
      return;
    }
    resolved_.origins[index] = {source, source == SettingSource::Default ? std::string{} : given.where, *std::move(text)};
  }

  static std::string unknown(std::string_view key) {
    // A key that was put under the wrong heading is the commonest mistake.
    auto name = key.substr(key.rfind('.') + 1);
    for (const auto& setting : settings_table()) {
      if (setting.key.substr(setting.key.rfind('.') + 1) == name) {
        return fmt::format("there is no setting {}; did you mean {}?", key, setting.key);
      }
    }
    return fmt::format("there is no setting {}", key);
  }

  [[nodiscard]] bool in_order(std::string_view key) const {
    const auto rank = index_of(find_setting(key)) + 1;
    return std::ranges::none_of(complaints_, [&](const Complaint& complaint) { return complaint.rank == rank; });
  }

  // Of two that only make sense together: both or neither. Where one of them was refused, whether it is there is not known.
  void check_pair(std::string_view first, std::string_view second) {
    if (!in_order(first) || !in_order(second)) return;
    const auto& first_origin = resolved_.origins[index_of(find_setting(first))];
    const auto& second_origin = resolved_.origins[index_of(find_setting(second))];
    if (first_origin.text.empty() == second_origin.text.empty()) return;
    const bool first_is_given = second_origin.text.empty();
    const auto& given = first_is_given ? first_origin : second_origin;
    complain(index_of(find_setting(first_is_given ? first : second)), given.where,
             fmt::format("{} and {} go together: give both or neither", first, second));
  }

  void check_together() {
    const auto& mail = resolved_.values.mail;
    check_pair("server.tls_certificate_file", "server.tls_key_file");
    check_pair("mail.smtp_user", "mail.smtp_password");
    if (!mail.smtp_password.empty() && mail.smtp_security == SmtpSecurity::None) {
      resolved_.warnings.push_back("mail.smtp_security is none: the password travels to the mail server in the clear");
    }
  }

  ResolvedSettings resolved_;
  std::vector<Complaint> complaints_;
};

std::string spelled(std::string_view prefix, std::string_view key, char (*letter)(char)) {
  std::string name(prefix);
  for (char c : key) name.push_back(letter(c));
  return name;
}

}  // namespace

const Setting* find_setting(std::string_view key) {
  auto found = std::ranges::find(settings_table(), key, &Setting::key);
  return found == settings_table().end() ? nullptr : &*found;
}

std::string environment_name(const Setting& setting) {
  return spelled("WEFT_", setting.key, [](char c) {
    if (c == '.') return '_';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
}

std::string flag_name(const Setting& setting) {
  return spelled("--", setting.key, [](char c) { return c == '_' ? '-' : c; });
}

std::string_view type_name(const Setting& setting) {
  return std::visit(Overload{
                        [](SettingMember<std::string>) { return "text"; },
                        [](SettingMember<int>) { return "number"; },
                        [](SettingMember<ByteSize>) { return "size"; },
                        [](SettingMember<std::chrono::milliseconds>) { return "duration"; },
                        [](SettingMember<std::vector<std::string>>) { return "list"; },
                        [](const SettingChoice&) { return "choice"; },
                    },
                    setting.field);
}

std::string_view source_name(SettingSource source) {
  switch (source) {
    case SettingSource::Default: return "default";
    case SettingSource::File: return "file";
    case SettingSource::Environment: return "environment";
    case SettingSource::Flag: return "flag";
  }
  return "?";
}

Result<ResolvedSettings> resolve_settings(const GivenSettings& given) { return Resolution(given).finish(); }

void take_environment(std::span<const std::string> variables, std::span<const std::string_view> also_known, GivenSettings& given) {
  constexpr std::string_view kPrefix = "WEFT_";
  for (std::string_view line : variables) {
    auto equals = line.find('=');
    auto name = line.substr(0, equals);
    if (equals == std::string_view::npos || !name.starts_with(kPrefix)) continue;
    auto found = std::ranges::find(settings_table(), name, environment_name);
    if (found != settings_table().end()) {
      given.environment.push_back({std::string(found->key), std::string(line.substr(equals + 1)), std::string(name)});
      continue;
    }
    if (std::ranges::find(kReservedSettingNames, lower_case(name.substr(kPrefix.size()))) != std::end(kReservedSettingNames)) continue;
    if (std::ranges::find(also_known, name) != also_known.end()) continue;
    given.warnings.push_back(fmt::format("the variable {} is no setting and has no effect", name));
  }
}

}  // namespace weft
