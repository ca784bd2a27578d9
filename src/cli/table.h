// Rows of text as a table that fits a terminal. Pure: what comes in may be anything that somebody wrote into a mesh, what
// goes out moves no cursor and changes no colour.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

class Table {
 public:
  explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}

  // REQUIRES: as many cells as titles.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }

  // A column of numbers stands to the right. With `columns`, cells are cut (`…`) so that a line fits, those of numbers and
  // of the title ID never; what has too many columns even for that is shown whole, as a block of lines a row. Without it, nothing is cut.
  [[nodiscard]] std::string render(std::optional<std::size_t> columns) const;

 private:
  [[nodiscard]] std::string render_blocks() const;

  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

// `name: value` lines with the values under one another; empty values are left out.
[[nodiscard]] std::string render_fields(const std::vector<std::pair<std::string, std::string>>& fields);

// The text on one line, control characters and what reverses the direction of writing taken out.
[[nodiscard]] std::string printable(std::string_view text);
// How many cells of a terminal printable text takes.
[[nodiscard]] std::size_t display_width(std::string_view text);

}  // namespace weft
