#include "base/name.h"

namespace weft {
namespace {

bool is_letter(char character) { return character >= 'a' && character <= 'z'; }
bool is_digit(char character) { return character >= '0' && character <= '9'; }

}  // namespace

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxNameBytes || !is_letter(text.front())) return false;
  for (const char character : text) {
    if (!is_letter(character) && !is_digit(character) && character != '_' && character != '-') return false;
  }
  return true;
}

bool is_domain_path(std::string_view text) {
  for (std::size_t depth = 1; depth <= kMaxDomainDepth; ++depth) {
    const auto dot = text.find('.');
    if (!is_name(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
  return false;
}

bool is_within(std::string_view path, std::string_view ancestor) {
  // No path is empty: an empty ancestor would otherwise contain whatever begins with a dot.
  if (ancestor.empty() || !path.starts_with(ancestor)) return false;
  return path.size() == ancestor.size() || path[ancestor.size()] == '.';
}

std::vector<std::string> self_and_ancestors(std::string_view path) {
  std::vector<std::string> paths;
  while (!path.empty()) {
    paths.emplace_back(path);
    const auto dot = path.rfind('.');
    path = path.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  return paths;
}

}  // namespace weft
