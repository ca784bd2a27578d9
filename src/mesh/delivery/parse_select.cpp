// select= and order=: the lists of columns.
#include "base/ascii.h"
#include "mesh/delivery/read_grammar.h"
#include "mesh/delivery/text_cursor.h"

namespace weft {

namespace {

std::unexpected<Error> embedding(std::string_view name) {
  return fail(ErrorKind::Invalid, "data.embedding",
              fmt::format("Could not find a relationship to '{}': a port has none, embedding is not supported", shorten(name, 80)),
              "Read the other port by itself, or publish a port that joins the two.");
}

std::unexpected<Error> aggregate() {
  return fail(ErrorKind::Invalid, "data.aggregate", "Use of aggregate functions is not allowed",
              "For a number of rows use the header Prefer: count=exact.");
}

Result<SelectItem> take_select_item(TextCursor& cursor) {
  SelectItem item;
  cursor.skip_blanks();
  if (cursor.take("*")) {
    cursor.skip_blanks();
    return item;
  }
  if (cursor.take("...")) return embedding(cursor.take_until("(!"));
  item.column = TRY(take_name(cursor));
  if (cursor.peek() == ':' && !cursor.at("::")) {
    cursor.take(":");
    item.alias = std::move(item.column);
    item.column = TRY(take_name(cursor));
  }
  CHECK(refuse_json_path(cursor));
  if (cursor.at("(")) {
    if (item.column == "count") return aggregate();
    return embedding(item.column);
  }
  if (cursor.at("!")) return embedding(item.column);
  if (cursor.take("::")) {
    item.cast += lower_case(trim(cursor.take_until(kNameEnd)));
    if (item.cast.empty()) return cursor.fail_here("a type");
  }
  for (const std::string_view function : {".sum()", ".avg()", ".count()", ".max()", ".min()"}) {
    if (cursor.at(function)) return aggregate();
  }
  cursor.skip_blanks();
  return item;
}

}  // namespace

Result<std::vector<SelectItem>> parse_select(std::string_view text) {
  TextCursor cursor(text, "select");
  std::vector<SelectItem> items;
  do {
    items.push_back(TRY(take_select_item(cursor)));
    if (items.size() > kMaxSelectItems) {
      return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("select has more than {} items.", kMaxSelectItems));
    }
  } while (cursor.take(","));
  if (!cursor.at_end()) return cursor.fail_here("',' or the end", std::string(kQuoteHint));
  return items;
}

Result<std::vector<OrderKey>> parse_order(std::string_view text) {
  TextCursor cursor(text, "order");
  std::vector<OrderKey> keys;
  do {
    OrderKey key;
    key.column = TRY(take_name(cursor));
    CHECK(refuse_json_path(cursor));
    if (cursor.at("(")) return embedding(key.column);
    if (cursor.take(".asc")) {
      key.direction = Direction::Ascending;
    } else if (cursor.take(".desc")) {
      key.direction = Direction::Descending;
    }
    if (cursor.take(".nullsfirst")) {
      key.nulls = Nulls::First;
    } else if (cursor.take(".nullslast")) {
      key.nulls = Nulls::Last;
    }
    cursor.skip_blanks();
    if (!cursor.at_end() && cursor.peek() != ',') {
      return cursor.fail_here("',', .asc, .desc, .nullsfirst or .nullslast", "An order is written order=month.desc.nullslast,day.");
    }
    keys.push_back(std::move(key));
    if (keys.size() > kMaxOrderKeys) {
      return fail(ErrorKind::Invalid, "data.limit_exceeded", fmt::format("order has more than {} columns.", kMaxOrderKeys));
    }
  } while (cursor.take(","));
  return keys;
}

}  // namespace weft
