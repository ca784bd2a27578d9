#include "mesh/element/element.h"

#include <gtest/gtest.h>

#include "mesh/element/map_table.h"
#include "mesh/element/suspect_personal.h"

namespace weft {
namespace {

TEST(ElementTest, HasWordsForEverythingAndBack) {
  for (const auto category : {Category::Foundational, Category::ValueAdded, Category::Aggregated})
    EXPECT_EQ(parse_category(to_text(category)).value(), category);
  EXPECT_FALSE(parse_category("raw"));
  const std::pair<Personal, bool> kinds[] = {
      {Personal::No, false}, {Personal::Suspected, true}, {Personal::Confirmed, true}, {Personal::Cleared, false}};
  for (const auto& [personal, withheld] : kinds) {
    EXPECT_EQ(parse_personal(to_text(personal)), personal);
    EXPECT_EQ(is_personal(personal), withheld) << to_text(personal);
  }
  EXPECT_EQ(parse_personal("maybe"), std::nullopt);
}

TEST(ElementTest, ATableGivesItsElementAName) {
  const std::pair<const char*, std::string> cases[] = {{"flights.csv", "flights"},
                                                       {"Flights 2013.csv.gz", "flights_2013"},
                                                       {"2013.csv", "t_2013"},
                                                       {"_x", "t__x"},
                                                       {"", "t_"},
                                                       {"Grüße.csv", "gr____e"},
                                                       {"a-b.parquet", "a_b"},
                                                       {".hidden", "t_"}};
  for (const auto& [table, name] : cases) {
    EXPECT_EQ(element_name_from(DataStoreType::Folder, table), name) << table;
    EXPECT_TRUE(is_name(element_name_from(DataStoreType::Folder, table))) << table;
  }
  EXPECT_EQ(element_name_from(DataStoreType::Postgres, "orders.2023"), "orders_2023");
  EXPECT_EQ(element_name_from(DataStoreType::Sqlite, "Orders.2024"), "orders_2024");
  EXPECT_TRUE(is_name(element_name_from(DataStoreType::Folder, std::string(300, 'x'))));
}

TEST(IngredientTest, IsAnElementOrAPortByItsAlias) {
  const struct {
    const char* text;
    std::string field;  // that is complained about; empty: none
  } cases[] = {
      {R"([{"alias":"a","element":"e"},{"alias":"b","product":"sales.emea/orders/all"}])", ""},
      {R"([])", ""},
      {R"([{"element":"e"}])", "ingredients[0].alias"},
      {R"([{"alias":"A","element":"e"}])", "ingredients[0].alias"},
      {R"([{"alias":"a"}])", "ingredients[0].element"},
      {R"([{"alias":"a","element":"e","product":"a/b/c"}])", "ingredients[0].element"},
      {R"([{"alias":"a","product":"sales/orders"}])", "ingredients[0].product"},
      {R"([{"alias":"a","product":"sales/orders/all/more"}])", "ingredients[0].product"},
      {R"([{"alias":"a","product":"Sales/orders/all"}])", "ingredients[0].product"},
      {R"([{"alias":"a","product":"sales//all"}])", "ingredients[0].product"},
      {R"([{"alias":"a","element":"e"},{"alias":"a","element":"f"}])", "ingredients[1].alias"},
      {R"([1])", "ingredients[0]"},
  };
  for (const auto& [text, field] : cases) {
    const json::value value = json::object{{"ingredients", json::parse(text)}};
    Form form(value);
    const auto ingredients = read_ingredients(form, "ingredients");
    const auto finished = form.finish();
    const auto found = finished ? std::string() : finished.error().fields.at(0).field;
    EXPECT_TRUE(field.empty() ? found.empty() : found.starts_with(field)) << text << ": " << found;
    if (finished) {
      EXPECT_EQ(to_json(ingredients), value.at("ingredients"));
    }
  }
}

TEST(SuspectPersonalTest, LooksAtNamesAndTypes) {
  const struct {
    const char *column, *type;
    int confidence;  // 0: nothing speaks for it
  } cases[] = {
      {"email", "VARCHAR", 95},
      {"contactEMail", "VARCHAR", 95},
      {"work_e_mail", "VARCHAR", 95},
      {"email_sent", "BOOLEAN", 0},
      {"homePhone", "VARCHAR", 90},
      {"saxophone", "VARCHAR", 0},
      {"phone-2", "VARCHAR", 90},
      {"dob", "DATE", 90},
      {"adobe", "VARCHAR", 0},
      {"birth_year", "INTEGER", 90},
      {"IBAN", "VARCHAR", 95},
      {"urbanization", "DOUBLE", 0},
      {"First Name", "VARCHAR", 90},
      {"name", "VARCHAR", 0},
      {"carrier", "VARCHAR", 0},
      {"ip_address", "VARCHAR", 70},
      {"", "VARCHAR", 0},
  };
  for (const auto& [column, type, confidence] : cases) {
    const auto suspicion = suspect_personal(column, type);
    EXPECT_EQ(suspicion ? suspicion->confidence : 0, confidence) << column;
    if (suspicion) {
      EXPECT_TRUE(suspicion->why.starts_with("its name looks like ")) << suspicion->why;
    }
  }
}

}  // namespace
}  // namespace weft
