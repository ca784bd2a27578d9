#include "platform/duck/failure.h"

#include <array>
#include <string_view>
#include <utility>

namespace weft::duck {
namespace {

struct KnownError {
  duckdb_error_type type;
  std::string_view opening;  // how DuckDB's text begins
  ErrorKind kind;
  std::string_view id;
  std::string_view message;
  std::string_view hint;
};

constexpr std::string_view kCheckValues = "Check the values that are cast or compared.";
constexpr std::string_view kNarrow = "Read fewer rows or columns, or group by fewer keys.";

constexpr auto kKnownErrors = std::to_array<KnownError>({
    {DUCKDB_ERROR_PARSER, "Parser Error", ErrorKind::Invalid, "query.parser", "The SQL could not be parsed.", ""},
    {DUCKDB_ERROR_SYNTAX, "Syntax Error", ErrorKind::Invalid, "query.parser", "The SQL could not be parsed.", ""},
    {DUCKDB_ERROR_BINDER, "Binder Error", ErrorKind::Invalid, "query.binder",
     "The SQL names a column or function that does not exist, or uses one with the wrong types.", ""},
    {DUCKDB_ERROR_CATALOG, "Catalog Error", ErrorKind::Invalid, "query.binder",
     "The SQL names a table, type or function that does not exist.", ""},
    {DUCKDB_ERROR_CONVERSION, "Conversion Error", ErrorKind::Invalid, "query.conversion",
     "A value could not be converted to the type that the query asks for.", kCheckValues},
    {DUCKDB_ERROR_MISMATCH_TYPE, "Mismatch Type Error", ErrorKind::Invalid, "query.conversion",
     "A value does not have the type that the query asks for.", kCheckValues},
    {DUCKDB_ERROR_OUT_OF_RANGE, "Out of Range Error", ErrorKind::Invalid, "query.out_of_range", "A value is outside the range of its type.",
     kCheckValues},
    {DUCKDB_ERROR_DIVIDE_BY_ZERO, "Divide by Zero Error", ErrorKind::Invalid, "query.out_of_range", "The query divides by zero.", ""},
    {DUCKDB_ERROR_INVALID_INPUT, "Invalid Input Error", ErrorKind::Invalid, "query.invalid_input",
     "The query was given a value that it can't work with.", kCheckValues},
    {DUCKDB_ERROR_PARAMETER_NOT_RESOLVED, "Parameter Not Resolved Error", ErrorKind::Invalid, "query.binder",
     "The type of a parameter could not be told.", "Cast the parameter."},
    {DUCKDB_ERROR_NOT_IMPLEMENTED, "Not implemented Error", ErrorKind::Invalid, "query.not_implemented",
     "The SQL asks for something that DuckDB can't do.", "Write it another way, or cast the column."},
    {DUCKDB_ERROR_PERMISSION, "Permission Error", ErrorKind::Denied, "query.denied", "The query opens something that it may not open.",
     "Read the tables that are offered."},
    {DUCKDB_ERROR_OUT_OF_MEMORY, "Out of Memory Error", ErrorKind::Unprocessable, "query.memory",
     "The query needs more memory than it may have.", kNarrow},
    {DUCKDB_ERROR_INTERRUPT, "INTERRUPT Error", ErrorKind::Timeout, "query.interrupted", "The query was stopped.", kNarrow},
});

constexpr std::string_view kFailed = "The query failed.";

Error known_error(const KnownError& known, std::string text) {
  return make_error(known.kind, std::string(known.id), std::string(known.message))
      .with_hint(std::string(known.hint))
      .with_detail(std::move(text));
}

Error unknown_error(std::string text) {
  return make_error(ErrorKind::Internal, "query.failed", std::string(kFailed)).with_detail(std::move(text));
}

}  // namespace

Error query_error(duckdb_error_type type, std::string text) {
  for (const auto& known : kKnownErrors) {
    if (known.type == type) return known_error(known, std::move(text));
  }
  return unknown_error(std::move(text));
}

Error query_error(std::string text) {
  for (const auto& known : kKnownErrors) {
    if (text.starts_with(known.opening)) return known_error(known, std::move(text));
  }
  return unknown_error(std::move(text));
}

}  // namespace weft::duck
