#include "mesh/product/product.h"

#include <gtest/gtest.h>

#include "mesh/product/profile.h"

namespace weft {
namespace {

json::value definition_json() {
  return json::parse(R"({"title":"Orders","description":"One row an order.","tags":["core"],
    "ingredients":[{"alias":"orders","element":"e1"},{"alias":"customers","product":"crm.emea/customers/all"}],
    "ports":[{"name":"orders","ingredient":"orders","columns":[{"source":"id"},{"source":"amount","name":"total","description":"In cents.","personal":"cleared"}]},
             {"name":"joined","sql":"SELECT 1","sample":"real"}],
    "rate":{"every":"1h"}})");
}

// The first field that is complained about once `path` is `value`; empty: none.
std::string complaint(const std::function<void(json::object&)>& change) {
  auto value = definition_json();
  change(value.as_object());
  const auto parsed = parse_product_definition(value);
  return parsed ? "" : parsed.error().fields.at(0).field;
}

json::object& port(json::object& definition, std::size_t i = 0) { return definition["ports"].as_array()[i].as_object(); }

TEST(ProductDefinitionTest, IsWrittenAsItWasRead) {
  const auto parsed = parse_product_definition(definition_json());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->ports[0].columns[0].name, "id");  // the source's, where it has no other
  EXPECT_EQ(parsed->ports[0].columns[1].name, "total");
  EXPECT_EQ(parsed->ports[0].columns[1].personal, Personal::Cleared);
  EXPECT_EQ(parsed->ports[0].sample, PublicSample::Masked);  // where nothing is said
  EXPECT_EQ(parsed->ports[1].sample, PublicSample::Real);
  const auto written = to_json(*parsed);
  const auto again = parse_product_definition(written);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), written);
  EXPECT_TRUE(parse_product_definition(json::object{}));  // a draft may be empty
}

TEST(ProductDefinitionTest, NamesTheFieldThatIsWrong) {
  const struct {
    std::function<void(json::object&)> change;
    std::string field;
  } cases[] = {
      {[](json::object&) {}, ""},
      {[](json::object& d) { d["titel"] = "x"; }, "titel"},
      {[](json::object& d) { d["title"] = std::string(201, 'x'); }, "title"},
      {[](json::object& d) { d["tags"] = json::array{"a", "a"}; }, "tags"},
      {[](json::object& d) { d["rate"] = "daily"; }, "rate"},
      {[](json::object& d) { port(d)["name"] = "Orders"; }, "ports[0].name"},
      {[](json::object& d) { port(d).erase("name"); }, "ports[0].name"},
      {[](json::object& d) { port(d, 1)["name"] = "orders"; }, "ports[1].name"},
      {[](json::object& d) { port(d)["sql"] = "SELECT 1"; }, "ports[0].ingredient"},
      {[](json::object& d) { port(d).erase("ingredient"); }, "ports[0].ingredient"},
      {[](json::object& d) { port(d)["sample"] = "all"; }, "ports[0].sample"},
      {[](json::object& d) { port(d)["columns"].as_array()[0].as_object()["personal"] = "yes"; }, "ports[0].columns[0].personal"},
      {[](json::object& d) { port(d)["columns"].as_array()[0].as_object().erase("source"); }, "ports[0].columns[0].source"},
      {[](json::object& d) { d["ports"] = json::array(33, json::object{}); }, "ports"},
      {[](json::object& d) { d["ingredients"].as_array()[1].as_object()["alias"] = "orders"; }, "ingredients[1].alias"},
      {[](json::object& d) { d["ingredients"].as_array()[1].as_object()["product"] = "crm/customers"; }, "ingredients[1].product"},
      {[](json::object& d) { d["ingredients"].as_array()[1].as_object()["element"] = "e2"; }, "ingredients[1].element"},
  };
  for (const auto& [change, field] : cases) {
    const auto found = complaint(change);
    EXPECT_TRUE(found == field || (!field.empty() && found.starts_with(field))) << found << " instead of " << field;
  }
}

TEST(PublishingTest, TellsEverythingThatIsMissingAtOnce) {
  auto fields = [](const ProductDefinition& definition) {
    std::vector<std::string> names;
    for (const auto& violation : publishing_violations(definition)) names.push_back(violation.field);
    return names;
  };
  EXPECT_EQ(fields({}), (std::vector<std::string>{"title", "description", "ports"}));
  auto definition = parse_product_definition(definition_json()).value();
  EXPECT_EQ(fields(definition), (std::vector<std::string>{}));
  definition.ports[0].ingredient = "nowhere";
  definition.ports[0].columns[1].name = "id";
  definition.description.clear();
  EXPECT_EQ(fields(definition), (std::vector<std::string>{"description", "ports[0].ingredient", "ports[0].columns[1].name"}));
}

TEST(ProductTest, IsSeenByAllWhilePublishedOrDeprecated) {
  const std::pair<ProductState, bool> cases[] = {
      {ProductState::Draft, false}, {ProductState::Published, true}, {ProductState::Deprecated, true}, {ProductState::Retired, false}};
  for (const auto& [state, seen] : cases) {
    Product product;
    product.state = state;
    EXPECT_EQ(product.visible_to_all(), seen) << to_text(state);
    EXPECT_EQ(parse_product_state(to_text(state)).value(), state);
  }
  EXPECT_EQ(parse_product_state("gone").error().id, "product.unknown_state");
  for (const auto sample : {PublicSample::None, PublicSample::Masked, PublicSample::Real})
    EXPECT_EQ(parse_public_sample(to_text(sample)), sample);
  EXPECT_EQ(parse_public_sample(""), std::nullopt);
}

TEST(ProfileTest, IsReadAsItWasWritten) {
  Profile profile;
  profile.rows = 4;
  profile.columns = {{"a", "BIGINT", 1, 3, 1, 9, {{1, 2}}}, {"b", "VARCHAR[]", 0, std::nullopt, nullptr, nullptr, {}}};
  const auto written = to_json(profile);
  EXPECT_EQ(written.at("columns").as_array()[0].at("null_share"), 0.25);
  const auto read = parse_profile(written);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read), written);
  EXPECT_EQ(to_json(Profile{0, {{"a", "BIGINT", 0, 0, nullptr, nullptr, {}}}}).at("columns").as_array()[0].at("null_share"), nullptr);
}

TEST(ProfileTest, TakesNothingElse) {
  for (const auto* text : {R"([])", R"({"rows":-1})", R"({"rows":1,"more":2})", R"({"columns":[{"name":"a"}]})", R"({"columns":[1]})",
                           R"({"columns":[{"name":"a","type":"BIGINT","top":[{"value":1,"count":"x"}]}]})"})
    EXPECT_FALSE(parse_profile(json::parse(text))) << text;
  const auto nested = parse_profile(json::parse(R"({"columns":[{"name":"a","type":"BIGINT","minimum":{"a":1}}]})"));
  ASSERT_TRUE(nested);
  EXPECT_EQ(nested->columns[0].minimum, nullptr);  // scalars only
}

}  // namespace
}  // namespace weft
