// How values of PostgreSQL's types travel: what PostgreSQL makes of them (text), and what DuckDB makes of that. Nothing is
// changed in silence: what DuckDB has no type for stays the text that PostgreSQL itself shows. Pure.
#pragma once

#include <string>
#include <string_view>

namespace weft {

// A column as pg_catalog tells of it; domains are followed to the type below.
struct PostgresColumn {
  std::string name;
  std::string native_type;  // as declared: `numeric(10,2)`, `mood[]`
  std::string type;         // pg_type's name of the type, of an array's elements if it is one; empty unless it is PostgreSQL's own
  enum class Kind { Base, Composite, Other } kind = Kind::Base;
  int modifier = -1;   // atttypmod
  int dimensions = 0;  // 0: no array; else at least 1, as declared
};

struct PostgresTravel {
  std::string type;         // DuckDB's words
  std::string asked;        // PostgreSQL's expression over the column, whose output travels
  std::string read;         // DuckDB's expression that makes `type` of the text that came
  std::string compared_as;  // PostgreSQL's type in which least and greatest make sense; empty: in none
};

// `text`: DuckDB's name for the text that came.
[[nodiscard]] PostgresTravel travel_of(const PostgresColumn& column, std::string_view text);

// Of what DuckDB says of a failed read, the words that are ours (see travel_of); empty: there are none. All else may quote
// a value.
[[nodiscard]] std::string own_refusal_in(std::string_view failure);

[[nodiscard]] std::string quote_postgres(std::string_view identifier);  // "na""me"

}  // namespace weft
