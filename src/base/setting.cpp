#include "base/setting.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

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
  explicit Resolution(const GivenSettings& given) : complaints_(given.complaints) {
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
    if (complaints_.empty()) check_together();
    if (complaints_.empty()) return std::move(resolved_);
    auto error = make_error(ErrorKind::Invalid, "config.invalid",
                            fmt::format("The configuration has {} mistake{}.", complaints_.size(), complaints_.size() == 1 ? "" : "s"));
    error.hint = "`weft config docs` lists all settings.";
    error.fields = std::move(complaints_);
    return fail(std::move(error));
  }

 private:
  void take_all(const std::vector<GivenSetting>& all, SettingSource source) {
    std::set<std::string_view> seen;
    for (const auto& given : all) {
      const auto* setting = find_setting(given.key);
      if (setting == nullptr) {
        complaints_.push_back({given.where, unknown(given.key)});
      } else if (!seen.insert(given.key).second) {
        complaints_.push_back({given.where, given.key + " is given twice"});
      } else {
        take(static_cast<std::size_t>(setting - settings_table().data()), given, source);
      }
    }
  }

  void take(std::size_t index, const GivenSetting& given, SettingSource source) {
    const auto& setting = settings_table()[index];
    auto text = std::visit(Assignment(setting, given, resolved_.values), setting.field);
    if (!text) {
      complaints_.push_back({given.where, fmt::format("{} {}", setting.key, text.error().message)});
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

  [[nodiscard]] std::string where(std::string_view key) const {
    const auto& origin = resolved_.origins[static_cast<std::size_t>(find_setting(key) - settings_table().data())];
    return origin.where.empty() ? std::string(key) : origin.where;
  }

  void check_together() {
    const auto& server = resolved_.values.server;
    const auto& mail = resolved_.values.mail;
    if (server.tls_certificate_file.empty() != server.tls_key_file.empty()) {
      auto given = server.tls_key_file.empty() ? "server.tls_certificate_file" : "server.tls_key_file";
      complaints_.push_back({where(given), "server.tls_certificate_file and server.tls_key_file go together: give both or neither"});
    }
    if (mail.smtp_user.empty() != mail.smtp_password.empty()) {
      auto given = mail.smtp_password.empty() ? "mail.smtp_user" : "mail.smtp_password";
      complaints_.push_back({where(given), "mail.smtp_user and mail.smtp_password go together: give both or neither"});
    }
    if (!mail.smtp_password.empty() && mail.smtp_security == SmtpSecurity::None) {
      resolved_.warnings.push_back("mail.smtp_security is none: the password travels to the mail server in the clear");
    }
  }

  ResolvedSettings resolved_;
  std::vector<FieldError> complaints_;
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
    auto lower =
        spelled("", name.substr(kPrefix.size()), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (std::ranges::find(kReservedSettingNames, lower) != std::end(kReservedSettingNames)) continue;
    if (std::ranges::find(also_known, name) != also_known.end()) continue;
    given.warnings.push_back(fmt::format("the variable {} is no setting and has no effect", name));
  }
}

}  // namespace weft
