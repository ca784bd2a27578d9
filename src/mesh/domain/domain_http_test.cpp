// The use cases of domains, through their routes.
#include "mesh/domain/domain_http.h"

#include <thread>

#include "mesh/domain/create_domain.h"
#include "mesh/domain/move_domain.h"
#include "mesh/door/mesh_fixture_test.h"

namespace weft {

namespace {

using http::Method;

class DomainTest : public MeshTest {
 protected:
  DomainTest()
      : administrator(add_user("ann", Role::DomainAdministrator)),
        owner(add_user("olga", Role::DomainOwner)),
        other_owner(add_user("oskar", Role::DomainOwner)),
        reader(add_user("rita", Role::DataUser)),
        stranger(add_user("nora", {})) {
    for (const auto* user : {&administrator, &owner, &other_owner, &reader, &stranger}) tokens[user->name] = token_of(*user);
  }
  Answer ask_as(const User& user, Method method, const std::string& target, const std::string& body = "",
                const std::string& if_match = "") {
    http::Headers headers;
    if (!if_match.empty()) headers.emplace_back("If-Match", if_match);
    return ask(routes, {method, target, tokens.at(user.name), body, headers, false});
  }
  Answer create(const std::string& body) { return ask_as(administrator, Method::Post, "/api/v1/domains", body); }

  std::vector<Route> routes = domain_routes(domain_ports);
  User administrator, owner, other_owner, reader, stranger;
  std::map<std::string, std::string> tokens;
};
INSTANTIATE_TEST_SUITE_P(Stores, DomainTest, kBothDialects, dialect_name);

TEST_P(DomainTest, IsCreatedReadAndListed) {
  const auto created = create(R"({"name":"sales","title":"Sales","tags":["core"],"owners":["olga"]})");
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.header("Location"), "/api/v1/domains/sales");
  EXPECT_EQ(created.header("ETag"), "\"1\"");
  EXPECT_EQ(created.body.at("owners").at(0).at("id"), json::value(owner.id.text()));
  const auto nested = create(fmt::format(R"({{"name":"emea","parent":"sales","owners":["{}","oskar"]}})", owner.id.text()));
  ASSERT_EQ(nested.status, 201) << nested.body;
  EXPECT_EQ(nested.text("path"), "sales.emea");

  for (const auto* user : {&administrator, &owner, &other_owner, &reader}) {
    EXPECT_EQ(ask_as(*user, Method::Get, "/api/v1/domains/sales.emea").body, nested.body) << user->name;
  }
  EXPECT_EQ(ask_as(stranger, Method::Get, "/api/v1/domains/sales").status, 403);
  EXPECT_EQ(ask_as(stranger, Method::Get, "/api/v1/domains").status, 403);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/domains"}).status, 401);
  EXPECT_EQ(ask_as(reader, Method::Get, "/api/v1/domains/hr").code(), "domain.not_found");
  EXPECT_EQ(ask_as(reader, Method::Get, "/api/v1/domains/" + nested.text("id")).body, nested.body);

  const auto page = ask_as(reader, Method::Get, "/api/v1/domains?limit=1");
  EXPECT_EQ(page.body.at("items").at(0).at("path"), "sales");
  const auto next = ask_as(reader, Method::Get, "/api/v1/domains?limit=1&cursor=" + page.text("next"));
  EXPECT_EQ(next.body.at("items").at(0).at("path"), "sales.emea");
  EXPECT_TRUE(next.body.at("next").is_null());
  EXPECT_EQ(ask_as(reader, Method::Get, "/api/v1/domains?domain=sales.emea").count(), 1U);
  EXPECT_EQ(audit_actions(), (std::vector<std::string>{"domain.create", "domain.create"}));
  EXPECT_EQ(audit_entries().back().actor, administrator.id);
  EXPECT_EQ(audit_entries().back().domain, "sales.emea");
}

TEST_P(DomainTest, IsNotCreatedFromABadForm) {
  add_domain("sales");
  const struct {
    std::string_view body;
    int status;
    std::string_view field;  // that is complained about; or the code
  } cases[] = {
      {R"({})", 400, "name"},
      {R"({"name":"Sales"})", 400, "name"},
      {R"({"name":"a.b"})", 400, "name"},
      {R"({"name":"x","parent":"nowhere"})", 400, "parent"},
      {R"({"name":"x","owners":["nobody"]})", 400, "owners[0]"},
      {R"({"name":"x","owners":["olga","rita"]})", 400, "owners[1]"},
      {R"({"name":"x","tags":[" "]})", 400, "tags[0]"},
      {R"({"name":"x","color":"red"})", 400, "color"},
      {R"({"name":"sales"})", 409, "domain.path_taken"},
  };
  for (const auto& [body, status, field] : cases) {
    const auto answer = create(std::string(body));
    EXPECT_EQ(answer.status, status) << body;
    const auto named = status == 400 ? answer.complaint() : answer.code();
    EXPECT_EQ(named, field) << body;
  }
  const auto answer = create(R"({"name":"A B","parent":"nowhere","owners":["nobody"],"tags":null,"color":"red"})");
  const auto all = answer.complaints();
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()), (std::set<std::string>{"name", "parent", "owners[0]", "tags", "color"}));
  const auto twice = create(fmt::format(R"({{"name":"x","owners":["olga","{}"]}})", owner.id.text()));
  EXPECT_EQ(twice.complaint(), "owners[1]");
  EXPECT_EQ(ask_as(owner, Method::Post, "/api/v1/domains", R"({"name":"x"})").status, 403);
  EXPECT_TRUE(audit_entries().empty());
}

TEST_P(DomainTest, IsChangedByItsOwnersAndNobodyElse) {
  add_domain("sales", {owner});
  add_domain("sales.emea", {other_owner});
  const std::string emea = "/api/v1/domains/sales.emea", sales = "/api/v1/domains/sales";
  const auto patch = [&](const User& user, const std::string& target, const std::string& body, const std::string& match = "*") {
    return ask_as(user, Method::Patch, target, body, match);
  };
  EXPECT_EQ(ask_as(owner, Method::Patch, sales, R"({"title":"x"})").status, 428);
  EXPECT_EQ(patch(owner, sales, R"({"title":"x"})", "\"7\"").status, 412);
  EXPECT_EQ(patch(other_owner, sales, R"({"title":"x"})").code(), "domain.not_yours");  // owns only what lies below
  EXPECT_EQ(patch(reader, sales, R"({"title":"x"})").code(), "role.missing");
  EXPECT_EQ(patch(owner, sales, R"({"owners":["oskar"]})").code(), "domain.owners_denied");
  EXPECT_EQ(patch(owner, sales, R"({"name":"x"})").status, 400);
  for (const auto* field : {"owners", "tags", "title"})
    EXPECT_EQ(patch(administrator, sales, fmt::format(R"({{"{}":null}})", field)).complaint(), field);
  EXPECT_EQ(patch(administrator, sales, R"({"owners":["nobody"],"title":7})").complaints().size(), 2U);
  EXPECT_TRUE(audit_entries().empty());

  const auto changed = patch(owner, emea, R"({"title":"EMEA","tags":["a","b"]})", "\"1\"");  // by the owner of the parent
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.header("ETag"), "\"2\"");
  EXPECT_EQ(changed.body, ask_as(reader, Method::Get, emea).body);
  EXPECT_EQ(changed.body.at("tags"), json::parse(R"(["a","b"])"));
  const auto cleared = patch(other_owner, emea, R"({"tags":[],"title":""})", "\"2\"");
  EXPECT_EQ(cleared.body.at("tags").as_array().size(), 0U);
  EXPECT_EQ(cleared.text("title"), "");
  const auto handed_over = patch(administrator, emea, R"({"owners":["olga"]})");
  EXPECT_EQ(handed_over.body.at("owners").at(0).at("name"), "olga");
  EXPECT_EQ(patch(other_owner, emea, R"({"title":"mine"})").code(), "domain.not_yours");  // from that moment
  EXPECT_EQ(audit_actions(), (std::vector<std::string>{"domain.change", "domain.change", "domain.change"}));
  EXPECT_EQ(parse_json(audit_entries()[0].before)->at("title"), "");
  EXPECT_EQ(parse_json(audit_entries()[0].after)->at("title"), "EMEA");
}

TEST_P(DomainTest, OwnershipCountsOnlyWithTheRole) {
  add_domain("sales", {owner});
  EXPECT_TRUE(principal_of(owner).owns("sales.emea"));
  auto demoted = owner;
  demoted.roles = Role::DataUser;
  value_of(write_as(system, [&](Tx& tx, const Context&) { return users->update(tx, demoted); }));
  EXPECT_FALSE(principal_of(owner).owns("sales"));
}

TEST_P(DomainTest, Moves) {
  for (const auto* path : {"sales", "sales.emea", "sales.emea.de", "europe", "old"}) add_domain(path);
  const auto move = [&](const std::string& domain, const std::string& body) {
    return ask_as(administrator, Method::Post, fmt::format("/api/v1/domains/{}/move", domain), body);
  };
  EXPECT_EQ(ask_as(owner, Method::Post, "/api/v1/domains/sales/move", R"({"name":"x"})").status, 403);
  EXPECT_EQ(move("sales", R"({"parent":"sales.emea.de"})").code(), "domain.cycle");
  EXPECT_EQ(move("sales", R"({"parent":"sales"})").code(), "domain.cycle");
  EXPECT_EQ(move("sales", R"({"parent":"nowhere"})").complaint(), "parent");
  EXPECT_EQ(move("sales", R"({"name":"X"})").complaint(), "name");
  EXPECT_EQ(move("sales", R"({"name":"X","parent":"nowhere"})").complaints().size(), 2U);
  EXPECT_EQ(move("sales", R"({"name":"europe"})").code(), "domain.path_taken");
  EXPECT_EQ(move("nowhere", R"({"name":"x"})").status, 404);
  EXPECT_TRUE(audit_entries().empty());

  const auto moved = move("sales.emea", R"({"parent":"europe","name":"mid"})");
  ASSERT_EQ(moved.status, 200) << moved.body;
  EXPECT_EQ(moved.text("path"), "europe.mid");
  EXPECT_EQ(moved.text("parent"), "europe");
  EXPECT_EQ(ask_as(reader, Method::Get, "/api/v1/domains/sales.emea.de").text("path"), "europe.mid.de");
  EXPECT_EQ(ask_as(reader, Method::Get, "/api/v1/domains?domain=sales.emea").count(), 2U);
  EXPECT_EQ(create(R"({"parent":"sales","name":"emea"})").code(), "domain.path_taken");
  EXPECT_EQ(move("sales.emea", R"({"parent":null})").text("path"), "mid");  // by its old path, to the root
  EXPECT_EQ(move("mid", R"({"name":"mid"})").text("path"), "mid");          // nothing to do, nothing in the log
  EXPECT_EQ(audit_actions(), (std::vector<std::string>{"domain.move", "domain.move"}));
}

TEST_P(DomainTest, MovesNotDeeperThanTheLimit) {
  std::string path = "a";
  add_domain(path);
  for (int level = 2; level <= 7; ++level) add_domain(path += ".a");
  add_domain("b");
  add_domain("b.c");
  EXPECT_EQ(create(fmt::format(R"({{"name":"a","parent":"{}"}})", path)).status, 201);
  EXPECT_EQ(create(fmt::format(R"({{"name":"a","parent":"{}.a"}})", path)).status, 400);
  EXPECT_EQ(ask_as(administrator, Method::Post, "/api/v1/domains/b/move", fmt::format(R"({{"parent":"{}"}})", path)).status, 400);
  EXPECT_EQ(ask_as(administrator, Method::Post, "/api/v1/domains/b.c/move", fmt::format(R"({{"parent":"{}"}})", path)).status, 200);
}

TEST_P(DomainTest, IsArchivedWhenEmpty) {
  add_domain("sales", {owner});
  add_domain("sales.emea");
  const auto archive = [&](const std::string& domain) {
    return ask_as(administrator, Method::Post, fmt::format("/api/v1/domains/{}/archive", domain));
  };
  const auto refused = archive("sales");
  EXPECT_EQ(refused.code(), "domain.not_empty");
  EXPECT_NE(refused.text("detail").find("1 subdomain"), std::string::npos);
  ASSERT_EQ(archive("sales.emea").status, 200);
  EXPECT_EQ(archive("sales.emea").code(), "domain.archived");
  EXPECT_EQ(archive("sales").text("state"), "archived");
  EXPECT_FALSE(principal_of(owner).owns("sales"));
  EXPECT_TRUE(ask_as(reader, Method::Get, "/api/v1/domains").count() == 0);
  EXPECT_EQ(ask_as(reader, Method::Get, "/api/v1/domains?state=archived").count(), 2U);
  EXPECT_EQ(ask_as(reader, Method::Get, "/api/v1/domains/sales").text("state"), "archived");
  EXPECT_EQ(create(R"({"name":"sales"})").code(), "domain.path_taken");
  EXPECT_EQ(create(R"({"name":"x","parent":"sales"})").code(), "domain.archived");
  EXPECT_EQ(ask_as(administrator, Method::Patch, "/api/v1/domains/sales", R"({"title":"x"})", "*").code(), "domain.archived");
  EXPECT_EQ(audit_actions(), (std::vector<std::string>{"domain.archive", "domain.archive"}));
}

TEST_P(DomainTest, IsCreatedOnceHoweverManyTryAtOnce) {
  constexpr int kThreads = 12;
  const auto who = principal_of(administrator);
  std::atomic<int> created = 0, taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto result = write_as(who, [&](Tx& tx, const Context& context) {
        return create_domain(tx, context, domain_ports,
                             {.name = "sales", .parent = {}, .title = "", .description = "", .tags = {}, .owners = {}});
      });
      created += result ? 1 : 0;
      taken += error_of(result) == "domain.path_taken" ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(taken, kThreads - 1);
  EXPECT_EQ(audit_actions(), std::vector<std::string>{"domain.create"});
}

// Each move alone is right; together they would make a ring without a root.
TEST_P(DomainTest, TwoMovesAtOnceMakeNoRing) {
  const auto who = principal_of(administrator);
  for (int round = 0; round < 5; ++round) {
    const auto a = fmt::format("a{}", round), b = fmt::format("b{}", round);
    add_domain(a);
    add_domain(b);
    std::atomic<int> moved = 0, refused = 0;
    const auto move = [&](const std::string& domain, const std::string& parent) {
      const auto result =
          write_as(who, [&](Tx& tx, const Context& context) { return move_domain(tx, context, domain_ports, {domain, parent, {}}); });
      moved += result ? 1 : 0;
      refused += error_of(result) == "domain.cycle" ? 1 : 0;
    };
    std::thread first(move, a, b), second(move, b, a);
    first.join();
    second.join();
    EXPECT_EQ(moved, 1);
    EXPECT_EQ(refused, 1);
  }
}

// A child that is created while its parent moves ends below the parent, wherever that is.
TEST_P(DomainTest, AChildFollowsAParentThatMovesMeanwhile) {
  const auto who = principal_of(administrator);
  for (int round = 0; round < 5; ++round) {
    const auto name = fmt::format("p{}", round);
    add_domain(name);
    std::thread mover([&] {
      value_of(
          write_as(who, [&](Tx& tx, const Context& context) { return move_domain(tx, context, domain_ports, {name, {}, name + "x"}); }));
    });
    value_of(write_as(who, [&](Tx& tx, const Context& context) {
      return create_domain(tx, context, domain_ports,
                           {.name = "child", .parent = name, .title = "", .description = "", .tags = {}, .owners = {}});
    }));
    mover.join();
    auto tx = begin(TxMode::Read);
    const auto child = value_of(get_domain(*tx, *domains, name + "x.child"));
    EXPECT_EQ(child.path, name + "x.child");
    EXPECT_EQ(child.parent, value_of(get_domain(*tx, *domains, name)).id);
  }
}

}  // namespace

}  // namespace weft
