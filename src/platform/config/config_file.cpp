#include "platform/config/config_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "platform/file/atomic_file.h"

namespace weft {

namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

std::string where(const std::filesystem::path& file, const toml::source_position& position) {
  return fmt::format("{}:{}", file.string(), position.line);
}

Result<toml::table> parse(const std::filesystem::path& file, std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& problem) {
    auto error = make_error(ErrorKind::Invalid, "config.invalid", fmt::format("{} is no TOML", file.string()));
    error.fields.push_back({where(file, problem.source().begin), std::string(problem.description())});
    return fail(std::move(error));
  }
}

// Walks the tables and turns every leaf into a given setting.
class Walk {
 public:
  Walk(const std::filesystem::path& file, GivenSettings& given) : file_(file), given_(given) {}

  void table(const toml::table& table, const std::string& path) {
    for (const auto& [name, node] : table) {
      auto key = path.empty() ? std::string(name.str()) : fmt::format("{}.{}", path, name.str());
      auto place = where(file_, node.source().begin.line != 0 ? node.source().begin : name.source().begin);
      if (const auto* inner = node.as_table()) {
        if (is_section(key)) {
          this->table(*inner, key);
        } else {
          given_.complaints.push_back({place, fmt::format("there is no section {}", key)});
        }
      } else if (auto value = leaf(node)) {
        given_.file.push_back({std::move(key), *std::move(value), std::move(place)});
      } else {
        given_.complaints.push_back({place, fmt::format("{} must be a text, a number or a list of texts", key)});
      }
    }
  }

 private:
  using Value = std::variant<std::string, std::vector<std::string>>;

  static std::optional<Value> leaf(const toml::node& node) {
    if (const auto* text = node.as_string()) return Value(text->get());
    if (const auto* number = node.as_integer()) return Value(fmt::format("{}", number->get()));
    const auto* array = node.as_array();
    if (array == nullptr) return std::nullopt;
    std::vector<std::string> items;
    for (const auto& item : *array) {
      const auto* text = item.as_string();
      if (text == nullptr) return std::nullopt;
      items.push_back(text->get());
    }
    return Value(std::move(items));
  }

  static bool is_section(std::string_view key) {
    return std::ranges::any_of(settings_table(), [&](const Setting& setting) {
      return setting.key.size() > key.size() && setting.key.starts_with(key) && setting.key[key.size()] == '.';
    });
  }

  const std::filesystem::path& file_;
  GivenSettings& given_;
};

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

// Where the `number`th line (from 1) starts and ends, its line break excluded.
std::pair<std::size_t, std::size_t> line_at(std::string_view text, std::size_t number) {
  std::size_t start = 0;
  while (--number > 0) start = std::min(text.find('\n', start), text.size() - 1) + 1;
  return {start, std::min(text.find('\n', start), text.size())};
}

// The text with the assignment put where it belongs. It may not parse any more in exotic layouts; the caller looks.
std::string with_assignment(const std::string& text, const toml::table& root, std::string_view section, std::string_view name,
                            std::string_view assignment) {
  auto result = text;
  auto at = root[section][name];
  if (at) {
    auto [start, end] = line_at(text, at.node()->source().begin.line);
    auto indent = std::min(text.find_first_not_of(" \t", start), end) - start;
    return result.replace(start + indent, end - start - indent, assignment);
  }
  if (const auto* table = root[section].as_table(); table != nullptr && table->source().begin.line != 0) {
    auto [start, end] = line_at(text, table->source().begin.line);
    if (text.find_first_not_of(" \t", start) == text.find('[', start)) {
      return result.insert(end, fmt::format("\n{}", assignment));
    }
  }
  if (!result.empty() && !result.ends_with('\n')) result += '\n';
  return result + fmt::format("{}[{}]\n{}\n", result.empty() ? "" : "\n", section, assignment);
}

}  // namespace

void take_settings_file(const std::filesystem::path& file, GivenSettings& given) {
  auto text = read_small_file(file, kMaxFileBytes);
  if (!text) {
    if (text.error().id != "file.missing") given.complaints.push_back({file.string(), text.error().message});
    return;
  }
  auto root = parse(file, *text);
  if (!root) {
    std::ranges::move(root.error().fields, std::back_inserter(given.complaints));
    return;
  }
  auto before = given.file.size();
  Walk(file, given).table(*root, "");
  // toml++ sorts by key; people read complaints from top to bottom. No two leaves of one line are told apart.
  auto line = [](const GivenSetting& setting) { return std::stoul(setting.where.substr(setting.where.rfind(':') + 1)); };
  std::stable_sort(given.file.begin() + static_cast<std::ptrdiff_t>(before), given.file.end(),
                   [&](const auto& left, const auto& right) { return line(left) < line(right); });

  struct stat status{};
  bool others_read = ::stat(file.c_str(), &status) == 0 && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
  for (const auto& setting : given.file) {
    const auto* declared = find_setting(setting.key);
    if (others_read && declared != nullptr && declared->secrecy == Secrecy::Secret) {
      given.warnings.push_back(fmt::format("{}: {} is a secret, but others may read the file; `chmod 600` it", setting.where, setting.key));
    }
  }
}

Result<void> record_setting(const std::filesystem::path& file, std::string_view key, std::string_view value) {
  auto text = read_small_file(file, kMaxFileBytes);
  if (!text && text.error().id != "file.missing") return fail(std::move(text).error());
  mode_t mode = 0600;
  struct stat status{};
  if (text && ::stat(file.c_str(), &status) == 0) mode = status.st_mode & 0777;

  auto old_text = text ? *text : std::string{};
  auto root = TRY(parse(file, old_text));
  auto section = key.substr(0, key.find('.'));
  auto name = key.substr(key.find('.') + 1);
  auto recorded = [&](const toml::table& table) {
    auto found = table[section][name].value<std::string_view>();
    return found && *found == value;
  };
  if (recorded(root)) return {};

  auto new_text = with_assignment(old_text, root, section, name, fmt::format("{} = {}", name, in_quotes(value)));
  auto changed = parse(file, new_text);
  if (!changed || !recorded(*changed)) {
    return fail(ErrorKind::Conflict, "config.not_recorded", fmt::format("{} has no plain place for {}", file.string(), key),
                fmt::format("Put the line `{} = \"…\"` under [{}] yourself.", name, section));
  }
  return write_file_atomically(file, new_text, mode);
}

Result<ResolvedSettings> load_settings(const ConfigSources& sources) {
  GivenSettings given;
  if (!sources.file.empty()) take_settings_file(sources.file, given);
  take_environment(sources.environment, sources.also_known, given);
  given.flags = sources.flags;
  return resolve_settings(given);
}

std::vector<std::string> process_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return variables;
}

}  // namespace weft
