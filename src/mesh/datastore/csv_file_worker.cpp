#include "mesh/datastore/csv_file_worker.h"

#include <fstream>

#include "mesh/datastore/csv_shape.h"

namespace weft {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 256UL * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr auto kHint =
    "Mend the file: every line must have the same columns, and nothing else may stand in it. Or say in the store's coordinates how its "
    "files are written: csv.skip (lines before the table), csv.header, csv.delimiter, csv.quote.";

// What the owner said.
struct Said {
  std::optional<std::string> null, delimiter, quote;
  std::optional<std::int64_t> skip;
  std::optional<bool> header;
};

Said said_of(const json::object& says) {
  Said said;
  auto text = [&](std::string_view key, std::optional<std::string>& into) {
    if (const auto* value = says.if_contains(key); value != nullptr && value->is_string()) into = std::string(value->as_string());
  };
  text("null", said.null);
  text("delimiter", said.delimiter);
  text("quote", said.quote);
  if (const auto* skip = says.if_contains("skip"); skip != nullptr && skip->is_number()) said.skip = skip->to_number<std::int64_t>();
  if (const auto* header = says.if_contains("header"); header != nullptr && header->is_bool()) said.header = header->as_bool();
  if (said.delimiter && said.delimiter->empty()) said.delimiter.reset();
  return said;
}

// How the file is written, found by looking at all of it.
struct Found {
  std::string delimiter, quote, escape;
  std::int64_t skip = 0;
  bool header = false;
  std::vector<std::pair<std::string, std::string>> columns;  // name, type
  std::string formats;                                       // of dates and times, as options
};

std::unexpected<Error> refuse(const CsvFile& file, std::string_view why) {
  return fail(ErrorKind::Unprocessable, "data_store.unreadable", fmt::format("{} can't be read: {}.", file.name, why), kHint);
}

Error empty_table(const CsvFile& file) {
  return make_error(ErrorKind::Unprocessable, "data_store.empty_table",
                    fmt::format("{} is empty: it has neither columns nor rows.", file.name))
      .with_hint("It can be read once something was written to it; a first line with the columns' names is enough.");
}

// The sniffer's word for a character that the file does not use.
std::string dialect_character(const json::value& value) {
  const std::string text = value.is_string() ? std::string(value.as_string()) : std::string{};
  return text == "(empty)" ? std::string{} : text;
}

std::string option(std::string_view name, std::string_view text) { return fmt::format(", {} = {}", name, duck::quote_literal(text)); }

// Nothing that would pass over a line: no comments, no errors ignored, no short line filled up, no long one cut.
std::string strict_options(const Said& said) {
  std::string options = ", strict_mode = true, ignore_errors = false, null_padding = false, comment = ''";
  if (said.null) options += option("nullstr", *said.null);
  return options;
}

std::optional<char> first_of(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text[0]); }

bool is_packed(const CsvFile& file) { return file.path.extension() == ".gz" || file.path.extension() == ".zst"; }

template <typename Take>
void read_pieces(const fs::path& path, Take take) {
  std::ifstream stream(path, std::ios::binary);
  std::string piece(kPieceBytes, '\0');
  bool first = true;
  while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())), stream.gcount() > 0) {
    std::string_view bytes(piece.data(), static_cast<std::size_t>(stream.gcount()));
    if (std::exchange(first, false) && bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
    if (!take(bytes)) return;
  }
}

CsvShape shape_of(const CsvFile& file, const CsvDialect& dialect) {
  CsvScan scan(dialect);
  read_pieces(file.path, [&](std::string_view bytes) {
    scan.add(bytes);
    return true;
  });
  return scan.finish();
}

std::optional<char> guessed_delimiter(const CsvFile& file) {
  std::optional<char> guessed;
  read_pieces(file.path, [&](std::string_view bytes) {
    guessed = likely_delimiter(bytes);
    return false;
  });
  return guessed;
}

// With the blank ones behind those that the owner wants to be passed over.
std::int64_t lines_before_table(const CsvFile& file, std::int64_t skip) {
  std::int64_t lines = 0;
  bool blank = true;
  read_pieces(file.path, [&](std::string_view bytes) {
    for (const char byte : bytes) {
      if (byte != '\n' && byte != '\r') blank = blank && lines < skip;
      if (!blank) return false;
      if (byte == '\n') ++lines;
    }
    return true;
  });
  return lines;
}

Result<Found> sniff(duck::Connection& connection, const CsvFile& file, const Said& said, const std::string& quoting) {
  auto options = strict_options(said) + quoting;
  if (said.delimiter) options += option("delim", *said.delimiter);
  if (said.skip) options += fmt::format(", skip = {}", *said.skip);
  if (said.header) options += fmt::format(", header = {}", *said.header);
  auto cursor =
      TRY(connection.query(fmt::format("SELECT Delimiter, Quote, Escape, SkipRows, HasHeader, DateFormat, TimestampFormat, "
                                       "list_transform(Columns, c -> c.name), list_transform(Columns, c -> c.type) FROM sniff_csv({}, "
                                       "sample_size = -1{})",
                                       duck::quote_literal(file.path.string()), options)));
  const auto rows = TRY(cursor->rows());
  const auto& row = rows.at(0);
  Found found;
  found.delimiter = said.delimiter ? *said.delimiter : dialect_character(row[0]);
  found.quote = dialect_character(row[1]);
  found.escape = dialect_character(row[2]);
  found.skip = row[3].to_number<std::int64_t>();
  found.header = row[4].as_bool();
  if (row[5].is_string()) found.formats += option("dateformat", row[5].as_string());
  if (row[6].is_string()) found.formats += option("timestampformat", row[6].as_string());
  const auto& names = row[7].as_array();
  const auto& types = row[8].as_array();
  for (std::size_t i = 0; i < names.size(); ++i) found.columns.emplace_back(names[i].as_string(), types[i].as_string());
  return found;
}

CsvDialect dialect_of(const Found& found, const Said& said) {
  return {first_of(found.delimiter).value_or(','), first_of(found.quote), first_of(found.escape), said.skip.value_or(0)};
}

// As most such files are written: what else is wrong with this one is told by that.
CsvDialect usual_dialect(const CsvFile& file, const Said& said) {
  CsvDialect dialect;
  dialect.delimiter = said.delimiter ? said.delimiter->at(0) : guessed_delimiter(file).value_or(',');
  if (said.quote) dialect.quote = dialect.escape = first_of(*said.quote);
  dialect.skip = said.skip.value_or(0);
  return dialect;
}

// That DuckDB reads it so and that each line is a row of it are two things: it would take a file of ragged lines for one of
// a single column, or begin where they are no longer ragged.
Result<void> check_shape(const CsvFile& file, const Said& said, const Found& found) {
  const bool passes_over = found.skip > said.skip.value_or(0);
  const bool single = found.columns.size() == 1 && !said.delimiter;
  if (is_packed(file)) {
    if (passes_over) return refuse(file, fmt::format("its first {} lines have not the columns of the rest", found.skip));
    if (single && found.header && found.columns[0].first.find_first_of(",;\t|") != std::string::npos)
      return refuse(file, "its lines have not all the same number of columns");
    return {};
  }
  if (passes_over || (single && guessed_delimiter(file))) {
    auto why = explain_shape(shape_of(file, usual_dialect(file, said)));
    if (passes_over && why.empty()) why = fmt::format("its first {} lines have not the columns of the rest", found.skip);
    if (!why.empty()) return refuse(file, why);
  }
  const auto shape = shape_of(file, dialect_of(found, said));
  if (shape.records == 0) return fail(empty_table(file));
  if (auto why = explain_shape(shape); !why.empty()) return refuse(file, why);
  // Quotes that the sniffer gave up, since somewhere they are broken, would become part of the values everywhere.
  if (found.quote.empty() && shape.quoted_field && !said.quote) {
    const auto why = explain_shape(shape_of(file, usual_dialect(file, said)));
    return refuse(file, why.empty() ? fmt::format("the quotes, first in line {}, are not those of a CSV file", *shape.quoted_field) : why);
  }
  return {};
}

}  // namespace

Result<std::string> csv_relation(duck::Connection& connection, const CsvFile& file) {
  auto said = said_of(file.says);
  std::error_code failure;
  if (fs::file_size(file.path, failure) == 0 && !failure) return fail(empty_table(file));
  if (const auto lines = is_packed(file) ? 0 : lines_before_table(file, said.skip.value_or(0)); lines > 0) said.skip = lines;
  std::string quoting;
  if (said.quote) quoting = option("quote", *said.quote) + option("escape", *said.quote);
  auto sniffed = sniff(connection, file, said, quoting);
  if (!sniffed) {
    const bool of_text = sniffed.error().detail.find("nvalid unicode") != std::string::npos;  // DuckDB says the line
    if (is_packed(file) || of_text) return fail(sniffed.error());
    const auto why = explain_shape(shape_of(file, usual_dialect(file, said)));
    return why.empty() ? fail(sniffed.error()) : refuse(file, why);
  }
  auto& found = *sniffed;
  CHECK(check_shape(file, said, found));
  std::string columns;
  for (const auto& [name, type] : found.columns)
    columns += fmt::format("{}{}: {}", columns.empty() ? "" : ", ", duck::quote_literal(name), duck::quote_literal(type));
  // All of it is told, so that none of the reads that follow looks for itself. The sniffer's own ready-made call is not
  // used: it does not quote the names that stand in the file.
  return fmt::format("read_csv({}, auto_detect = false{}{}{}{}, skip = {}, header = {}, columns = {{{}}}{})",
                     duck::quote_literal(file.path.string()), strict_options(said), option("delim", found.delimiter),
                     option("quote", found.quote), option("escape", found.escape), found.skip, found.header, columns, found.formats);
}

}  // namespace weft
