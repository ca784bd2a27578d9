// The contracts that every UserStore, CredentialStore and WrongPasswordStore keeps.
#include <thread>

#include "mesh/door/mesh_fixture_test.h"

namespace weft {

namespace {

class IdentityStoreTest : public MeshTest {
 protected:
  template <typename Work>
  auto write(Work work) -> decltype(work(std::declval<Tx&>())) {
    return write_as(system, [&](Tx& tx, const Context&) { return work(tx); });
  }
  std::vector<std::string> names(Result<std::vector<User>> found) {
    std::vector<std::string> names;
    for (const auto& user : value_of(std::move(found))) names.push_back(user.name);
    return names;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, IdentityStoreTest, kBothDialects, dialect_name);

using Names = std::vector<std::string>;

TEST_P(IdentityStoreTest, FindsUsers) {
  const auto ann = add_user("ann", Role::DomainAdministrator | Role::DataUser);
  auto tx = begin(TxMode::Read);
  EXPECT_EQ(to_json(*value_of(users->find(*tx, ann.id))), to_json(ann));
  EXPECT_EQ(value_of(users->find_by_name(*tx, "ANN"))->id, ann.id);
  const auto kelvin = add_user("kelvin", {});
  tx = begin(TxMode::Read);
  EXPECT_EQ(value_of(users->find_by_name(*tx, "KELVIN"))->id, kelvin.id);
  EXPECT_FALSE(value_of(users->find_by_name(*tx, "\u212Aelvin"))) << "a sign that becomes a k where a locale makes it lower case";
  EXPECT_FALSE(value_of(users->find(*tx, UserId("nobody"))));
  EXPECT_FALSE(value_of(users->find_by_name(*tx, "nobody")));
  EXPECT_EQ(error_of(get_user(*tx, *users, UserId("nobody"))), "user.not_found");
  EXPECT_EQ(value_of(users->password_hash(*tx, ann.id)), "cheap:password of ann");
  EXPECT_EQ(value_of(users->password_hash(*tx, UserId("nobody"))), std::nullopt);
}

TEST_P(IdentityStoreTest, ListsUsersByRoleAndPage) {
  for (const auto& [name, roles] : std::vector<std::pair<std::string, Roles>>{
           {"zoe", Role::Governance}, {"ann", Role::DomainAdministrator | Role::Governance}, {"bob", {}}, {"cat", Role::Governance}}) {
    add_user(name, roles);
    clock.advance(1);  // ids sort by time
  }
  auto tx = begin(TxMode::Read);
  EXPECT_EQ(names(users->list(*tx, {}, {})), (Names{"zoe", "ann", "bob", "cat"}));
  EXPECT_EQ(names(users->list(*tx, {Role::Governance}, {})), (Names{"zoe", "ann", "cat"}));
  EXPECT_EQ(names(users->list(*tx, {Role::DataUser}, {})), Names{});
  const auto first = value_of(users->list(*tx, {}, {1, {}}));
  EXPECT_EQ(first.size(), 2U);
  EXPECT_EQ(names(users->list(*tx, {}, {10, first.front().id.text()})), (Names{"ann", "bob", "cat"}));
  EXPECT_EQ(names(users->with_role(*tx, Role::Governance)), (Names{"ann", "cat", "zoe"}));
}

TEST_P(IdentityStoreTest, UpdatesOnlyThePresentVersion) {
  auto ann = add_user("ann", {});
  EXPECT_EQ(error_of(write([&](Tx& tx) { return users->insert(tx, {UserId("x"), "ann", "", {}, UserState::Active, {}, 1}, {}); })),
            "user.name_taken");
  ann.email = "new@example.org";
  ann.roles = Role::DomainOwner;
  ann.state = UserState::Disabled;
  value_of(write([&](Tx& tx) { return users->update(tx, ann); }));
  EXPECT_EQ(error_of(write([&](Tx& tx) { return users->update(tx, ann); })), "user.changed");
  auto tx = begin(TxMode::Read);
  const auto changed = *value_of(users->find(*tx, ann.id));
  EXPECT_EQ(to_json(changed), to_json(ann));
  EXPECT_EQ(changed.version, 2);
  EXPECT_TRUE(names(users->with_role(*tx, Role::DomainOwner)).empty());  // disabled
}

TEST_P(IdentityStoreTest, LoadsAPrincipalWithItsActiveDomains) {
  const auto olga = add_user("olga", Role::DomainOwner);
  for (const auto* path : {"sales", "hr", "gone"}) add_domain(path, {olga});
  value_of(write([&](Tx& tx) -> Result<void> {
    auto gone = TRY(get_domain(tx, *domains, "gone"));
    gone.state = DomainState::Archived;
    return domains->update(tx, gone);
  }));
  const auto principal = principal_of(olga);
  EXPECT_EQ(principal.id, olga.id);
  EXPECT_EQ(principal.name, "olga");
  EXPECT_EQ(principal.roles, Roles(Role::DomainOwner));
  EXPECT_EQ(principal.owned_domains, (Names{"hr", "sales"}));
  auto disabled = olga;
  disabled.state = UserState::Disabled;
  value_of(write([&](Tx& tx) { return users->update(tx, disabled); }));
  auto tx = begin(TxMode::Read);
  EXPECT_FALSE(value_of(users->find_principal(*tx, olga.id)));
  EXPECT_FALSE(value_of(users->find_principal(*tx, UserId("nobody"))));
}

TEST_P(IdentityStoreTest, CountsActiveAdministrators) {
  auto ann = add_user("ann", Role::DomainAdministrator | Role::DataUser);
  add_user("bob", Role::DomainAdministrator);
  add_user("cat", Role::Governance);
  const auto count = [&] {
    auto tx = begin(TxMode::Read);
    return value_of(users->count_administrators(*tx));
  };
  EXPECT_EQ(count(), 2);
  ann.state = UserState::Disabled;
  value_of(write([&](Tx& tx) { return users->update(tx, ann); }));
  EXPECT_EQ(count(), 1);
}

TEST_P(IdentityStoreTest, KeepsSessionsUntilTheyEnd) {
  const auto ann = add_user("ann", {}), bob = add_user("bob", {});
  const auto find = [&](const std::string& hash) {
    auto tx = begin(TxMode::Read);
    const auto owner = value_of(credentials->find_session(*tx, hash, clock.now()));
    return owner ? std::optional(owner->user) : std::nullopt;
  };
  const auto insert = [&](const std::string& hash, const User& user) {
    value_of(write([&](Tx& tx) { return credentials->insert_session(tx, hash, user.id, clock.now(), clock.now().plus_seconds(60)); }));
  };
  for (const auto* hash : {"a1", "a2", "a3"}) insert(hash, ann);
  insert("b1", bob);
  EXPECT_EQ(find("a1"), ann.id);
  EXPECT_EQ(find("nothing"), std::nullopt);
  value_of(write([&](Tx& tx) { return credentials->end_session(tx, "a1"); }));
  EXPECT_EQ(find("a1"), std::nullopt);
  value_of(write([&](Tx& tx) { return credentials->end_sessions(tx, ann.id, "a2"); }));
  EXPECT_EQ(find("a2"), ann.id);
  EXPECT_EQ(find("a3"), std::nullopt);
  EXPECT_EQ(find("b1"), bob.id);
  value_of(write([&](Tx& tx) { return credentials->end_sessions(tx, ann.id, ""); }));
  EXPECT_EQ(find("a2"), std::nullopt);
  clock.advance(60);
  EXPECT_EQ(find("b1"), std::nullopt);
}

TEST_P(IdentityStoreTest, KeepsOnlyTheNewestSessions) {
  const auto ann = add_user("ann", {});
  for (int i = 0; i <= kMaxSessionsPerUser; ++i) {
    clock.advance(1);
    value_of(write([&](Tx& tx) {
      return credentials->insert_session(tx, fmt::format("s{}", i), ann.id, clock.now(), clock.now().plus_seconds(6000));
    }));
  }
  auto tx = begin(TxMode::Read);
  EXPECT_FALSE(value_of(credentials->find_session(*tx, "s0", clock.now())));
  EXPECT_TRUE(value_of(credentials->find_session(*tx, "s1", clock.now())));
  EXPECT_TRUE(value_of(credentials->find_session(*tx, fmt::format("s{}", kMaxSessionsPerUser), clock.now())));
}

TEST_P(IdentityStoreTest, KeepsTokensUntilTheyEnd) {
  const auto ann = add_user("ann", {}), bob = add_user("bob", {});
  const Token forever{TokenId("t1"), ann.id, "forever", clock.now(), {}};
  const Token brief{TokenId("t2"), ann.id, "brief", clock.now(), clock.now().plus_seconds(60)};
  value_of(write([&](Tx& tx) -> Result<void> {
    CHECK(credentials->insert_token(tx, forever, "h1"));
    return credentials->insert_token(tx, brief, "h2");
  }));
  const auto find = [&](const std::string& hash) {
    auto tx = begin(TxMode::Read);
    return value_of(credentials->find_token_user(*tx, hash, clock.now()));
  };
  const auto owned_by = [](const User& user, std::optional<Timestamp> until) { return CredentialOwner{user.id, until}; };
  EXPECT_EQ(find("h1"), owned_by(ann, {}));
  EXPECT_EQ(find("h2"), owned_by(ann, brief.expires_at));
  EXPECT_EQ(find("h3"), std::nullopt);
  {
    auto tx = begin(TxMode::Read);
    EXPECT_EQ(value_of(credentials->count_tokens(*tx, ann.id, clock.now())), 2);
    const auto listed = value_of(credentials->list_tokens(*tx, ann.id, {}));
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_EQ(to_json(listed[1]), to_json(brief));
    EXPECT_EQ(value_of(credentials->list_tokens(*tx, ann.id, {1, "t1"})).size(), 1U);
    EXPECT_TRUE(value_of(credentials->list_tokens(*tx, bob.id, {})).empty());
    EXPECT_EQ(value_of(credentials->find_token(*tx, TokenId("t1"), ann.id))->name, "forever");
    EXPECT_FALSE(value_of(credentials->find_token(*tx, TokenId("t1"), bob.id)));
  }
  clock.advance(60);
  EXPECT_EQ(find("h2"), std::nullopt);
  EXPECT_FALSE(value_of(write([&](Tx& tx) { return credentials->delete_token(tx, TokenId("t1"), bob.id); })));
  EXPECT_EQ(find("h1"), owned_by(ann, {}));
  EXPECT_TRUE(value_of(write([&](Tx& tx) { return credentials->delete_token(tx, TokenId("t1"), ann.id); })));
  EXPECT_EQ(find("h1"), std::nullopt);
}

TEST_P(IdentityStoreTest, LetsALinkBeTakenOnce) {
  const auto ann = add_user("ann", {});
  const auto insert = [&](const std::string& hash, std::optional<UserId> user) {
    value_of(write([&](Tx& tx) { return credentials->insert_link(tx, hash, user, clock.now().plus_seconds(60)); }));
  };
  const auto take = [&](const std::string& hash) {
    return value_of(write([&](Tx& tx) { return credentials->take_link(tx, hash, clock.now()); }));
  };
  insert("l1", ann.id);
  insert("l2", ann.id);  // replaces it
  insert("f1", {});
  insert("f2", {});
  for (const auto* gone : {"l1", "f1", "nothing"}) EXPECT_FALSE(take(gone)) << gone;
  EXPECT_EQ(take("l2"), std::optional(std::optional(ann.id)));
  EXPECT_FALSE(take("l2"));
  const auto first = take("f2");
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, std::nullopt);
  insert("l3", ann.id);
  clock.advance(60);
  EXPECT_FALSE(take("l3"));
}

TEST_P(IdentityStoreTest, SweepsWhatIsOver) {
  const auto ann = add_user("ann", {});
  value_of(write([&](Tx& tx) -> Result<void> {
    for (const std::int64_t seconds : {10, 20, 1000}) {
      const auto end = clock.now().plus_seconds(seconds);
      const auto name = fmt::to_string(seconds);
      CHECK(credentials->insert_session(tx, name, ann.id, clock.now(), end));
      CHECK(credentials->insert_token(tx, {TokenId(name), ann.id, name, clock.now(), end}, name));
    }
    CHECK(credentials->insert_token(tx, {TokenId("forever"), ann.id, "forever", clock.now(), {}}, "forever"));
    return credentials->insert_link(tx, "link", ann.id, clock.now().plus_seconds(10));
  }));
  clock.advance(20);
  const auto sweep = [&](int limit) { return value_of(write([&](Tx& tx) { return credentials->sweep(tx, clock.now(), limit); })); };
  EXPECT_EQ(sweep(1), 3);  // one of each
  EXPECT_EQ(sweep(100), 2);
  EXPECT_EQ(sweep(100), 0);
  auto tx = begin(TxMode::Read);
  EXPECT_TRUE(value_of(credentials->find_session(*tx, "1000", clock.now())));
  EXPECT_EQ(value_of(credentials->list_tokens(*tx, ann.id, {})).size(), 2U);
}

TEST_P(IdentityStoreTest, CountsTriesOfOneNameAtOnce) {
  constexpr int kThreads = 20;
  std::atomic<int> verify = 0, last = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto attempt =
          write_as(system, [&](Tx& tx, const Context& context) { return wrong_passwords->begin_try(tx, "name", context.now); });
      if (!attempt) return;
      verify += attempt->verdict == PasswordTry::Verdict::Verify ? 1 : 0;
      last += attempt->verdict == PasswordTry::Verdict::LastVerify ? 1 : 0;
      refused += attempt->verdict == PasswordTry::Verdict::Refuse ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(verify, 9);
  EXPECT_EQ(last, 1);
  EXPECT_EQ(refused, kThreads - 10);
}

TEST_P(IdentityStoreTest, ForgetsRightPasswordsAndSweepsOldNames) {
  const auto begin_try = [&](const std::string& name) {
    return value_of(write([&](Tx& tx) { return wrong_passwords->begin_try(tx, name, clock.now()); })).verdict;
  };
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(begin_try("ann"), PasswordTry::Verdict::Verify);
    value_of(write([&](Tx& tx) { return wrong_passwords->forget_try(tx, "ann", clock.now()); }));
  }
  for (int i = 0; i < 9; ++i) begin_try("bob");
  EXPECT_EQ(begin_try("bob"), PasswordTry::Verdict::LastVerify);
  value_of(write([&](Tx& tx) { return wrong_passwords->forget_try(tx, "bob", clock.now()); }));
  EXPECT_EQ(begin_try("bob"), PasswordTry::Verdict::LastVerify);
  EXPECT_EQ(begin_try("cat"), PasswordTry::Verdict::Verify);  // names don't share
  const auto sweep = [&](int limit) { return value_of(write([&](Tx& tx) { return wrong_passwords->sweep(tx, clock.now(), limit); })); };
  EXPECT_EQ(sweep(10), 0);
  clock.advance(kWrongPasswordSeconds);
  EXPECT_EQ(sweep(1), 1);
  EXPECT_EQ(sweep(10), 1);
}

}  // namespace

}  // namespace weft
