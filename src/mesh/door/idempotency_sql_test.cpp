// The contract that every IdempotencyStore keeps.
#include "mesh/door/idempotency_sql.h"

#include <thread>

#include "mesh/door/mesh_fixture_test.h"

namespace weft {

namespace {

class IdempotencyStoreTest : public MeshTest {
 protected:
  Result<void> insert(const User& user, const std::string& key, const RememberedAnswer& answer) {
    return write_as(system, [&](Tx& tx, const Context& context) { return idempotency->insert(tx, user.id, key, answer, context.now); });
  }
  std::optional<RememberedAnswer> find(const User& user, const std::string& key) {
    auto tx = begin(TxMode::Read);
    return value_of(idempotency->find(*tx, user.id, key, clock.now()));
  }
  User ann = add_user("ann", {}), bob = add_user("bob", {});
};
INSTANTIATE_TEST_SUITE_P(Stores, IdempotencyStoreTest, kBothDialects, dialect_name);

TEST_P(IdempotencyStoreTest, KeepsAnAnswerForADay) {
  const RememberedAnswer answer{"hash", 201, R"({"ETag":"\"1\""})", R"({"token":"weft_ü"})"};
  value_of(insert(ann, "key", answer));
  const auto found = find(ann, "key");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->request_hash, answer.request_hash);
  EXPECT_EQ(found->status, answer.status);
  EXPECT_EQ(found->headers, answer.headers);
  EXPECT_EQ(found->body, answer.body);
  EXPECT_FALSE(find(bob, "key"));
  EXPECT_FALSE(find(ann, "other"));
  EXPECT_EQ(error_of(insert(ann, "key", answer)), "store.duplicate");
  value_of(insert(bob, "key", answer));
  clock.advance(24 * 3600 - 1);
  EXPECT_TRUE(find(ann, "key"));
  clock.advance(1);
  EXPECT_FALSE(find(ann, "key"));
  value_of(insert(ann, "key", {"new", 200, "{}", ""}));  // though the old one was not swept yet
  EXPECT_EQ(find(ann, "key")->request_hash, "new");
}

TEST_P(IdempotencyStoreTest, UnsealsAnAnswerOnlyInItsPlace) {
  value_of(insert(ann, "key", {"hash", 201, "{}", "secret"}));
  value_of(write_as(system, [&](Tx& tx, const Context&) -> Result<void> {
    CHECK(sql(tx).execute({"test.steal", "update idempotent_answers set user_id = ?"}, {bob.id}));
    return {};
  }));
  auto tx = begin(TxMode::Read);
  EXPECT_EQ(error_of(idempotency->find(*tx, bob.id, "key", clock.now())), "secret.unreadable");
}

TEST_P(IdempotencyStoreTest, SweepsWhatIsOld) {
  for (int i = 0; i < 3; ++i) value_of(insert(ann, fmt::format("old{}", i), {"", 200, "{}", ""}));
  clock.advance(24 * 3600);
  value_of(insert(ann, "new", {"", 200, "{}", ""}));
  const auto sweep = [&](int limit) {
    return value_of(write_as(system, [&](Tx& tx, const Context& context) { return idempotency->sweep(tx, context.now, limit); }));
  };
  EXPECT_EQ(sweep(2), 2);
  EXPECT_EQ(sweep(100), 1);
  EXPECT_TRUE(find(ann, "new"));
}

TEST_P(IdempotencyStoreTest, TakesOneOfManyAtOnce) {
  constexpr int kThreads = 10;
  std::atomic<int> taken = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto result = insert(ann, "key", {"hash", 201, "{}", ""});
      taken += result ? 1 : 0;
      refused += error_of(result) == "store.duplicate" ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, 1);
  EXPECT_EQ(refused, kThreads - 1);
}

}  // namespace

}  // namespace weft
