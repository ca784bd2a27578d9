#include "mesh/datastore/csv_shape.h"

#include <fmt/format.h>

#include <map>

namespace weft {

namespace {

constexpr std::string_view kDelimiters = ",;\t|";
constexpr char kUsualQuote = '"';

std::string columns_text(std::size_t columns) { return columns == 1 ? "1 column" : fmt::format("{} columns", columns); }

// How many columns the lines have, line breaks within quotes left aside: for a guess only.
std::map<std::size_t, std::int64_t> column_counts(std::string_view text, char delimiter) {
  std::map<std::size_t, std::int64_t> counts;
  std::size_t columns = 1;
  bool quoted = false, blank = true;
  for (const char byte : text) {
    if (byte == '\n' || byte == '\r') {
      if (!quoted && !blank) ++counts[columns];
      if (quoted) continue;
      columns = 1;
      blank = true;
      continue;
    }
    blank = false;
    if (byte == kUsualQuote) quoted = !quoted;
    if (byte == delimiter && !quoted) ++columns;
  }
  if (!blank && counts.empty()) ++counts[columns];
  return counts;
}

}  // namespace

void CsvScan::add(std::string_view bytes) {
  for (const char byte : bytes) take(byte);
}

void CsvScan::take(char byte) {
  if (at_ == At::BehindReturn) {
    end_line(byte == '\n' ? Newline::ReturnFeed : Newline::Return);
    if (byte == '\n') return;
  }
  if (at_ == At::Escaped) {
    at_ = At::Quoted;
    line_ += byte == '\n' ? 1 : 0;
    return;
  }
  if (at_ == At::Quoted) {
    if (byte == '\n') ++line_;
    if (dialect_.escape && byte == *dialect_.escape && dialect_.escape != dialect_.quote) {
      at_ = At::Escaped;
    } else if (byte == *dialect_.quote) {
      at_ = At::BehindQuote;
    }
    return;
  }
  if (byte == '\r') {
    at_ = At::BehindReturn;
    return;
  }
  if (byte == '\n') return end_line(Newline::Feed);
  if (line_ <= dialect_.skip) return;
  blank_ = false;
  if (byte == dialect_.delimiter) {
    ++delimiters_;
    field_empty_ = true;
    at_ = At::FieldBegin;
  } else if (at_ == At::FieldBegin) {
    begin_field(byte);
  } else if (at_ == At::BehindQuote && byte != ' ') {
    if (byte == dialect_.quote && dialect_.escape == dialect_.quote) {
      at_ = At::Quoted;  // it stood for itself
    } else {
      if (!shape_.behind_quote) shape_.behind_quote = line_;
      at_ = At::Plain;
    }
  }
}

void CsvScan::begin_field(char byte) {
  field_empty_ = false;
  if (byte == ' ') return;  // a quote may still follow
  if (byte == kUsualQuote && !shape_.quoted_field) shape_.quoted_field = line_;
  at_ = At::Plain;
  if (byte != dialect_.quote) return;
  at_ = At::Quoted;
  quote_line_ = line_;
}

void CsvScan::end_line(Newline newline) {
  if (!newline_) newline_ = newline;
  if (*newline_ != newline && !shape_.other_newline) shape_.other_newline = line_;
  end_record();
  ++line_;
  record_line_ = line_;
}

void CsvScan::end_record() {
  if (!blank_) {
    const auto columns = delimiters_ + 1;
    if (shape_.records++ == 0) {
      shape_.columns = columns;
      shape_.first_line = record_line_;
    } else if (columns != shape_.columns && !(columns == shape_.columns + 1 && field_empty_)) {
      if (!shape_.odd) shape_.odd = CsvShape::Odd{record_line_, columns};
      ++shape_.odd_records;
    }
  }
  at_ = At::FieldBegin;
  delimiters_ = 0;
  blank_ = true;
  field_empty_ = true;
}

CsvShape CsvScan::finish() {
  if (at_ == At::Quoted || at_ == At::Escaped) shape_.open_quote = quote_line_;
  if (at_ == At::BehindReturn) {
    end_line(Newline::Return);
  } else {
    end_record();
  }
  return shape_;
}

std::optional<char> likely_delimiter(std::string_view beginning) {
  // The last line may have been cut.
  if (const auto end = beginning.rfind('\n'); end != std::string_view::npos) beginning = beginning.substr(0, end + 1);
  std::optional<char> likely;
  double best = 0.5;  // of the lines, at least
  for (const char delimiter : kDelimiters) {
    std::int64_t lines = 0, most = 0;
    for (const auto& [columns, count] : column_counts(beginning, delimiter)) {
      lines += count;
      if (columns > 1) most = std::max(most, count);
    }
    const auto share = lines == 0 ? 0.0 : static_cast<double>(most) / static_cast<double>(lines);
    if (share < best || (share == best && likely)) continue;
    best = share;
    likely = delimiter;
  }
  return likely;
}

std::string explain_shape(const CsvShape& shape) {
  if (shape.open_quote) return fmt::format("a quote that opens in line {} is not closed", *shape.open_quote);
  if (shape.behind_quote) return fmt::format("in line {} text stands behind a closing quote", *shape.behind_quote);
  if (shape.odd) {
    auto text = fmt::format("line {} has {} and line {} has {}", shape.first_line, columns_text(shape.columns), shape.odd->line,
                            columns_text(shape.odd->columns));
    if (shape.odd_records > 1) text += fmt::format("; {} lines differ from line {} in all", shape.odd_records, shape.first_line);
    return text;
  }
  if (shape.other_newline) return fmt::format("line {} ends in another line break than the lines before", *shape.other_newline);
  return {};
}

}  // namespace weft
