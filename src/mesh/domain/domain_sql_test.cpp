// The contract that every DomainStore keeps.
#include "mesh/domain/domain_sql.h"

#include "mesh/door/mesh_fixture_test.h"

namespace weft {

namespace {

class DomainStoreTest : public MeshTest {
 protected:
  std::optional<Domain> find(const std::string& path) {
    auto tx = begin(TxMode::Read);
    return value_of(domains->find_by_path(*tx, path));
  }
  std::vector<std::string> paths(const DomainFilter& filter, PageRequest page = {}) {
    auto tx = begin(TxMode::Read);
    std::vector<std::string> paths;
    for (const auto& domain : value_of(domains->list(*tx, filter, page))) paths.push_back(domain.path);
    return paths;
  }
  template <typename Work>
  auto write(Work work) -> decltype(work(std::declval<Tx&>())) {
    return write_as(system, [&](Tx& tx, const Context&) { return work(tx); });
  }
  Result<void> move(const std::string& path, const std::string& new_path) {
    return write([&](Tx& tx) -> Result<void> {
      CHECK(domains->lock_tree(tx));
      const auto domain = TRY(get_domain(tx, *domains, path));
      std::optional<DomainId> parent;
      if (const auto dot = new_path.rfind('.'); dot != std::string::npos) {
        parent = TRY(get_domain(tx, *domains, new_path.substr(0, dot))).id;
      }
      return domains->move(tx, domain, parent, new_path, clock.now());
    });
  }
  // As other nouns leave their rows.
  Result<void> execute(std::string_view text, const SqlParams& params) {
    return write([&](Tx& tx) -> Result<void> {
      CHECK(sql(tx).execute({"test.execute", text}, params));
      return {};
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, DomainStoreTest, kBothDialects, dialect_name);

TEST_P(DomainStoreTest, GivesBackWhatWasInserted) {
  const auto olga = add_user("olga", Role::DomainOwner);
  const auto oskar = add_user("oskar", Role::DomainOwner);
  add_domain("sales");
  Domain domain;
  domain.id = DomainId::make(clock.now());
  domain.parent = find("sales")->id;
  domain.name = "emea";
  domain.path = "sales.emea";
  domain.title = "Sales, \"EMEA\"";
  domain.description = "Ünïcode 🧵";
  domain.tags = {"core", "a, b"};
  domain.owners = {{oskar.id, "oskar"}, {olga.id, "olga"}};
  domain.created_at = {1};
  domain.updated_at = {2};
  value_of(write([&](Tx& tx) { return domains->insert(tx, domain); }));
  auto tx = begin(TxMode::Read);
  const auto by_id = value_of(domains->find(*tx, domain.id));
  ASSERT_TRUE(by_id);
  EXPECT_EQ(to_json(*by_id), to_json(domain));  // owners in the order in which they were named
  EXPECT_EQ(by_id->parent, domain.parent);
  EXPECT_EQ(by_id->version, 1);
  EXPECT_EQ(value_of(get_domain(*tx, *domains, "sales.emea")).id, domain.id);
  EXPECT_EQ(value_of(get_domain(*tx, *domains, domain.id.text())).id, domain.id);
  for (const auto& missing : {"sales.apac", "", "no such path", "019c0000-0000-7000-8000-000000000000"}) {
    EXPECT_EQ(error_of(get_domain(*tx, *domains, missing)), "domain.not_found") << missing;
  }
}

// Who lost the role or is disabled is nobody's owner meanwhile, and an owner again afterwards, whatever was written of the domain.
TEST_P(DomainStoreTest, NamesThoseInWhomOwnershipCounts) {
  auto olga = add_user("olga", Role::DomainOwner);
  auto oskar = add_user("oskar", Role::DomainOwner);
  add_domain("sales");
  add_domain("sales.emea");
  const auto set_owners = [&](const std::string& path, const std::vector<User>& owners) {
    auto domain = *find(path);
    domain.owners.clear();
    for (const auto& owner : owners) domain.owners.push_back({owner.id, owner.name});
    value_of(write([&](Tx& tx) { return domains->update(tx, domain); }));
  };
  const auto change = [&](User& user) {
    value_of(write([&](Tx& tx) { return users->update(tx, user); }));
    ++user.version;
  };
  const auto names = [](const std::vector<OwnerName>& owners) {
    std::vector<std::string> list;
    for (const auto& owner : owners) list.push_back(owner.name);
    return list;
  };
  const auto answering = [&](std::string_view path) {
    auto tx = begin(TxMode::Read);
    return names(value_of(answering_owners(*tx, *domains, path)));
  };
  using Names = std::vector<std::string>;
  set_owners("sales", {oskar});
  set_owners("sales.emea", {olga, oskar});
  EXPECT_EQ(answering("sales.emea"), (Names{"olga", "oskar"}));
  oskar.roles = Role::DataUser;
  change(oskar);
  olga.state = UserState::Disabled;
  change(olga);
  auto domain = *find("sales.emea");
  EXPECT_EQ(names(domain.owners), Names{});
  EXPECT_EQ(names(domain.dormant_owners), (Names{"olga", "oskar"}));
  EXPECT_EQ(answering("sales.emea"), Names{});
  domain.title = "Europe";
  value_of(write([&](Tx& tx) { return domains->update(tx, domain); }));
  oskar.roles = Role::DomainOwner;
  change(oskar);
  EXPECT_EQ(names(find("sales.emea")->owners), Names{"oskar"});
  olga.state = UserState::Active;
  change(olga);
  EXPECT_EQ(names(find("sales.emea")->owners), (Names{"olga", "oskar"}));
  set_owners("sales.emea", {});
  EXPECT_EQ(answering("sales.emea"), Names{"oskar"}) << "where it has none, those above answer for it";
}

TEST_P(DomainStoreTest, RefusesAPathTwice) {
  add_domain("sales");
  Domain twin = *find("sales");
  twin.id = DomainId::make(clock.now());
  EXPECT_EQ(error_of(write([&](Tx& tx) { return domains->insert(tx, twin); })), "domain.path_taken");
}

TEST_P(DomainStoreTest, UpdatesOnlyThePresentVersion) {
  const auto olga = add_user("olga", Role::DomainOwner);
  add_domain("sales", {olga});
  auto domain = *find("sales");
  domain.title = "Sales";
  domain.owners.clear();
  value_of(write([&](Tx& tx) { return domains->update(tx, domain); }));
  const auto changed = *find("sales");
  EXPECT_EQ(changed.title, "Sales");
  EXPECT_TRUE(changed.owners.empty());
  EXPECT_EQ(changed.version, 2);
  EXPECT_EQ(error_of(write([&](Tx& tx) { return domains->update(tx, domain); })), "domain.changed");
}

TEST_P(DomainStoreTest, ListsByPathAndSubtree) {
  for (const auto* path : {"sales-x", "sales", "sales.emea", "sales.emea.de", "sales.apac", "hr", "salesforce"}) add_domain(path);
  auto archived = *find("hr");
  archived.state = DomainState::Archived;
  value_of(write([&](Tx& tx) { return domains->update(tx, archived); }));
  using Paths = std::vector<std::string>;
  // In the order of bytes on both stores: `-` before `.` before letters.
  EXPECT_EQ(paths({}), (Paths{"sales", "sales-x", "sales.apac", "sales.emea", "sales.emea.de", "salesforce"}));
  EXPECT_EQ(paths({.within = "sales"}), (Paths{"sales", "sales.apac", "sales.emea", "sales.emea.de"}));
  EXPECT_EQ(paths({.within = "sales.emea"}), (Paths{"sales.emea", "sales.emea.de"}));
  EXPECT_EQ(paths({.within = "nowhere"}), Paths{});
  EXPECT_EQ(paths({.state = DomainState::Archived}), Paths{"hr"});
  EXPECT_EQ(paths({.state = std::nullopt}).size(), 7U);
  EXPECT_EQ(paths({}, {2, "sales-x"}), (Paths{"sales.apac", "sales.emea", "sales.emea.de"}));
}

TEST_P(DomainStoreTest, MovesASubtreeAndKeepsItsOldPaths) {
  for (const auto* path : {"sales", "sales.emea", "sales.emea.de", "sales.emea2", "europe"}) add_domain(path);
  const auto id = find("sales.emea")->id;
  const auto child = find("sales.emea.de")->id;
  value_of(move("sales.emea", "europe.mid"));
  EXPECT_EQ(find("europe.mid")->id, id);
  EXPECT_EQ(find("europe.mid")->name, "mid");
  EXPECT_EQ(find("europe.mid")->parent, find("europe")->id);
  EXPECT_EQ(find("europe.mid")->version, 2);
  EXPECT_EQ(find("europe.mid.de")->id, child);
  EXPECT_EQ(find("europe.mid.de")->version, 2);
  EXPECT_EQ(find("sales.emea")->path, "europe.mid");
  EXPECT_EQ(find("sales.emea.de")->path, "europe.mid.de");
  EXPECT_EQ(find("sales.emea2")->path, "sales.emea2");
  // And on: every path that it ever had leads to it.
  value_of(move("europe.mid", "mid"));
  EXPECT_EQ(find("mid")->parent, std::nullopt);
  for (const auto* path : {"sales.emea", "europe.mid", "mid"}) EXPECT_EQ(find(path)->id, id) << path;
  // It may come back to a path of its own.
  value_of(move("mid", "sales.emea"));
  EXPECT_EQ(find("sales.emea.de")->path, "sales.emea.de");
}

TEST_P(DomainStoreTest, GivesNobodyAPathThatWasAnothers) {
  for (const auto* path : {"a", "a.x", "b", "c", "c.x"}) add_domain(path);
  value_of(move("a.x", "b.y"));
  Domain domain = *find("c");
  domain.id = DomainId::make(clock.now());
  domain.path = "a.x";
  EXPECT_EQ(error_of(write([&](Tx& tx) { return domains->insert(tx, domain); })), "domain.path_taken");
  EXPECT_EQ(error_of(move("c", "a.x")), "domain.path_taken");
  EXPECT_EQ(error_of(move("c", "a")), "domain.path_taken");
  value_of(move("a", "z"));
  EXPECT_EQ(error_of(move("c", "a")), "domain.path_taken");  // its root is taken
  EXPECT_EQ(find("c.x")->path, "c.x");                       // nothing of it happened
}

TEST_P(DomainStoreTest, KnowsHowDeepTheTreeIsBelow) {
  for (const auto* path : {"a", "a.b", "a.b.c", "a.d", "ab"}) add_domain(path);
  auto tx = begin(TxMode::Read);
  EXPECT_EQ(value_of(domains->depth_below(*tx, *find("a"))), 2U);
  EXPECT_EQ(value_of(domains->depth_below(*tx, *find("a.b"))), 1U);
  EXPECT_EQ(value_of(domains->depth_below(*tx, *find("ab"))), 0U);
}

TEST_P(DomainStoreTest, SaysWhatADomainStillHolds) {
  add_domain("sales");
  const auto contents = [&] {
    auto tx = begin(TxMode::Read);
    return value_of(domains->contents(*tx, *find("sales")));
  };
  EXPECT_TRUE(contents().empty());
  add_domain("sales.a");
  EXPECT_EQ(contents(), std::vector<std::string>{"1 subdomain"});
  add_domain("sales.b");
  value_of(
      execute("insert into elements (id, domain_id, name, title, description, category, columns, created_at, updated_at, version) "
              "values ('e', ?, 'n', '', '', 'foundational', '[]', 0, 0, 1)",
              {find("sales")->id}));
  value_of(
      execute("insert into products (id, domain_id, name, state, draft, published_version, created_at, updated_at, version) "
              "values ('p', ?, 'n', 'draft', '{}', 0, 0, 0, 1)",
              {find("sales")->id}));
  EXPECT_EQ(contents(), (std::vector<std::string>{"2 subdomains", "1 product", "1 element"}));
  value_of(execute("update products set state = 'retired' where id = ?", {"p"}));
  EXPECT_EQ(contents(), (std::vector<std::string>{"2 subdomains", "1 element"}));
}

}  // namespace

}  // namespace weft
