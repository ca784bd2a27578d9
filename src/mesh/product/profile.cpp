#include "mesh/product/profile.h"

namespace weft {

namespace {

constexpr std::size_t kMaxProfiledColumns = 10'000;
constexpr std::size_t kMaxTop = 100;

// Scalars only: a profile is read from a worker that met foreign values.
json::value scalar_of(const json::value* value) { return value == nullptr || value->is_structured() ? json::value(nullptr) : *value; }

ColumnStatistics parse_column(const json::value& value, Form& parent) {
  Form form(value, "columns");
  ColumnStatistics column;
  column.name = form.required_text("name", {4096, Form::Blank::Allowed});
  column.type = form.required_text("type", {64 * 1024});
  column.nulls = form.optional_integer("nulls", 0, INT64_MAX).value_or(0);
  column.distinct = form.optional_integer("distinct", 0, INT64_MAX, Form::Null::None);
  column.minimum = scalar_of(form.optional_object("minimum", Form::Null::None));
  column.maximum = scalar_of(form.optional_object("maximum", Form::Null::None));
  (void)form.optional_object("null_share", Form::Null::None);  // follows from the counts
  const auto* top = form.optional_array("top", kMaxTop);
  for (std::size_t i = 0; top != nullptr && i < top->size(); ++i) {
    Form nested((*top)[i], "top");
    FrequentValue frequent;
    frequent.value = scalar_of(nested.optional_object("value", Form::Null::None));
    frequent.count = nested.optional_integer("count", 0, INT64_MAX).value_or(0);
    form.absorb(std::move(nested));
    column.top.push_back(std::move(frequent));
  }
  parent.absorb(std::move(form));
  return column;
}

}  // namespace

json::object to_json(const Profile& profile) {
  json::array columns;
  for (const auto& column : profile.columns) {
    json::array top;
    for (const auto& frequent : column.top) top.push_back(json::object{{"value", frequent.value}, {"count", frequent.count}});
    json::value share = nullptr;
    if (profile.rows > 0) share = static_cast<double>(column.nulls) / static_cast<double>(profile.rows);
    columns.push_back(json::object{{"name", column.name},
                                   {"type", column.type},
                                   {"nulls", column.nulls},
                                   {"null_share", std::move(share)},
                                   {"distinct", column.distinct ? json::value(*column.distinct) : json::value(nullptr)},
                                   {"minimum", column.minimum},
                                   {"maximum", column.maximum},
                                   {"top", std::move(top)}});
  }
  return json::object{{"rows", profile.rows}, {"columns", std::move(columns)}};
}

Result<Profile> parse_profile(const json::value& value) {
  Form form(value);
  Profile profile;
  profile.rows = form.optional_integer("rows", 0, INT64_MAX).value_or(0);
  if (const auto* columns = form.optional_array("columns", kMaxProfiledColumns)) {
    for (const auto& column : *columns) profile.columns.push_back(parse_column(column, form));
  }
  CHECK(form.finish());
  return profile;
}

}  // namespace weft
