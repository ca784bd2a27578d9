// How many columns each line of a CSV file has: what a reader of rows would pass over, or could not make out, is found here
// and said by its line. Pure; knows nothing of values and types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

struct CsvDialect {
  char delimiter = ',';
  std::optional<char> quote = '"';
  std::optional<char> escape = '"';  // within quotes
  std::int64_t skip = 0;             // lines before the first record
};

struct CsvShape {
  std::int64_t records = 0;  // blank lines are none
  std::int64_t first_line = 0;
  std::size_t columns = 0;  // of the first record

  struct Odd {
    std::int64_t line = 0;
    std::size_t columns = 0;
  };
  // The first record with another number of columns. One more that is empty does not count: such lines end in a delimiter.
  std::optional<Odd> odd;
  std::int64_t odd_records = 0;

  std::optional<std::int64_t> open_quote;     // the line where a quote opens that nothing closes
  std::optional<std::int64_t> behind_quote;   // the first line where text stands behind a closing quote
  std::optional<std::int64_t> quoted_field;   // the first line where a field begins with `"`, whatever the dialect says
  std::optional<std::int64_t> other_newline;  // the first line that ends otherwise than the first one
};

// Takes the file in pieces of any size.
class CsvScan {
 public:
  explicit CsvScan(const CsvDialect& dialect) : dialect_(dialect) {}
  void add(std::string_view bytes);
  // REQUIRES: called once, after the last piece.
  [[nodiscard]] CsvShape finish();

 private:
  enum class At { FieldBegin, Plain, Quoted, Escaped, BehindQuote, BehindReturn };
  enum class Newline { Feed, Return, ReturnFeed };

  void take(char byte);
  void begin_field(char byte);
  void end_line(Newline newline);
  void end_record();

  CsvDialect dialect_;
  CsvShape shape_;
  At at_ = At::FieldBegin;
  std::int64_t line_ = 1;         // of the byte at hand
  std::int64_t record_line_ = 1;  // where the record begins
  std::int64_t quote_line_ = 0;
  std::size_t delimiters_ = 0;  // of the record
  bool blank_ = true;           // the record has no byte yet
  bool field_empty_ = true;
  std::optional<Newline> newline_;
};

// The delimiter by which most lines of a file's beginning have the same number of columns, more than one.
[[nodiscard]] std::optional<char> likely_delimiter(std::string_view beginning);

// What is wrong, for the file's owner, such as `line 1 has 1 column and line 2 has 3`; empty: nothing. Quotes are spoken of
// where the dialect has them.
[[nodiscard]] std::string explain_shape(const CsvShape& shape);

}  // namespace weft
