// Signing in and out, passwords and links, through their routes.
#include "mesh/identity/session_http.h"

#include <thread>

#include "mesh/door/mesh_fixture_test.h"
#include "mesh/identity/make_link.h"
#include "mesh/identity/sign_in.h"
#include "mesh/identity/user_http.h"

namespace weft {

namespace {

using http::Method;

class SessionTest : public MeshTest {
 protected:
  SessionTest() {
    for (auto& route : user_routes(identity_ports, [] { return "http://weft.example"; })) routes.push_back(std::move(route));
  }

  Answer sign_in_as(const std::string& name, const std::string& password, bool secure = false) {
    return ask(routes, {.method = Method::Post,
                        .target = "/api/v1/session",
                        .body = json::serialize(json::object{{"name", name}, {"password", password}}),
                        .secure = secure});
  }
  // `weft_session=…` of the answer.
  static std::string cookie_of(const Answer& answer) {
    const auto header = answer.header("Set-Cookie");
    return header.substr(0, header.find(';'));
  }
  Answer with_cookie(const std::string& cookie, Method method, const std::string& target, const std::string& body = "",
                     const std::string& origin = "http://weft.example") {
    return ask(routes, {.method = method, .target = target, .body = body, .headers = {{"Cookie", cookie}, {"Origin", origin}}});
  }
  int me(const std::string& cookie) { return with_cookie(cookie, Method::Get, "/api/v1/me").status; }

  std::vector<Route> routes = session_routes(password_ports);
};
INSTANTIATE_TEST_SUITE_P(Stores, SessionTest, kBothDialects, dialect_name);

TEST_P(SessionTest, SignsInAndOut) {
  const auto olga = add_user("olga", Role::DomainOwner);
  add_domain("sales", {olga});
  const auto answer = sign_in_as("Olga", "password of olga");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body.at("user").at("id"), json::value(olga.id.text()));
  EXPECT_EQ(answer.body.at("user").at("owned_domains"), json::parse(R"(["sales"])"));
  const auto header = answer.header("Set-Cookie");
  EXPECT_TRUE(header.starts_with("weft_session=")) << header;
  for (const auto* part : {"; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=43200"})
    EXPECT_NE(header.find(part), std::string::npos) << part;
  EXPECT_EQ(header.find("Secure"), std::string::npos);

  const auto cookie = cookie_of(answer);
  const auto page = with_cookie(cookie, Method::Get, "/api/v1/me");
  ASSERT_EQ(page.status, 200) << page.body;
  EXPECT_EQ(page.body, answer.body.at("user"));
  EXPECT_EQ(page.body.at("roles"), json::parse(R"(["domain-owner"])"));

  EXPECT_EQ(with_cookie(cookie, Method::Delete, "/api/v1/session", "", "http://evil.example").code(), "session.foreign_origin");
  EXPECT_EQ(me(cookie), 200);
  const auto out = with_cookie(cookie, Method::Delete, "/api/v1/session");
  EXPECT_EQ(out.status, 204);
  EXPECT_NE(out.header("Set-Cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(me(cookie), 401);
  EXPECT_EQ(audit_actions(), (std::vector<std::string>{"user.sign_in", "user.sign_out"}));
  for (const auto& entry : audit_entries()) {
    EXPECT_EQ(entry.actor, olga.id);
    EXPECT_EQ(entry.object_id, olga.id.text());
  }
}

TEST_P(SessionTest, BindsTheCookieToTlsWhereThereIsTls) {
  add_user("ann", {});
  const auto header = sign_in_as("ann", "password of ann", true).header("Set-Cookie");
  EXPECT_TRUE(header.starts_with("__Host-weft_session=")) << header;
  EXPECT_NE(header.find("; Secure"), std::string::npos);
  const auto cookie = header.substr(0, header.find(';'));
  EXPECT_EQ(ask(routes, {.target = "/api/v1/me", .headers = {{"Cookie", cookie}}, .secure = true}).status, 200);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/me", .headers = {{"Cookie", cookie.substr(7)}}, .secure = true}).status, 401);
}

TEST_P(SessionTest, EndsAfterTwelveHours) {
  add_user("ann", {});
  const auto cookie = cookie_of(sign_in_as("ann", "password of ann"));
  clock.advance(kSessionSeconds - 1);
  EXPECT_EQ(me(cookie), 200);
  clock.advance(1);
  EXPECT_EQ(me(cookie), 401);
}

TEST_P(SessionTest, AnswersAlikeForKnownAndUnknownNames) {
  auto gone = add_user("gone", Role::DataUser);
  gone.state = UserState::Disabled;
  value_of(write_as(system, [&](Tx& tx, const Context&) { return users->update(tx, gone); }));
  add_user("ann", {});
  value_of(write_as(system, [&](Tx& tx, const Context&) {
    return users->insert(tx, {UserId("n"), "nopassword", "", {}, UserState::Active, clock.now(), 1}, std::nullopt);
  }));
  const auto known = sign_in_as("ann", "wrong");
  EXPECT_EQ(known.status, 401);
  EXPECT_EQ(secrets.verified, 1);
  int in_vain = 0;
  for (const auto& [name, password] : std::vector<std::pair<std::string, std::string>>{
           {"nobody", "wrong"}, {"nobody@example.org", ""}, {"gone", "password of gone"}, {"nopassword", "x"}, {"Not A Name", "x"}}) {
    const auto answer = sign_in_as(name, password);
    EXPECT_EQ(answer.status, 401) << name;
    EXPECT_EQ(answer.body, known.body) << name;
    EXPECT_EQ(secrets.verified_in_vain, ++in_vain) << name;  // one verification each, no more and no less
  }
  EXPECT_EQ(secrets.verified, 1);
  EXPECT_EQ(sign_in_as("ann", std::string(257, 'x')).status, 400);
  EXPECT_EQ(sign_in_as("", "x").status, 400);
  EXPECT_TRUE(audit_entries().empty());
}

TEST_P(SessionTest, ClosesANameFromItsTenthWrongPassword) {
  add_user("ann", {});
  for (const auto* name : {"ann", "nobody"}) {
    for (int i = 1; i <= 9; ++i) EXPECT_EQ(sign_in_as(name, "wrong").status, 401) << name << i;
    const auto tenth = sign_in_as(name, "wrong");
    EXPECT_EQ(tenth.status, 429) << name;
    EXPECT_EQ(tenth.header("Retry-After"), "900");
    EXPECT_EQ(sign_in_as(name, "wrong").status, 429);
  }
  const int verified = secrets.verified + secrets.verified_in_vain;
  EXPECT_EQ(verified, 20);
  EXPECT_EQ(sign_in_as("ann", "password of ann").status, 429);  // though it is right: nobody shall learn that now
  EXPECT_EQ(sign_in_as("ANN", "password of ann").status, 429);
  EXPECT_EQ(secrets.verified + secrets.verified_in_vain, verified);
  add_user("bob", {});
  EXPECT_EQ(sign_in_as("bob", "password of bob").status, 200);
  clock.advance(kWrongPasswordSeconds);
  EXPECT_EQ(sign_in_as("ann", "password of ann").status, 200);
}

// Else each way of writing it would have ten tries of its own. The Kelvin sign is a k where a locale makes it lower case.
TEST_P(SessionTest, TakesNoOtherTextForAName) {
  add_user("kelvin", {});
  EXPECT_EQ(sign_in_as("\u212Aelvin", "password of kelvin").code(), "session.wrong_password");
  EXPECT_EQ(secrets.verified, 0);
  EXPECT_EQ(secrets.verified_in_vain, 1);
  EXPECT_EQ(sign_in_as("Kelvin", "password of kelvin").status, 200);
}

TEST_P(SessionTest, IsNotClosedByRightPasswords) {
  add_user("ann", {});
  for (int i = 0; i < 9; ++i) EXPECT_EQ(sign_in_as("ann", "wrong").status, 401);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(sign_in_as("ann", "password of ann").status, 200);
  EXPECT_EQ(sign_in_as("ann", "wrong").status, 429);  // the tenth
}

TEST_P(SessionTest, ClosesANameForAllTriesAtOnce) {
  add_user("ann", {});
  constexpr int kThreads = 20;
  std::atomic<int> wrong = 0, closed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      int status = 503;
      while (status == 503) status = sign_in_as("ann", "wrong").status;  // the store was busy: nothing was tried
      wrong += status == 401 ? 1 : 0;
      closed += status == 429 ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 9);
  EXPECT_EQ(closed, kThreads - 9);
  EXPECT_EQ(secrets.verified, 10);
}

TEST_P(SessionTest, RemembersWrongPasswordsAcrossARestart) {
  add_user("ann", {});
  for (int i = 0; i < 10; ++i) static_cast<void>(sign_in_as("ann", "wrong"));
  const auto reopened = open_or_throw(options());
  AddressThrottle no_memory;
  const PasswordPorts ports{identity_ports, *reopened, *wrong_passwords, no_memory};
  const auto answer = sign_in({clock.now(), system, "test"}, ports, {"ann", "password of ann", "192.0.2.9"});
  EXPECT_EQ(error_of(answer), "password.throttled");
}

TEST_P(SessionTest, ClosesAnAddressOnlyAboveAHundredAMinute) {
  add_user("ann", {});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(sign_in_as(fmt::format("name{}", i), "wrong").status, 401);
  const auto answer = sign_in_as("ann", "password of ann");
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.code(), "password.address_throttled");
  clock.advance(60);
  EXPECT_EQ(sign_in_as("ann", "password of ann").status, 200);
}

TEST_P(SessionTest, ChangesOnesOwnPasswordAndEndsOtherSessions) {
  add_user("ann", {});
  const auto mine = cookie_of(sign_in_as("ann", "password of ann")), other = cookie_of(sign_in_as("ann", "password of ann"));
  const auto change = [&](const std::string& current, const std::string& next) {
    return with_cookie(mine, Method::Post, "/api/v1/me/password",
                       json::serialize(json::object{{"current_password", current}, {"new_password", next}}));
  };
  EXPECT_EQ(change("wrong", "a new password").complaint(), "current_password");
  EXPECT_EQ(change("password of ann", "short").complaint(), "new_password");
  EXPECT_EQ(change("wrong", "short").complaints(), (std::vector<std::string>{"current_password", "new_password"}));
  EXPECT_EQ(me(other), 200);
  EXPECT_EQ(change("password of ann", "a new password").status, 204);
  EXPECT_EQ(me(mine), 200);
  EXPECT_EQ(me(other), 401);
  EXPECT_EQ(sign_in_as("ann", "password of ann").status, 401);
  EXPECT_EQ(sign_in_as("ann", "a new password").status, 200);
  EXPECT_EQ(audit_actions(2), (std::vector<std::string>{"user.change_password", "user.sign_in"}));
  for (int i = 0; i < 12; ++i) static_cast<void>(change("wrong", "a new password"));
  EXPECT_EQ(change("a new password", "another password").status, 429);  // a stolen session can't guess on
}

TEST_P(SessionTest, ChangingOnesPasswordEndsTokensWhereOneSaysSo) {
  const auto ann = add_user("ann", Role::DataUser);
  const auto token = token_of(ann);
  const auto mine = cookie_of(sign_in_as("ann", "password of ann"));
  const auto with_token = [&] { return ask(routes, {.target = "/api/v1/me", .token = token}).status; };
  const auto change = [&](const std::string& current, const std::string& next, json::value end_tokens) {
    const json::object body{{"current_password", current}, {"new_password", next}, {"end_tokens", std::move(end_tokens)}};
    return with_cookie(mine, Method::Post, "/api/v1/me/password", json::serialize(body));
  };
  EXPECT_EQ(change("password of ann", "a new password", false).status, 204);
  EXPECT_EQ(with_token(), 200);
  EXPECT_EQ(change("a new password", "a third password", nullptr).complaint(), "end_tokens");
  EXPECT_EQ(change("a new password", "a third password", true).status, 204);
  EXPECT_EQ(with_token(), 401);
  EXPECT_EQ(me(mine), 200);
}

TEST_P(SessionTest, NoTransactionWaitsForAHash) {
  const auto ann = add_user("ann", Role::DomainAdministrator);
  const auto link =
      ask(routes, {.method = Method::Post, .target = "/api/v1/users/" + ann.id.text() + "/reset-link", .token = token_of(ann)});
  int written = 0;
  secrets.meanwhile = [&] {
    value_of(begin(TxMode::Write)->commit());
    ++written;
  };
  const auto use = [&](const std::string& given, const std::string& password) {
    return ask(routes, {.method = Method::Post,
                        .target = "/api/v1/password",
                        .body = json::serialize(json::object{{"link", given}, {"password", password}})});
  };
  EXPECT_EQ(use("nonsense", "a new password").status, 403);
  EXPECT_EQ(use(link.text("url"), "short").status, 400);
  EXPECT_EQ(written, 0) << "only for a link that holds";
  EXPECT_EQ(use(link.text("url"), "a new password").status, 200);
  EXPECT_EQ(written, 1);
  const auto cookie = cookie_of(sign_in_as("ann", "a new password"));
  EXPECT_EQ(sign_in_as("nobody", "a new password").status, 401);
  EXPECT_EQ(
      with_cookie(cookie, Method::Post, "/api/v1/me/password", R"({"current_password":"a new password","new_password":"a third password"})")
          .status,
      204);
  EXPECT_GT(written, 4);
}

TEST_P(SessionTest, ResetsAPasswordByAnAdministratorsLink) {
  const auto ann = add_user("ann", Role::DomainAdministrator);
  const auto bob = add_user("bob", Role::DataUser);
  const auto old_session = cookie_of(sign_in_as("bob", "password of bob"));
  const auto old_token = token_of(bob);
  const auto reset = "/api/v1/users/" + bob.id.text() + "/reset-link";
  EXPECT_EQ(ask(routes, {.method = Method::Post, .target = reset, .token = token_of(bob)}).status, 403);
  EXPECT_EQ(ask(routes, {.method = Method::Post, .target = "/api/v1/users/x/reset-link", .token = token_of(ann)}).status, 404);
  const auto link = ask(routes, {.method = Method::Post, .target = reset, .token = token_of(ann)});
  ASSERT_EQ(link.status, 201) << link.body;
  const auto url = link.text("url");
  EXPECT_TRUE(url.starts_with("http://weft.example/password#")) << url;
  EXPECT_EQ(link.text("expires_at"), to_rfc3339(clock.now().plus_seconds(kLinkSeconds)));

  const auto use = [&](const std::string& given, const std::string& password) {
    return ask(routes, {.method = Method::Post,
                        .target = "/api/v1/password",
                        .body = json::serialize(json::object{{"link", given}, {"password", password}})});
  };
  EXPECT_EQ(use("nonsense", "a new password").code(), "link.invalid");
  EXPECT_EQ(use(url, "short").complaint(), "password");  // which doesn't use it up
  const auto secret = url.substr(url.find('#') + 1);
  const auto used = use(secret, "a new password");
  ASSERT_EQ(used.status, 200) << used.body;
  EXPECT_EQ(used.body.at("user").at("name"), "bob");
  EXPECT_EQ(use(url, "a third password").code(), "link.invalid");
  EXPECT_EQ(me(old_session), 401);
  EXPECT_EQ(ask(routes, {.target = "/api/v1/me", .token = old_token}).code(), "token.invalid");
  EXPECT_EQ(sign_in_as("bob", "password of bob").status, 401);
  EXPECT_EQ(sign_in_as("bob", "a new password").status, 200);
  EXPECT_EQ(audit_actions(1), (std::vector<std::string>{"user.make_reset_link", "user.reset_password", "user.sign_in"}));
  EXPECT_EQ(audit_entries()[2].actor, bob.id);
  for (const auto& entry : audit_entries()) EXPECT_EQ(audit_preimage(entry).find(secret), std::string::npos);
}

TEST_P(SessionTest, MakesTheFirstAdministratorByALink) {
  const auto make = [&] {
    return value_of(
        write_as(system, [&](Tx& tx, const Context& context) { return make_first_link(tx, context, identity_ports, "http://h"); }));
  };
  const auto use = [&](const std::string& url, const std::string& name, const std::string& password = "the first password") {
    return ask(routes, {.method = Method::Post,
                        .target = "/api/v1/password",
                        .body = json::serialize(json::object{{"link", url}, {"password", password}, {"name", name}})});
  };
  const auto first = make(), second = make();  // started twice: only the newest counts
  ASSERT_TRUE(first && second);
  EXPECT_EQ(use(first->url, "root").code(), "link.invalid");
  EXPECT_EQ(use(second->url, "Bad Name").status, 400);
  EXPECT_EQ(use(second->url, "Bad Name", "short").complaints(), (std::vector<std::string>{"name", "password"}));
  const auto made = use(second->url, "root");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.body.at("user").at("roles"), json::parse(R"(["domain-administrator"])"));
  EXPECT_EQ(use(second->url, "root2").code(), "link.invalid");
  EXPECT_EQ(sign_in_as("root", "the first password").status, 200);
  EXPECT_FALSE(make());
}

TEST_P(SessionTest, MakesNoSecondAdministratorByAnOldFirstLink) {
  const auto link =
      value_of(write_as(system, [&](Tx& tx, const Context& context) { return make_first_link(tx, context, identity_ports, ""); }));
  add_user("ann", Role::DomainAdministrator);
  const auto answer = ask(routes, {.method = Method::Post,
                                   .target = "/api/v1/password",
                                   .body = json::serialize(json::object{{"link", link->url}, {"password", "the first password"}})});
  EXPECT_EQ(answer.code(), "link.invalid");
}

}  // namespace

}  // namespace weft
