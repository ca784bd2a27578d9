#include "cli/table.h"

#include <numeric>

namespace weft {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastWidth = 5;
constexpr std::string_view kCut = "…";

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

// The code point at the text's begin; a byte that begins none counts as U+FFFD.
CodePoint first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (bytes == 1 || text.size() < bytes) return {0xFFFD, 1};
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) return {0xFFFD, 1};
    value = (value << 6U) | (next & 0x3FU);
  }
  return {value, bytes};
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

// As terminals do: combining marks take none, East Asian wide characters and emoji two.
std::size_t width_of(char32_t c) {
  if ((c >= 0x300 && c <= 0x36F) || c == 0x200B || c == 0x200C || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F)) return 0;
  if ((c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
      (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD)) {
    return 2;
  }
  return 1;
}

std::string cut(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string result;
  std::size_t used = 0;
  while (!text.empty()) {
    const auto point = first_of(text);
    if (used + width_of(point.value) + 1 > width) break;
    used += width_of(point.value);
    result.append(text.substr(0, point.bytes));
    text.remove_prefix(point.bytes);
  }
  while (result.ends_with(' ')) result.pop_back();
  return result.append(kCut);
}

bool looks_like_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789+-.,eE%") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

void trim_end(std::string& text) {
  while (text.ends_with(' ')) text.pop_back();
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto point = first_of(text);
    if (is_control(point.value)) {
      result.push_back(' ');
    } else if (point.value == 0xFFFD && point.bytes == 1) {
      result.append("\xEF\xBF\xBD");
    } else {
      result.append(text.substr(0, point.bytes));
    }
    text.remove_prefix(point.bytes);
  }
  return result;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto point = first_of(text);
    width += width_of(point.value);
    text.remove_prefix(point.bytes);
  }
  return width;
}

void Table::add(std::vector<std::string> cells) {
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::render(std::optional<std::size_t> columns) const {
  std::vector<std::size_t> widths;
  std::vector<bool> numbers, whole;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    std::size_t width = display_width(titles_[i]);
    bool only_numbers = true, any = false;
    for (const auto& row : rows_) {
      width = std::max(width, display_width(row[i]));
      any = any || !row[i].empty();
      only_numbers = only_numbers && (row[i].empty() || looks_like_number(row[i]));
    }
    widths.push_back(width);
    numbers.push_back(any && only_numbers);
    whole.push_back(numbers.back() || titles_[i] == "ID");
  }
  auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + kGap * (widths.empty() ? 0 : widths.size() - 1);
  };
  while (columns && total() > *columns) {
    // The widest gives way, but never a number, half of which is another, nor an id, half of which is none.
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (!whole[i] && widths[i] > kLeastWidth && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == widths.size()) return render_blocks();
    --widths[widest];
  }
  std::string text;
  auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto cell = columns ? cut(cells[i], widths[i]) : cells[i];
      const std::string fill(widths[i] - display_width(cell), ' ');
      text += numbers[i] ? fill + cell : cell + fill;
      if (i + 1 < cells.size()) text.append(kGap, ' ');
    }
    trim_end(text);
    text.push_back('\n');
  };
  line(titles_);
  for (const auto& row : rows_) line(row);
  return text;
}

std::string Table::render_blocks() const {
  std::size_t title_width = 0;
  for (const auto& title : titles_) title_width = std::max(title_width, display_width(title));
  std::string text;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    if (row > 0) text.push_back('\n');
    for (std::size_t i = 0; i < titles_.size(); ++i) {
      text += titles_[i] + std::string(title_width - display_width(titles_[i]) + kGap, ' ');
      text += rows_[row][i];
      trim_end(text);
      text.push_back('\n');
    }
  }
  return text;
}

std::string render_fields(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, value.empty() ? 0 : name.size());
  std::string text;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) text += fmt::format("{:<{}}  {}\n", name + ":", width + 1, printable(value));
  }
  return text;
}

}  // namespace weft
