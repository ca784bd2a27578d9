#include "mesh/subscription/settled_limits.h"

#include <gtest/gtest.h>

namespace weft {

namespace {

using Names = std::vector<std::string>;
using Ports = std::map<std::string, Provenance>;

// `t.x`: a column of a table; `t.*`: any.
BaseColumns of(const Names& columns) {
  BaseColumns sources;
  for (const auto& column : columns) sources.insert({column.substr(0, 1), column.substr(2)});
  return sources;
}

ColumnProvenance plain(std::string name, const std::string& source) {
  return {std::move(name), "VARCHAR", source, "", of({source}), {}, of({source})};
}
// `same`: of its sources those that go by its name.
ColumnProvenance computed(std::string name, std::string way, const Names& sources, const Names& same = {}) {
  return {std::move(name), "VARCHAR", std::move(way), "", of(sources), {}, of(same)};
}
ColumnProvenance open(std::string name, std::string way, const Names& sources, const Names& same = {}) {
  return {std::move(name), "VARCHAR", std::move(way), "", {}, of(sources), of(same)};
}

// The names that are hidden at a port later, besides those that were decided on.
Names hidden_later(const Names& names, const Ports& then, const std::vector<ColumnProvenance>& now) {
  auto hidden = hidden_columns(settle_limits(names, then), names, {now});
  return {hidden.begin() + static_cast<std::ptrdiff_t>(names.size()), hidden.end()};
}

struct Case {
  const char* what;
  Ports then;
  std::vector<ColumnProvenance> now;
  Names hidden;
};

TEST(SettledLimits, HideMail) {
  const ColumnProvenance mail = plain("mail", "t.mail"), age = plain("age", "t.age");
  const std::vector<Case> cases{
      {"as it was", {{"p", {{mail, age}}}}, {mail, age}, {}},
      {"in other letters", {{"p", {{plain("MAIL", "t.mail"), age}}}}, {plain("Mail", "t.mail"), age}, {}},
      {"under another name", {{"p", {{mail, age}}}}, {plain("contact", "t.mail"), age}, {"contact"}},
      {"its name for another", {{"p", {{mail, age}}}}, {plain("mail", "t.age"), plain("age", "t.mail")}, {"age"}},
      {"what is made of it", {{"p", {{mail, age}}}}, {computed("letters", "length(mail)", {"t.mail"}), age}, {"letters"}},
      {"of it and others", {{"p", {{mail, age}}}}, {computed("all", "mail||age", {"t.age", "t.mail"})}, {"all"}},
      {"what is made of others", {{"p", {{mail, age}}}}, {computed("old", "age>60", {"t.age"}), plain("city", "t.city")}, {}},
      {"of another table", {{"p", {{mail, age}}}}, {plain("contact", "u.mail")}, {}},
      {"open", {{"p", {{mail, age}}}}, {open("x", "way", {"t.*"}), open("y", "other", {"u.*"})}, {"x"}},
      {"open of named ones", {{"p", {{mail, age}}}}, {open("x", "way", {"t.mail", "t.age"})}, {"x"}},
      {"beside it, under two names", {{"p", {{mail, plain("contact", "t.mail"), age}}}}, {plain("contact", "t.mail"), age}, {"contact"}},
      {"in another port",
       {{"p", {{mail}}}, {"q", {{computed("loud", "upper(mail)", {"t.mail"}), age}}}},
       {computed("loud", "upper(mail)", {"t.mail"}), age},
       {"loud"}},
      // A hidden column that is computed: what it is computed from was seen.
      {"computed, beside its source",
       {{"p", {{computed("mail", "name||'@'", {"t.name"}), plain("name", "t.name")}}}},
       {plain("name", "t.name")},
       {}},
      {"computed, its source unseen", {{"p", {{computed("mail", "name||'@'", {"t.name"}), age}}}}, {plain("name", "t.name")}, {"name"}},
      {"computed otherwise than what was seen",
       {{"p", {{mail, computed("b", "age>60", {"t.age"})}}}},
       {computed("b", "age*2", {"t.age"})},
       {}},
      {"computed into what was hidden",
       {{"p", {{computed("mail", "age*2", {"t.age"}), computed("b", "age>60", {"t.age"})}}}},
       {computed("b", "age+age", {"t.age"})},
       {"b"}},
      // Where the SQL leaves it open.
      {"open, beside it",
       {{"p", {{open("mail", "w1", {"t.*"}, {"t.mail"}), open("age", "w2", {"t.*"}, {"t.age"})}}}},
       {open("mail", "w1", {"t.*"}), open("age", "w2", {"t.*"})},
       {"age"}},
      {"open, its likely source alone",
       {{"p", {{open("mail", "w1", {"t.*"}, {"t.mail"})}}}},
       {plain("contact", "t.mail"), age},
       {"contact"}},
      {"open, perhaps each of them", {{"p", {{open("mail", "w1", {"t.*"}, {"t.*"})}}}}, {age, plain("x", "u.x")}, {"age"}},
      {"computed, it is open of what", {{"p", {{open("mail", "w1", {"t.*"}), age}}}}, {age, plain("new", "t.new")}, {"new"}},
      {"computed from its namesake",
       {{"p", {{computed("mail", "upper(mail)", {"t.mail"}, {"t.mail"}), age}}}},
       {plain("contact", "t.mail"), age},
       {"contact"}},
      {"one of several",
       {{"p", {{computed("mail", "using", {"t.mail", "u.mail"}, {"t.mail", "u.mail"}), age}}}},
       {plain("contact", "u.mail"), age},
       {"contact"}},
      {"of very many", {{"p", {{mail}}}, {"q", {{computed("line", "concat", {"t.*"})}}}}, {computed("line", "concat", {"t.*"})}, {"line"}},
      {"open, in another port", {{"p", {{mail}}}, {"q", {{open("x", "w", {"t.*"})}}}}, {open("x", "w", {"t.*"})}, {"x"}},
  };
  for (const auto& c : cases) EXPECT_EQ(hidden_later({"mail"}, c.then, c.now), c.hidden) << c.what;
}

TEST(SettledLimits, HideNothing) {
  const Ports then{{"p", {{plain("mail", "t.mail")}}}};
  EXPECT_EQ(hidden_later({}, then, {plain("mail", "t.mail"), open("x", "w", {"t.*"})}), Names{});
}

TEST(SettledLimits, OfARenewedGrantShowWhatTheOldOneDid) {
  const ColumnProvenance mail = plain("mail", "t.mail"), age = plain("age", "t.age");
  const auto settled = [](const Names& names, std::vector<ColumnProvenance> port) {
    return settle_limits(names, {{"p", {std::move(port)}}});
  };
  const auto before = settled({"mail"}, {mail, age});
  EXPECT_TRUE(shows_all_of(before, before));
  EXPECT_TRUE(shows_all_of(settled({"mail"}, {mail, age, plain("more", "t.more")}), before));
  EXPECT_TRUE(shows_all_of(settled({}, {mail, age}), before));
  EXPECT_FALSE(shows_all_of(settled({"mail", "age"}, {mail, age}), before));
  EXPECT_FALSE(shows_all_of(settled({"mail"}, {plain("mail", "t.age"), plain("age", "t.mail")}), before)) << "another one has the name now";
  EXPECT_FALSE(shows_all_of(settled({"mail"}, {mail, plain("age", "t.years")}), before)) << "a filter may name it";
}

TEST(SettledLimits, FindAColumnAtThePortFirst) {
  const auto settled = settle_limits({}, {{"p", {{plain("x", "t.one")}}}, {"q", {{plain("x", "t.two"), plain("y", "t.y")}}}});
  EXPECT_EQ(find_settled(settled, "q", "x")->way, "t.two");
  EXPECT_EQ(find_settled(settled, "p", "x")->way, "t.one");
  EXPECT_EQ(find_settled(settled, "p", "y")->way, "t.y");
  EXPECT_NE(find_settled(settled, "new", "x"), nullptr);
  EXPECT_EQ(find_settled(settled, "p", "z"), nullptr);
}

TEST(SettledLimits, AreReadBack) {
  const auto settled = settle_limits({"mail"}, {{"p", {{plain("mail", "t.mail"), plain("age", "t.age")}}}});
  const auto text = json::serialize(to_json(settled));
  EXPECT_EQ(json::serialize(to_json(parse_settled_limits(json::parse(text)))), text);
  EXPECT_TRUE(settled.columns[0].hidden);
  EXPECT_FALSE(settled.columns[1].hidden);
}

}  // namespace

}  // namespace weft
