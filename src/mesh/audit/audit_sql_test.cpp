#include "mesh/audit/audit_sql.h"

#include <thread>

#include "mesh/audit/audit_http.h"
#include "mesh/domain/move_domain.h"
#include "mesh/door/mesh_fixture_test.h"

namespace weft {

namespace {

class AuditLogTest : public MeshTest {
 protected:
  Result<void> append(const Principal& who, const std::string& object, const std::string& domain, json::value after = nullptr) {
    return write_as(who, [&](Tx& tx, const Context& context) {
      return audit->append(tx, context, {"thing.change", "thing", object, domain, nullptr, after});
    });
  }
  void append_some(int count) {
    for (int i = 0; i < count; ++i) value_of(append(system, fmt::format("object-{}", i), "", json::object{{"i", i}}));
  }
  AuditVerdict verify() {
    auto tx = begin(TxMode::Read);
    return value_of(verify_audit(*tx, *audit, sha256_hex));
  }
  std::vector<std::string> objects(const AuditFilter& filter, PageRequest page = {}) {
    auto tx = begin(TxMode::Read);
    std::vector<std::string> objects;
    for (const auto& entry : value_of(audit->list(*tx, filter, page))) objects.push_back(entry.object_id);
    return objects;
  }
  // As somebody with the database's password could.
  void execute(std::string_view text) {
    auto tx = begin(TxMode::Write);
    value_of(sql(*tx).execute({"test.execute", text}, {}));
    value_of(tx->commit());
  }
  void tamper(std::string_view text) {
    if (GetParam() == Dialect::Sqlite) {
      for (auto trigger : {"update", "delete"}) execute(fmt::format("drop trigger if exists audit_entries_no_{}", trigger));
    } else {
      execute("alter table audit_entries disable trigger all");
    }
    execute(text);
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, AuditLogTest, kBothDialects, dialect_name);

TEST_P(AuditLogTest, ChainsWhatIsAppended) {
  const auto ann = add_user("ann", Role::DomainAdministrator);
  value_of(append(principal_of(ann), "first", "sales", json::object{{"z", 0.1}, {"a", "é"}}));
  value_of(append(system, "second", ""));
  const auto entries = audit_entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].sequence, 1);
  EXPECT_EQ(entries[0].actor, ann.id);
  EXPECT_EQ(entries[0].actor_name, "ann");
  EXPECT_EQ(entries[0].domain, "sales");
  EXPECT_EQ(entries[0].before, "null");
  EXPECT_EQ(entries[0].after, R"({"a":"é","z":1E-1})");
  EXPECT_EQ(entries[0].request_id, "test");
  EXPECT_EQ(entries[0].at, clock.now());
  EXPECT_EQ(entries[0].previous_hash, "");
  EXPECT_EQ(entries[1].previous_hash, entries[0].hash);
  EXPECT_TRUE(entries[1].actor.empty());
  EXPECT_EQ(entries[1].actor_name, "system");
  const auto verdict = verify();
  EXPECT_EQ(verdict.entries, 2);
  EXPECT_FALSE(verdict.first_bad) << verdict.complaint;
}

TEST_P(AuditLogTest, RollsBackWithItsTransaction) {
  append_some(1);
  {
    auto tx = begin(TxMode::Write);
    value_of(audit->append(*tx, {clock.now(), system, "test"}, {"thing.change", "thing", "lost", "", nullptr, nullptr}));
  }
  append_some(1);
  EXPECT_EQ(audit_entries().size(), 2U);
  EXPECT_FALSE(verify().first_bad);
}

TEST_P(AuditLogTest, RefusesEveryOtherChange) {
  append_some(2);
  std::vector<std::string> attacks = {"update audit_entries set action = 'x' where sequence = 1",
                                      "delete from audit_entries where sequence = 2"};
  if (GetParam() == Dialect::Postgres) attacks.emplace_back("truncate audit_entries");
  for (const auto& attack : attacks) {
    auto tx = begin(TxMode::Write);
    EXPECT_FALSE(sql(*tx).execute({"test.attack", attack}, {})) << attack;
  }
  EXPECT_EQ(audit_entries().size(), 2U);
}

TEST_P(AuditLogTest, ShowsWhatGotPastTheTriggers) {
  const struct {
    std::string_view attack;
    std::int64_t first_bad;
    std::string_view complaint;
  } cases[] = {
      {"update audit_entries set actor_name = 'somebody else' where sequence = 3", 3, "is not what was written"},
      {"update audit_entries set at = at + 1 where sequence = 1", 1, "is not what was written"},
      {"update audit_entries set hash = 'x' where sequence = 5", 5, "is not what was written"},
      {"delete from audit_entries where sequence = 1", 1, "is missing"},
      {"delete from audit_entries where sequence = 3", 3, "is missing"},
      {"delete from audit_entries where sequence >= 4", 4, "entries 4 to 5 are missing"},
      {"insert into audit_entries select 0, 'x', at, actor_id, 'eve', action, object_type, object_id, domain, before_json, "
       "after_json, request_id, '', 'x' from audit_entries where sequence = 2",
       0, "stands before the first"},
      {"insert into audit_entries select -7, 'x', at, actor_id, 'eve', action, object_type, object_id, domain, before_json, "
       "after_json, request_id, '', 'x' from audit_entries where sequence = 2",
       -7, "stands before the first"},
      {"update audit_head set hash = 'x'", 5, "the chain's head"},
      {"update audit_head set sequence = 4", 5, "the chain's head"},
  };
  append_some(5);
  ASSERT_FALSE(verify().first_bad);
  for (const auto& [attack, first_bad, complaint] : cases) {
    // Each on the same chain: what it does is rolled back.
    auto tx = begin(TxMode::Write);
    if (GetParam() == Dialect::Sqlite) {
      for (auto trigger : {"update", "delete"}) {
        value_of(sql(*tx).execute({"test.tamper", fmt::format("drop trigger audit_entries_no_{}", trigger)}, {}));
      }
    } else {
      value_of(sql(*tx).execute({"test.tamper", "alter table audit_entries disable trigger all"}, {}));
    }
    value_of(sql(*tx).execute({"test.tamper", attack}, {}));
    const auto verdict = value_of(verify_audit(*tx, *audit, sha256_hex));
    EXPECT_EQ(verdict.first_bad, first_bad) << attack << ": " << verdict.complaint;
    EXPECT_NE(verdict.complaint.find(complaint), std::string::npos) << attack << ": " << verdict.complaint;
  }
}

TEST_P(AuditLogTest, NoticesAForgedEntryThatReplacesOneWithAllHashesAfterIt) {
  append_some(3);
  auto forged = audit_entries().back();
  forged.action = "thing.nothing";
  tamper(
      fmt::format("update audit_entries set action = 'thing.nothing', hash = '{}' where sequence = 3", sha256_hex(audit_preimage(forged))));
  const auto verdict = verify();
  EXPECT_EQ(verdict.first_bad, 3) << verdict.complaint;  // the head names another
}

// SQLite keeps a text in an integer column.
TEST_P(AuditLogTest, NamesAnEntryWithAValueOfAnotherType) {
  if (GetParam() != Dialect::Sqlite) return;
  append_some(3);
  tamper("update audit_entries set at = 'abc' where sequence = 2");
  auto tx = begin(TxMode::Read);
  const auto verdict = verify_audit(*tx, *audit, sha256_hex);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().id, "audit.unreadable");
  EXPECT_NE(verdict.error().message.find("Entry 2"), std::string::npos) << verdict.error().message;
}

TEST_P(AuditLogTest, KeepsOneChainUnderConcurrentWriters) {
  constexpr int kThreads = 8, kEach = 10;
  std::atomic<int> appended = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) appended += append(system, fmt::format("{}-{}", t, i), "").has_value() ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(appended, kThreads * kEach);
  const auto verdict = verify();
  EXPECT_EQ(verdict.entries, kThreads * kEach);
  EXPECT_FALSE(verdict.first_bad) << verdict.complaint;
}

TEST_P(AuditLogTest, Filters) {
  const auto ann = add_user("ann", Role::DomainAdministrator);
  const auto who = principal_of(ann);
  add_domain("sales");
  add_domain("sales.emea");
  add_domain("salesforce");
  value_of(append(who, "a", "sales"));
  clock.advance(10);
  value_of(append(who, "b", "sales.emea"));
  clock.advance(10);
  value_of(append(system, "c", "salesforce"));
  value_of(append(system, "a", ""));
  const auto t0 = clock.now().plus_seconds(-20);
  using Objects = std::vector<std::string>;
  EXPECT_EQ(objects({}), (Objects{"a", "c", "b", "a"}));
  EXPECT_EQ(objects({.domain = "sales"}), (Objects{"b", "a"}));
  EXPECT_EQ(objects({.domain = "sales.emea"}), Objects{"b"});
  EXPECT_EQ(objects({.domain = "nowhere"}), Objects{});
  EXPECT_EQ(objects({.object = "a"}), (Objects{"a", "a"}));
  EXPECT_EQ(objects({.actor = "ann"}), (Objects{"b", "a"}));
  EXPECT_EQ(objects({.actor = ann.id.text()}), (Objects{"b", "a"}));
  EXPECT_EQ(objects({.actor = "system"}), (Objects{"a", "c"}));
  EXPECT_EQ(objects({.from = t0.plus_seconds(10)}), (Objects{"a", "c", "b"}));
  EXPECT_EQ(objects({.to = t0.plus_seconds(10)}), Objects{"a"});
  EXPECT_EQ(objects({.visible_domains = {{"sales.emea", "salesforce"}}}), (Objects{"c", "b"}));
  EXPECT_EQ(objects({.visible_domains = std::vector<std::string>{}}), Objects{});
  EXPECT_EQ(objects({.domain = "sales", .visible_domains = {{"salesforce"}}}), Objects{});
  EXPECT_EQ(objects({}, {2, {}}), (Objects{"a", "c", "b"}));  // one more says that there are more
  EXPECT_EQ(objects({}, {2, "3"}), (Objects{"b", "a"}));
  auto tx = begin(TxMode::Read);
  EXPECT_EQ(error_of(audit->list(*tx, {}, {2, "x"})), "query.cursor");
}

// A domain's history goes with it to its new place, and to whoever owns that.
TEST_P(AuditLogTest, FindsADomainsHistoryUnderItsNewPath) {
  add_domain("sales");
  add_domain("sales.emea");
  add_domain("europe");
  value_of(append(system, "old", "sales.emea"));
  value_of(write_as(system,
                    [&](Tx& tx, const Context& context) { return move_domain(tx, context, domain_ports, {"sales.emea", "europe", {}}); }));
  value_of(append(system, "new", "europe.emea"));
  const auto seen = objects({.domain = "europe"});
  EXPECT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen.back(), "old");
  EXPECT_TRUE(objects({.domain = "sales"}).empty());
  EXPECT_EQ(objects({.visible_domains = {{"europe.emea"}}}), seen);
}

TEST_P(AuditLogTest, ShowsEachRoleItsPart) {
  const auto administrator = add_user("ann", Role::DomainAdministrator);
  const auto governor = add_user("gus", Role::Governance);
  const auto owner = add_user("olga", Role::DomainOwner);
  const auto reader = add_user("rita", Role::DataUser);
  add_domain("sales", {owner});
  add_domain("hr");
  value_of(append(principal_of(administrator), "x", "sales", json::object{{"k", "v"}}));
  value_of(append(system, "y", "hr"));
  const auto routes = audit_routes({*audit, *domains});
  const auto count = [&](const User& user, const std::string& query) {
    const auto answer = ask(routes, {.target = "/api/v1/audit" + query, .token = token_of(user)});
    return answer.status == 200 ? static_cast<int>(answer.count()) : -answer.status;
  };
  EXPECT_EQ(count(administrator, ""), 2);
  EXPECT_EQ(count(governor, ""), 0);
  EXPECT_EQ(count(owner, ""), 1);
  EXPECT_EQ(count(owner, "?domain=hr"), 0);
  EXPECT_EQ(count(reader, ""), -403);
  EXPECT_EQ(count(administrator, "?unknown=1"), -400);
  EXPECT_EQ(count(administrator, "?from=yesterday"), -400);

  const auto answer = ask(routes, {.target = "/api/v1/audit?object=x", .token = token_of(owner)});
  const auto& entry = answer.body.at("items").at(0);
  EXPECT_EQ(entry.at("actor").at("name"), "ann");
  EXPECT_EQ(entry.at("action"), "thing.change");
  EXPECT_EQ(entry.at("object"), json::parse(R"({"type":"thing","id":"x"})"));
  EXPECT_EQ(entry.at("domain"), "sales");
  EXPECT_TRUE(entry.at("before").is_null());
  EXPECT_EQ(entry.at("after").at("k"), "v");
  EXPECT_EQ(entry.at("at"), json::value(to_rfc3339(clock.now())));
  EXPECT_EQ(entry.at("request_id"), "test");
  const auto second = ask(routes, {.target = "/api/v1/audit?actor=system", .token = token_of(administrator)});
  EXPECT_TRUE(second.body.at("items").at(0).at("actor").at("id").is_null());
}

// Besides what happened in its own domains governance sees what it answers for, and of products their outline.
TEST_P(AuditLogTest, ShowsGovernanceWhatItAnswersFor) {
  const auto governor = add_user("gus", Role::Governance);
  const auto owning = add_user("rita", Role::Governance | Role::DomainOwner);
  const auto former = add_user("fred", Role::Governance);  // named as an owner, without the role
  add_domain("sales", {owning, former});
  add_domain("hr");
  const json::object product{
      {"domain", "hr"}, {"name", "pay"}, {"state", "published"}, {"published_version", 2}, {"draft", json::object{{"sql", "secret"}}}};
  const std::pair<std::string, bool> actions[] = {
      {"subscription.request", true}, {"domain.change", true},     {"product.create", false},  {"product.change", false},
      {"product.publish", true},      {"product.deprecate", true}, {"product.refresh", false}, {"product.reinstate", true},
      {"product.retire", true},       {"product.remove", false},   {"element.map", false},     {"data_store.register", false},
      {"run.request", false},         {"user.create", false}};
  std::vector<std::string> governed, all;
  for (const std::string domain : {"hr", "sales"}) {
    for (const auto& [action, seen] : actions) {
      const auto type = action.substr(0, action.find('.'));
      value_of(write_as(system, [&](Tx& tx, const Context& context) {
        return audit->append(tx, context, {action, type, "x", domain, nullptr, product});
      }));
      const auto shown = fmt::format("{} {}", action, domain);
      if (seen) governed.insert(governed.begin(), shown);
      if (seen || domain == "sales") all.insert(all.begin(), shown);
    }
  }
  const auto routes = audit_routes({*audit, *domains});
  // In pages of three; of others' products only the outline is in there.
  const auto seen_by = [&](const User& user) {
    std::vector<std::string> seen;
    std::string cursor;
    const auto token = token_of(user);
    do {
      const auto answer = ask(routes, {.target = "/api/v1/audit?limit=3" + cursor, .token = token});
      EXPECT_EQ(answer.status, 200);
      for (const auto& item : answer.body.at("items").as_array()) {
        seen.push_back(fmt::format("{} {}", std::string(item.at("action").as_string()), std::string(item.at("domain").as_string())));
        const bool whole = item.at("after").as_object().contains("draft");
        const bool product_of_others = item.at("object").at("type") == "product" && (item.at("domain") != "sales" || user.id != owning.id);
        EXPECT_EQ(whole, !product_of_others) << seen.back();
        if (!whole) {
          EXPECT_EQ(item.at("after"), json::parse(R"({"name":"pay","state":"published","published_version":2})"));
        }
        EXPECT_TRUE(item.at("before").is_null());
      }
      EXPECT_TRUE(answer.body.at("next").is_null() || answer.count() == 3);
      cursor = answer.body.at("next").is_null() ? "" : "&cursor=" + answer.text("next");
    } while (!cursor.empty());
    return seen;
  };
  EXPECT_EQ(seen_by(governor), governed);
  EXPECT_EQ(seen_by(former), governed);
  EXPECT_EQ(seen_by(owning), all);
}

TEST_P(AuditLogTest, PagesThroughTheRoute) {
  append_some(5);
  const auto token = token_of(add_user("ann", Role::DomainAdministrator));
  const auto routes = audit_routes({*audit, *domains});
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const auto answer = ask(routes, {.target = "/api/v1/audit?limit=2" + cursor, .token = token});
    ASSERT_EQ(answer.status, 200);
    for (const auto& item : answer.body.at("items").as_array()) seen.emplace_back(item.at("object").at("id").as_string());
    cursor = answer.body.at("next").is_null() ? "" : "&cursor=" + answer.text("next");
  } while (!cursor.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"object-4", "object-3", "object-2", "object-1", "object-0"}));
}

}  // namespace

}  // namespace weft
