#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace weft {
namespace {

// `field: message` of each complaint, in order.
std::vector<std::string> complaints(Form& form) {
  const auto finished = form.finish();
  std::vector<std::string> texts;
  if (finished) return texts;
  EXPECT_EQ(finished.error().id, "form.invalid");
  EXPECT_EQ(finished.error().kind, ErrorKind::Invalid);
  for (const auto& [field, message] : finished.error().fields) texts.push_back(fmt::format("{}: {}", field, message));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Form, ReadsWhatIsThere) {
  const auto body = parse_json(R"({"name":"flights","title":"Flüge","count":3,"whole":2.0,"open":true,"at":"2026-03-01T12:30:00Z",
                                   "tags":["a","b"],"port":{"x":1},"columns":[1,2],"none":null})")
                        .value();
  Form form(body);
  EXPECT_EQ(form.required_text("name"), "flights");
  EXPECT_EQ(form.optional_text("title"), "Flüge");
  EXPECT_EQ(form.optional_integer("count", 1, 3), 3);
  EXPECT_EQ(form.optional_integer("whole", 0, 9), 2);
  EXPECT_EQ(form.optional_bool("open"), true);
  EXPECT_EQ(form.optional_time("at"), parse_rfc3339("2026-03-01T12:30:00Z").value());
  EXPECT_EQ(form.optional_text_list("tags", 2), (Texts{"a", "b"}));
  EXPECT_EQ(form.optional_object("port"), &body.at("port"));
  EXPECT_EQ(form.optional_array("columns", 2)->size(), 2U);
  EXPECT_TRUE(form.has("none"));
  EXPECT_FALSE(form.has("nothing"));
  EXPECT_EQ(form.optional_text("absent"), std::nullopt);
  EXPECT_EQ(form.optional_integer("absent", 0, 1), std::nullopt);
  EXPECT_EQ(form.optional_bool("absent"), std::nullopt);
  EXPECT_EQ(form.optional_time("absent"), std::nullopt);
  EXPECT_EQ(form.optional_text_list("absent", 1), Texts{});
  EXPECT_EQ(form.optional_object("absent"), nullptr);
  EXPECT_EQ(form.optional_array("absent", 1), nullptr);
  EXPECT_EQ(form.optional_text("none", {9, Form::Blank::Refused, Form::Null::None}), std::nullopt);
  EXPECT_EQ(form.optional_integer("none", 0, 1, Form::Null::None), std::nullopt);
  EXPECT_EQ(form.optional_time("none", Form::Null::None), std::nullopt);
  EXPECT_EQ(form.optional_object("none", Form::Null::None), nullptr);
  EXPECT_TRUE(form.finish());
}

TEST(Form, NullIsRefusedWhereNobodySaidWhatItMeans) {
  const auto body = parse_json(R"({"text":null,"number":null,"bool":null,"time":null,"object":null,"list":null,"array":null})").value();
  Form form(body);
  EXPECT_EQ(form.optional_text("text"), std::nullopt);
  EXPECT_EQ(form.optional_integer("number", 0, 1), std::nullopt);
  EXPECT_EQ(form.optional_bool("bool"), std::nullopt);
  EXPECT_EQ(form.optional_time("time"), std::nullopt);
  EXPECT_EQ(form.optional_object("object"), nullptr);
  EXPECT_EQ(form.optional_text_list("list", 9), Texts{});
  EXPECT_EQ(form.optional_array("array", 9), nullptr);
  const std::string complaint = "must not be null: leave it out where nothing is meant";
  const std::string of_lists = "must be a list, not null; [] is the empty one";
  EXPECT_EQ(complaints(form), (Texts{"text: " + complaint, "number: " + complaint, "bool: " + complaint, "time: " + complaint,
                                     "object: " + complaint, "list: " + of_lists, "array: " + of_lists}));
}

struct TextCase {
  std::string_view json;
  std::string_view complaint;  // empty: none
};

TEST(Form, TextIsCheckedTheSameEverywhere) {
  const TextCase cases[] = {
      {R"("x")", ""},
      {R"(" x ")", ""},
      {R"("123456789")", "must be at most 8 bytes long"},
      {R"("ääääx")", "must be at most 8 bytes long"},
      {R"("")", "must not be blank"},
      {R"(" \t\n")", "must not be blank"},
      {R"("\u00a0\u2003\u3000")", "must not be blank"},
      {R"("\u200b\ufeff")", "must not be blank"},
      {"1", "must be text"},
      {"true", "must be text"},
      {R"(["x"])", "must be text"},
      {R"({})", "must be text"},
  };
  const Form::TextLimits limits{8, Form::Blank::Refused};
  for (const auto& [text, complaint] : cases) {
    const auto body = parse_json(fmt::format(R"({{"a":{0},"b":{0},"c":[{0}]}})", text)).value();
    Form form(body);
    form.required_text("a", limits);
    form.optional_text("b", limits);
    form.optional_text_list("c", 9, limits);
    Texts expected;
    if (!complaint.empty())
      expected = {fmt::format("a: {}", complaint), fmt::format("b: {}", complaint), fmt::format("c[0]: {}", complaint)};
    EXPECT_EQ(complaints(form), expected) << text;
  }
  const auto blank = parse_json(R"({"a":" ","b":""})").value();
  Form form(blank);
  EXPECT_EQ(form.required_text("a", {8, Form::Blank::Allowed}), " ");
  EXPECT_EQ(form.optional_text("b", {8, Form::Blank::Allowed}), "");
  EXPECT_TRUE(form.finish());
}

TEST(Form, NumbersAreWholeAndWithinBounds) {
  for (const std::string_view text : {"0", "11", "-1", "1.5", "1e30", "\"5\"", "true", "18446744073709551615", "[5]"}) {
    const auto body = parse_json(fmt::format(R"({{"n":{}}})", text)).value();
    Form form(body);
    EXPECT_EQ(form.optional_integer("n", 1, 10), std::nullopt) << text;
    EXPECT_EQ(complaints(form), Texts{"n: must be a whole number from 1 to 10"}) << text;
  }
}

TEST(Form, EachTypeIsToldApart) {
  const auto body =
      parse_json(R"({"bool":1,"time":"yesterday","stamp":5,"list":"x","long":[1,2,3],"twice":["a","b","a"],"null":null})").value();
  Form form(body);
  EXPECT_EQ(form.optional_bool("bool"), std::nullopt);
  EXPECT_EQ(form.optional_time("time"), std::nullopt);
  EXPECT_EQ(form.optional_time("stamp"), std::nullopt);
  EXPECT_EQ(form.optional_array("list", 9), nullptr);
  EXPECT_EQ(form.optional_array("long", 2), nullptr);
  EXPECT_EQ(form.optional_text_list("twice", 9), Texts{});
  EXPECT_EQ(form.required_text("null"), "");
  EXPECT_EQ(form.required_text("gone"), "");
  const std::string time = "must be an RFC 3339 date and time with an offset, such as 2026-03-01T12:30:00Z";
  EXPECT_EQ(complaints(form),
            (Texts{"bool: must be true or false", "time: " + time, "stamp: " + time, "list: must be a list",
                   "long: must have at most 2 items", "twice: contains \"a\" more than once", "null: must be text", "gone: is required"}));
}

TEST(Form, UnknownFieldsAreComplaints) {
  const auto body = parse_json(R"({"name":"x","nmae":"y","z":null})").value();
  Form form(body);
  form.required_text("name");
  const Texts expected = {"nmae: is not a field of this form", "z: is not a field of this form"};
  EXPECT_EQ(complaints(form), expected);
  EXPECT_EQ(complaints(form), expected) << "asked again, it says the same";
}

TEST(Form, BodyMustBeAnObject) {
  for (const std::string_view text : {"[]", "null", "\"x\"", "1"}) {
    const auto body = parse_json(text).value();
    Form form(body);
    EXPECT_EQ(form.required_text("name"), "");
    EXPECT_EQ(form.optional_object("x"), nullptr);
    EXPECT_FALSE(form.has("name"));
    EXPECT_EQ(complaints(form), Texts{": the body must be a JSON object"}) << "and no more than that";
  }
}

TEST(Form, NestedFormsSayWhere) {
  const auto body = parse_json(R"({"ports":[{"name":"a"},{"name":"","x":1},7]})").value();
  Form form(body);
  const auto* const ports = form.optional_array("ports", 9);
  ASSERT_NE(ports, nullptr);
  for (std::size_t index = 0; index < ports->size(); ++index) {
    Form port((*ports)[index], fmt::format("ports[{}]", index));
    port.required_text("name");
    form.absorb(std::move(port));
  }
  EXPECT_EQ(complaints(form),
            (Texts{"ports[1].name: must not be blank", "ports[1].x: is not a field of this form", "ports[2]: must be an object"}));
}

TEST(Form, OneComplaintAField) {
  const auto body = parse_json(R"({"name":""})").value();
  Form form(body);
  form.required_text("name");
  form.complain("name", "must be a name");
  form.complain("other", "does not fit name");
  EXPECT_EQ(complaints(form), (Texts{"name: must not be blank", "other: does not fit name"}));
  EXPECT_EQ(form.finish().error().message, "name: must not be blank (and 1 more)");
}

TEST(Form, ComplaintsHaveBounds) {
  json::object object;
  for (int index = 0; index < 5000; ++index) object[fmt::format("{}{}", index, std::string(1000, 'x'))] = index;
  const json::value body = object;
  Form form(body);
  const auto finished = form.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().fields.size(), 100U);
  for (const auto& error : finished.error().fields) EXPECT_LT(error.field.size(), 300U);
}

}  // namespace
}  // namespace weft
