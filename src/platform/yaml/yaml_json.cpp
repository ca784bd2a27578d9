#include "platform/yaml/yaml_json.h"

#include <yaml-cpp/yaml.h>

#include <charconv>

namespace weft {

namespace {

json::value scalar_value(const YAML::Node& node) {
  const auto& text = node.Scalar();
  if (node.Tag() == "!") return json::value(text);  // quoted: text whatever it looks like
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  std::int64_t integer = 0;
  if (auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), integer);
      code == std::errc() && end == text.data() + text.size())
    return integer;
  double number = 0;
  const bool numeric =
      text.find_first_not_of("0123456789+-.eE") == std::string::npos && text.find_first_of("0123456789") != std::string::npos;
  if (auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
      numeric && code == std::errc() && end == text.data() + text.size())
    return number;
  return json::value(text);
}

json::value to_value(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Scalar: return scalar_value(node);
    case YAML::NodeType::Sequence: {
      json::array list;
      for (const auto& item : node) list.push_back(to_value(item));
      return list;
    }
    case YAML::NodeType::Map: {
      json::object object;
      for (const auto& entry : node) {
        const auto& key = entry.first.Scalar();
        // The last one would count, and nobody would see that the other one does not.
        if (object.contains(key)) throw YAML::ParserException(entry.first.Mark(), fmt::format("'{}' is there twice", key));
        object[key] = to_value(entry.second);
      }
      return object;
    }
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined: break;
  }
  return nullptr;
}

}  // namespace

Result<json::value> parse_yaml(std::string_view text) {
  try {
    return to_value(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    return fail(ErrorKind::Invalid, "yaml.invalid",
                fmt::format("Line {}, column {}: {}", error.mark.line + 1, error.mark.column + 1, error.msg));
  }
}

std::optional<int> find_yaml_line(std::string_view text, std::string_view path) {
  try {
    auto node = YAML::Load(std::string(text));
    int line = node.Mark().line + 1;
    while (!path.empty()) {
      // A name up to the next dot or bracket, or an index in brackets.
      YAML::Node next(YAML::NodeType::Undefined);
      if (path.starts_with('[')) {
        std::size_t index = 0;
        std::from_chars(path.data() + 1, path.data() + path.size(), index);
        if (!node.IsSequence() || index >= node.size()) break;
        next.reset(node[index]);
        line = next.Mark().line + 1;
        const auto close = path.find(']');
        if (close == std::string_view::npos) break;
        path.remove_prefix(close + 1);
      } else {
        const auto name = path.substr(0, path.find_first_of(".["));
        if (!node.IsMap()) break;
        for (const auto& entry : node) {
          if (!entry.first.IsScalar() || entry.first.Scalar() != name) continue;
          next.reset(entry.second);
          line = entry.first.Mark().line + 1;
        }
        if (!next.IsDefined()) break;
        path.remove_prefix(name.size());
      }
      if (path.starts_with('.')) path.remove_prefix(1);
      node.reset(next);
    }
    return line;
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

}  // namespace weft
