// Users and tokens, through their routes.
#include "mesh/identity/user_http.h"

#include <thread>

#include "mesh/door/mesh_fixture_test.h"
#include "mesh/identity/change_user.h"
#include "mesh/identity/token_http.h"

namespace weft {

namespace {

using http::Method;

class UserTest : public MeshTest {
 protected:
  UserTest() : ann(add_user("ann", Role::DomainAdministrator)), token(token_of(ann)) {
    for (auto& route : token_routes(identity_ports)) routes.push_back(std::move(route));
  }
  Answer post(const std::string& body) {
    return ask(routes, {.method = Method::Post, .target = "/api/v1/users", .token = token, .body = body});
  }
  Answer patch(const User& user, const std::string& body, const std::string& if_match = "*") {
    return ask(routes, {.method = Method::Patch,
                        .target = "/api/v1/users/" + user.id.text(),
                        .token = token,
                        .body = body,
                        .headers = {{"If-Match", if_match}}});
  }

  std::vector<Route> routes = user_routes(identity_ports, [] { return "http://weft.example"; });
  User ann;
  std::string token;
};
INSTANTIATE_TEST_SUITE_P(Stores, UserTest, kBothDialects, dialect_name);

TEST_P(UserTest, IsCreatedReadAndListed) {
  const auto created =
      post(R"({"name":"bob","email":"bob@example.org","password":"a good password","roles":["data-user","domain-owner"]})");
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.body.at("roles"), json::parse(R"(["domain-owner","data-user"])"));
  EXPECT_FALSE(created.body.as_object().contains("password"));
  const auto read = ask(routes, {.target = created.header("Location"), .token = token});
  EXPECT_EQ(read.body, created.body);
  EXPECT_EQ(read.header("ETag"), "\"1\"");
  EXPECT_EQ(ask(routes, {.target = "/api/v1/users?role=domain-owner", .token = token}).count(), 1U);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/users?limit=1", .token = token}).count(), 1U);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/users?role=king", .token = token}).status, 400);
  add_user("cy", Role::DomainOwner);
  const auto next = ask(routes, {.target = "/api/v1/users?role=domain-owner&limit=1", .token = token}).text("next");
  const auto with_cursor = [&](const std::string& query) {
    return ask(routes, {.target = fmt::format("/api/v1/users?{}cursor={}", query, next), .token = token});
  };
  EXPECT_EQ(with_cursor("role=domain-owner&limit=1&").count(), 1U);
  EXPECT_EQ(with_cursor("limit=9&role=domain-owner&").status, 200) << "in whatever order, and pages may grow";
  EXPECT_EQ(with_cursor("").code(), "query.cursor") << "another list";
  EXPECT_EQ(with_cursor("role=data-user&").code(), "query.cursor");
  EXPECT_EQ(ask(routes, {.target = "/api/v1/users/nobody", .token = token}).status, 404);
  EXPECT_EQ(audit_actions(), std::vector<std::string>{"user.create"});
  EXPECT_EQ(audit_preimage(audit_entries()[0]).find("a good password"), std::string::npos);
  auto tx = begin(TxMode::Read);
  const auto bob = value_of(users->find_by_name(*tx, "bob"));
  EXPECT_EQ(value_of(users->password_hash(*tx, bob->id)), "cheap:a good password");
}

TEST_P(UserTest, IsNotCreatedFromABadForm) {
  const struct {
    std::string_view body, field;
  } cases[] = {
      {R"({})", "name"},
      {R"({"name":"Bob"})", "name"},
      {R"({"name":"bob","email":"nonsense"})", "email"},
      {R"({"name":"bob","password":"short"})", "password"},
      {R"({"name":"bob","roles":["king"]})", "roles[0]"},
      {R"({"name":"bob","roles":["data-user","data-user"]})", "roles"},
      {R"({"name":"bob","admin":true})", "admin"},
  };
  for (const auto& [body, field] : cases) {
    const auto answer = post(std::string(body));
    ASSERT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.complaint(), field) << body;
  }
  EXPECT_EQ(post(R"({"name":"ann"})").code(), "user.name_taken");
  EXPECT_TRUE(audit_entries().empty());
}

TEST_P(UserTest, IsToldAllThatIsWrongAtOnce) {
  const auto created = post(R"({"name":"Bob B","email":"nonsense","password":"short","roles":["king"],"admin":true})");
  EXPECT_EQ(created.status, 400);
  const auto complaints = created.complaints();
  EXPECT_EQ(std::set<std::string>(complaints.begin(), complaints.end()),
            (std::set<std::string>{"name", "email", "password", "roles[0]", "admin"}));
  EXPECT_EQ(patch(ann, R"({"email":"nonsense","roles":["king"],"state":"gone"})").complaints().size(), 3U);
}

TEST_P(UserTest, LosesNothingToNull) {
  const auto bob = add_user("bob", Role::DataUser);
  for (const auto* field : {"roles", "state"}) {
    const auto answer = patch(bob, fmt::format(R"({{"{}":null}})", field));
    EXPECT_EQ(answer.status, 400) << field;
    EXPECT_EQ(answer.complaint(), field);
  }
  EXPECT_EQ(post(R"({"name":"cy","roles":null})").complaint(), "roles");
  EXPECT_EQ(principal_of(bob).roles, Roles(Role::DataUser));
}

TEST_P(UserTest, NoTransactionWaitsForAHash) {
  int written = 0;
  secrets.meanwhile = [&] {
    value_of(begin(TxMode::Write)->commit());
    ++written;
  };
  EXPECT_EQ(post(R"({"name":"bob","password":"a good password"})").status, 201);
  EXPECT_EQ(written, 1);
  EXPECT_EQ(post(R"({"name":"cy"})").status, 201);
  EXPECT_EQ(post(R"({"name":"di","password":"short"})").status, 400);
  EXPECT_EQ(
      ask(routes, {.method = Method::Post, .target = "/api/v1/users", .body = R"({"name":"ed","password":"a good password"})"}).status,
      401);
  EXPECT_EQ(written, 1) << "where there is nothing to hash, or nobody who may";
}

TEST_P(UserTest, IsTheAdministratorsBusiness) {
  const auto governor = token_of(add_user("gus", Role::Governance | Role::DomainOwner | Roles(Role::DataUser)));
  for (const auto& [method, target] : std::vector<std::pair<Method, std::string>>{{Method::Get, "/api/v1/users"},
                                                                                  {Method::Post, "/api/v1/users"},
                                                                                  {Method::Get, "/api/v1/users/" + ann.id.text()},
                                                                                  {Method::Patch, "/api/v1/users/" + ann.id.text()}}) {
    EXPECT_EQ(ask(routes, {.method = method, .target = target, .token = governor}).code(), "role.missing") << target;
    EXPECT_EQ(ask(routes, {.method = method, .target = target}).status, 401) << target;
  }
}

TEST_P(UserTest, GetsAndLosesRolesAtOnce) {
  const auto bob = add_user("bob", {});
  const auto bobs = token_of(bob);
  EXPECT_EQ(ask(routes, {.method = Method::Patch, .target = "/api/v1/users/" + bob.id.text(), .token = token, .body = "{}"}).status, 428);
  EXPECT_EQ(patch(bob, R"({"email":"x@y"})", "\"9\"").status, 412);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/users", .token = bobs}).status, 403);
  const auto granted = patch(bob, R"({"roles":["domain-administrator"]})", "\"1\"");
  ASSERT_EQ(granted.status, 200) << granted.body;
  EXPECT_EQ(granted.header("ETag"), "\"2\"");
  EXPECT_EQ(ask(routes, {.target = "/api/v1/users", .token = bobs}).status, 200);
  EXPECT_EQ(patch(bob, R"({"roles":[]})").status, 200);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/users", .token = bobs}).status, 403);
  EXPECT_EQ(patch(bob, R"({"email":null})").body.at("email"), json::value(nullptr));
  EXPECT_EQ(patch(bob, R"({"name":"rob"})").status, 400);
  EXPECT_EQ(patch(bob, R"({"state":"gone"})").status, 400);
  EXPECT_EQ(audit_actions(), (std::vector<std::string>{"user.change", "user.change", "user.change"}));
}

TEST_P(UserTest, IsShutOutWhenDisabled) {
  const auto bob = add_user("bob", Role::DataUser);
  const auto bobs = token_of(bob);
  value_of(write_as(system, [&](Tx& tx, const Context& context) -> Result<void> {
    CHECK(credentials->insert_link(tx, "l", bob.id, context.now.plus_seconds(60)));
    return credentials->insert_session(tx, "s", bob.id, context.now, context.now.plus_seconds(60));
  }));
  EXPECT_EQ(ask(routes, {.target = "/api/v1/tokens", .token = bobs}).status, 200);
  EXPECT_EQ(patch(bob, R"({"state":"disabled"})").text("state"), "disabled");
  EXPECT_EQ(ask(routes, {.target = "/api/v1/tokens", .token = bobs}).code(), "token.invalid");
  EXPECT_EQ(patch(bob, R"({"state":"active"})").status, 200);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/tokens", .token = bobs}).code(), "token.invalid") << "ended for good";
  auto tx = begin(TxMode::Read);
  EXPECT_FALSE(value_of(credentials->find_session(*tx, "s", clock.now())));
  EXPECT_FALSE(value_of(credentials->find_link(*tx, "l", clock.now())));
}

TEST_P(UserTest, LeavesTheMeshAnAdministrator) {
  EXPECT_EQ(patch(ann, R"({"roles":["governance"]})").code(), "user.last_administrator");
  EXPECT_EQ(patch(ann, R"({"state":"disabled"})").code(), "user.last_administrator");
  EXPECT_EQ(patch(ann, R"({"roles":["governance","domain-administrator"]})").status, 200);
  add_user("bob", Role::DomainAdministrator);
  EXPECT_EQ(patch(ann, R"({"state":"disabled"})").status, 200);
}

TEST_P(UserTest, LeavesAnAdministratorThoughTwoRemoveEachOther) {
  for (int round = 0; round < 5; ++round) {
    const auto bob = add_user(fmt::format("bob{}", round), Role::DomainAdministrator);
    const auto who = principal_of(ann);
    std::atomic<int> removed = 0, refused = 0;
    const auto remove = [&](const User& user) {
      const auto result = write_as(who, [&](Tx& tx, const Context& context) {
        return change_user(tx, context, identity_ports, {user.id, {}, Roles(Role::DataUser), {}});
      });
      removed += result ? 1 : 0;
      refused += error_of(result) == "user.last_administrator" ? 1 : 0;
    };
    std::thread first(remove, ann), second(remove, bob);
    first.join();
    second.join();
    EXPECT_EQ(removed, 1);
    EXPECT_EQ(refused, 1);
    auto tx = begin(TxMode::Write);
    EXPECT_EQ(value_of(users->count_administrators(*tx)), 1);
    auto again = *value_of(users->find(*tx, ann.id));
    again.roles = Role::DomainAdministrator;
    value_of(users->update(*tx, again));
    auto other = *value_of(users->find(*tx, bob.id));
    other.roles = {};
    value_of(users->update(*tx, other));
    value_of(tx->commit());
  }
}

class TokenTest : public UserTest {
 protected:
  Answer create(const std::string& body) {
    return ask(routes, {.method = Method::Post, .target = "/api/v1/tokens", .token = bobs, .body = body});
  }
  User bob = add_user("bob", {});  // no role is needed
  std::string bobs = token_of(bob);
};
INSTANTIATE_TEST_SUITE_P(Stores, TokenTest, kBothDialects, dialect_name);

TEST_P(TokenTest, IsMadeUsedAndDeleted) {
  const auto created = create(R"({"name":"etl"})");
  ASSERT_EQ(created.status, 201) << created.body;
  const auto text = created.text("token"), id = created.text("id");
  EXPECT_TRUE(text.starts_with("weft_"));
  EXPECT_EQ(text.size(), 48U);
  const auto list = ask(routes, {.target = "/api/v1/tokens", .token = text});
  ASSERT_EQ(list.status, 200);
  EXPECT_EQ(list.count(), 2U);
  EXPECT_EQ(json::serialize(list.body).find(text), std::string::npos);
  const auto remove = [&](const std::string& as, const std::string& if_match) {
    http::Headers headers;
    if (!if_match.empty()) headers.emplace_back("If-Match", if_match);
    return ask(routes, {.method = Method::Delete, .target = "/api/v1/tokens/" + id, .token = as, .headers = headers});
  };
  EXPECT_EQ(remove(bobs, "").status, 428);
  EXPECT_EQ(remove(bobs, "\"2\"").status, 412);
  EXPECT_EQ(remove(token, "*").code(), "token.not_found");  // an administrator's, but not his
  EXPECT_EQ(remove(bobs, created.header("ETag")).status, 204);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/tokens", .token = text}).status, 401);
  EXPECT_EQ(remove(bobs, "*").status, 404);
  EXPECT_EQ(audit_actions(), (std::vector<std::string>{"token.create", "token.delete"}));
  for (const auto& entry : audit_entries()) {
    EXPECT_EQ(audit_preimage(entry).find(text), std::string::npos);
    EXPECT_EQ(audit_preimage(entry).find(secrets.digest(text)), std::string::npos);
  }
}

TEST_P(TokenTest, EndsWhenItSays) {
  const auto created = create(fmt::format(R"({{"name":"x","expires_at":"{}"}})", to_rfc3339(clock.now().plus_seconds(60))));
  ASSERT_EQ(created.status, 201) << created.body;
  const auto text = created.text("token");
  EXPECT_EQ(ask(routes, {.target = "/api/v1/tokens", .token = text}).status, 200);
  clock.advance(60);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/tokens", .token = text}).code(), "token.invalid");
  for (const auto& end : {clock.now(), clock.now().plus_seconds(kMaxTokenSeconds + 1)}) {
    const auto refused = create(fmt::format(R"({{"name":"x","expires_at":"{}"}})", to_rfc3339(end)));
    EXPECT_EQ(refused.complaint(), "expires_at");
  }
  EXPECT_EQ(create(R"({"name":"x","expires_at":"tomorrow"})").status, 400);
  EXPECT_EQ(create(fmt::format(R"({{"name":" ","expires_at":"{}"}})", to_rfc3339(clock.now()))).complaints(),
            (std::vector<std::string>{"name", "expires_at"}));
  EXPECT_EQ(create(R"({"name":" "})").status, 400);
}

TEST_P(TokenTest, AreNotTooMany) {
  value_of(write_as(system, [&](Tx& tx, const Context& context) -> Result<void> {
    for (int i = 1; i < kMaxTokensPerUser; ++i) {
      CHECK(credentials->insert_token(tx, {TokenId::make(context.now), bob.id, "x", context.now, {}}, fmt::format("h{}", i)));
    }
    return {};
  }));
  EXPECT_EQ(create(R"({"name":"x"})").code(), "token.too_many");
}

// The answer holds a token, so it is kept sealed; the same request gets the same token, another user's key is his own.
TEST_P(TokenTest, IsTheSameForTheSameIdempotencyKey) {
  const auto create_with_key = [&](const std::string& as, const std::string& body) {
    return ask(routes,
               {.method = Method::Post, .target = "/api/v1/tokens", .token = as, .body = body, .headers = {{"Idempotency-Key", "k1"}}});
  };
  const auto first = create_with_key(bobs, R"({"name":"etl"})");
  ASSERT_EQ(first.status, 201) << first.body;
  const auto again = create_with_key(bobs, R"({"name":"etl"})");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotency-Replayed"), "true");
  EXPECT_EQ(create_with_key(bobs, R"({"name":"other"})").status, 422);
  EXPECT_NE(create_with_key(token, R"({"name":"etl"})").text("token"), first.text("token"));
  auto tx = begin(TxMode::Read);
  for (const auto& row : value_of(sql(*tx).query({"test.answers", "select answer from idempotent_answers"}, {}))) {
    EXPECT_EQ(row.text(0).find("weft_"), std::string::npos);
  }
  EXPECT_EQ(audit_actions(), (std::vector<std::string>{"token.create", "token.create"}));
}

}  // namespace

}  // namespace weft
