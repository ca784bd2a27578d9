#include <gtest/gtest.h>

#include "mesh/datastore/postgres_type_worker.h"

namespace weft {
namespace {

int modifier(int precision, int scale) { return (precision << 16 | (scale & 0x7ff)) + 4; }

TEST(PostgresType, TravelsWithoutChange) {
  using Kind = PostgresColumn::Kind;
  struct Case {
    const char* type;
    Kind kind;
    int modifier, dimensions;
    const char *becomes, *asked;
  };
  const Case cases[] = {
      {"int4", Kind::Base, -1, 0, "INTEGER", "\"a\"\"b\""},
      {"numeric", Kind::Base, -1, 0, "VARCHAR", "\"a\"\"b\"::pg_catalog.text"},
      {"numeric", Kind::Base, modifier(38, 0), 0, "DECIMAL(38,0)", "\"a\"\"b\""},
      {"numeric", Kind::Base, modifier(10, 2), 0, "DECIMAL(10,2)", "\"a\"\"b\""},
      {"numeric", Kind::Base, modifier(39, 2), 0, "VARCHAR", "\"a\"\"b\"::pg_catalog.text"},
      {"numeric", Kind::Base, modifier(3, 5), 0, "VARCHAR", "\"a\"\"b\"::pg_catalog.text"},
      {"numeric", Kind::Base, modifier(3, -2), 0, "VARCHAR", "\"a\"\"b\"::pg_catalog.text"},
      {"bpchar", Kind::Base, 9, 0, "VARCHAR", "\"a\"\"b\"::pg_catalog.text"},
      {"interval", Kind::Base, -1, 0, "VARCHAR", "\"a\"\"b\"::pg_catalog.text"},
      {"int4", Kind::Other, -1, 0, "VARCHAR", "\"a\"\"b\"::pg_catalog.text"},  // an enum of that name
      {"", Kind::Base, -1, 0, "VARCHAR", "\"a\"\"b\"::pg_catalog.text"},       // an extension's type
      {"", Kind::Composite, -1, 0, "JSON", "pg_catalog.to_json(\"a\"\"b\")"},
      {"jsonb", Kind::Base, -1, 0, "JSON", "\"a\"\"b\""},
      {"int8", Kind::Base, -1, 1, "BIGINT[]", "pg_catalog.array_to_json(\"a\"\"b\"::pg_catalog.text[])"},
      {"numeric", Kind::Base, modifier(5, 1), 1, "DECIMAL(5,1)[]", "pg_catalog.array_to_json(\"a\"\"b\"::pg_catalog.text[])"},
      {"int8", Kind::Base, -1, 2, "JSON", "pg_catalog.to_json(\"a\"\"b\")"},
      {"jsonb", Kind::Base, -1, 1, "JSON", "pg_catalog.to_json(\"a\"\"b\")"},
      {"bytea", Kind::Base, -1, 1, "JSON", "pg_catalog.to_json(\"a\"\"b\")"},
  };
  for (const auto& [type, kind, modifier, dimensions, becomes, asked] : cases) {
    SCOPED_TRACE(std::string(type) + " " + std::to_string(modifier) + " " + std::to_string(dimensions));
    const auto travel = travel_of({"a\"b", "", type, kind, modifier, dimensions}, "c0");
    EXPECT_EQ(travel.type, becomes);
    EXPECT_EQ(travel.asked, asked);
  }
}

}  // namespace
}  // namespace weft
