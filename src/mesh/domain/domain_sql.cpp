#include "mesh/domain/domain_sql.h"

#include "mesh/identity/user.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_DOMAIN_SELECT                                                                                          \
  "select d.id, d.parent_id, d.name, d.path, d.title, d.description, d.tags, d.state, d.created_at, d.updated_at, " \
  "d.version from domains d "
// Takes the path, the length of the path with a dot, and the path with a dot: see within().
#define WEFT_WITHIN "(d.path = ? or substr(d.path, 1, ?) = ?) "

constexpr Statement kFind{"domain.find", WEFT_DOMAIN_SELECT "where d.id = ?"};
constexpr Statement kFindByPath{"domain.find_by_path", WEFT_DOMAIN_SELECT "join domain_aliases a on a.domain_id = d.id where a.path = ?"};
constexpr Statement kLockTree{"domain.lock_tree", "update domain_tree set changes = changes + 1 where id = 1"};
// Changes nothing, but locks the row, in a text that both stores know.
constexpr Statement kHold{"domain.hold", "update domains set version = version where id = ?", Verdicts::Untouched};
constexpr Statement kInsert{"domain.insert",
                            "insert into domains (id, parent_id, name, path, title, description, tags, state, created_at, "
                            "updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Statement kInsertAlias{"domain.insert_alias", "insert into domain_aliases (path, domain_id) values (?, ?)"};
constexpr Statement kUpdate{"domain.update",
                            "update domains set title = ?, description = ?, tags = ?, state = ?, updated_at = ?, "
                            "version = version + 1 where id = ? and version = ?"};
constexpr Statement kClearOwners{"domain.clear_owners", "delete from domain_owners where domain_id = ?"};
constexpr Statement kInsertOwner{"domain.insert_owner", "insert into domain_owners (domain_id, user_id, position) values (?, ?, ?)"};
constexpr Statement kFindTaken{"domain.find_taken",
                               "select a.path from domains d join domain_aliases a on a.path = ? || substr(d.path, ?) "
                               "where " WEFT_WITHIN "and a.domain_id <> d.id limit 1"};
constexpr Statement kMove{"domain.move",
                          "update domains as d set path = ? || substr(path, ?), updated_at = ?, version = version + 1 "
                          "where " WEFT_WITHIN};
constexpr Statement kPlace{"domain.place", "update domains set parent_id = ?, name = ? where id = ?"};
constexpr Statement kAddAliases{"domain.add_aliases",
                                "insert into domain_aliases (path, domain_id) select d.path, d.id from domains d "
                                "where " WEFT_WITHIN "on conflict (path) do nothing"};
constexpr Statement kPathsBelow{"domain.paths_below", "select d.path from domains d where " WEFT_WITHIN};

// What keeps a domain from being archived: counts by domain id. A noun whose rows belong to a domain adds its line,
// and holds the domain when it adds a row.
struct Holding {
  Statement count;
  std::string_view one, many;
};
constexpr Holding kHoldings[] = {
    {{"domain.count_subdomains", "select count(*) from domains where parent_id = ? and state = 'active'"}, "subdomain", "subdomains"},
    {{"domain.count_products", "select count(*) from products where domain_id = ? and state <> 'retired'"}, "product", "products"},
    {{"domain.count_elements", "select count(*) from elements where domain_id = ?"}, "element", "elements"},
    {{"domain.count_stores", "select count(*) from data_store_rights where domain_id = ?"},
     "right to a data store",
     "rights to data stores"},
    {{"domain.count_subscriptions", "select count(*) from subscriptions where subject_domain_id = ? and state in ('pending', 'approved')"},
     "subscription",
     "subscriptions"},
};

// Parameters of WEFT_WITHIN.
SqlParams within(std::string_view path, SqlParams before = {}) {
  before.insert(before.end(), {SqlValue(path), SqlValue(static_cast<std::int64_t>(path.size() + 1)), SqlValue(fmt::format("{}.", path))});
  return before;
}

std::string tags_text(const Domain& domain) { return json::serialize(json::array(domain.tags.begin(), domain.tags.end())); }

Domain from_row(const SqlRow& row) {
  Domain domain;
  domain.id = row.id<DomainId>(0);
  if (auto parent = row.optional_text(1)) domain.parent = DomainId(*parent);
  domain.name = row.text(2);
  domain.path = row.text(3);
  domain.title = row.text(4);
  domain.description = row.text(5);
  const auto tags = json::parse(row.text(6));  // our own text
  for (const auto& tag : tags.as_array()) domain.tags.emplace_back(tag.as_string());
  domain.state = *parse_domain_state(row.text(7));
  domain.created_at = row.time(8);
  domain.updated_at = row.time(9);
  domain.version = row.integer(10);
  return domain;
}

std::unexpected<Error> path_taken(std::string_view path) {
  return fail(ErrorKind::Conflict, "domain.path_taken", fmt::format("The path {} leads to another domain, or once led there.", path),
              "Choose another name. The paths that a domain once had stay its own.");
}

class SqlDomainStore final : public DomainStore {
 public:
  Result<std::optional<Domain>> find(Tx& tx, const DomainId& id) override { return find_one(tx, kFind, id); }

  Result<std::optional<Domain>> find_by_path(Tx& tx, std::string_view path) override { return find_one(tx, kFindByPath, path); }

  Result<std::vector<Domain>> list(Tx& tx, const DomainFilter& filter, const PageRequest& page) override {
    std::string text = WEFT_DOMAIN_SELECT "where 1 = 1";
    SqlParams params;
    if (filter.within) {
      text += " and " WEFT_WITHIN;
      params = within(*filter.within, std::move(params));
    }
    if (filter.state) {
      text += " and d.state = ?";
      params.emplace_back(to_text(*filter.state));
    }
    if (page.after) {
      text += " and d.path > ?";
      params.emplace_back(*page.after);
    }
    text += " order by d.path limit ?";
    params.emplace_back(page.limit + 1);
    std::vector<Domain> domains;
    for (const auto& row : TRY(sql(tx).query({"domain.list", text}, params))) domains.push_back(from_row(row));
    CHECK(load_owners(tx, domains));
    return domains;
  }

  Result<void> lock_tree(Tx& tx) override {
    CHECK(sql(tx).execute(kLockTree, {}));
    return {};
  }

  Result<void> hold(Tx& tx, const DomainId& id) override {
    CHECK(sql(tx).execute(kHold, {id}));
    return {};
  }

  Result<void> insert(Tx& tx, const Domain& domain) override {
    auto inserted =
        sql(tx).execute(kInsert, {domain.id, domain.parent, domain.name, domain.path, domain.title, domain.description, tags_text(domain),
                                  to_text(domain.state), domain.created_at, domain.updated_at, domain.version});
    if (inserted) inserted = sql(tx).execute(kInsertAlias, {domain.path, domain.id});
    if (!inserted) return inserted.error().id == "store.duplicate" ? path_taken(domain.path) : fail(inserted.error());
    return insert_owners(tx, domain);
  }

  Result<void> update(Tx& tx, const Domain& domain) override {
    auto changed = TRY(sql(tx).execute(kUpdate, {domain.title, domain.description, tags_text(domain), to_text(domain.state),
                                                 domain.updated_at, domain.id, domain.version}));
    if (changed != 1) {
      return fail(ErrorKind::Conflict, "domain.changed", "The domain was changed by somebody else in between.",
                  "Read it again and repeat the change.");
    }
    CHECK(sql(tx).execute(kClearOwners, {domain.id}));
    return insert_owners(tx, domain);
  }

  Result<void> move(Tx& tx, const Domain& domain, std::optional<DomainId> parent, std::string_view new_path, Timestamp now) override {
    const auto rest = static_cast<std::int64_t>(domain.path.size() + 1);  // where a path goes on after the domain's own
    if (auto taken = TRY(sql(tx).query_one(kFindTaken, within(domain.path, {new_path, rest})))) return path_taken(taken->text(0));
    CHECK(sql(tx).execute(kMove, within(domain.path, {new_path, rest, now})));
    CHECK(sql(tx).execute(kPlace, {parent, new_path.substr(new_path.rfind('.') + 1), domain.id}));
    CHECK(sql(tx).execute(kAddAliases, within(new_path)));
    return {};
  }

  Result<std::size_t> depth_below(Tx& tx, const Domain& domain) override {
    auto depth = [](std::string_view path) { return static_cast<std::size_t>(std::ranges::count(path, '.')); };
    std::size_t deepest = depth(domain.path);
    for (const auto& row : TRY(sql(tx).query(kPathsBelow, within(domain.path)))) deepest = std::max(deepest, depth(row.text(0)));
    return deepest - depth(domain.path);
  }

  Result<std::vector<std::string>> contents(Tx& tx, const Domain& domain) override {
    std::vector<std::string> contents;
    for (const auto& [count, one, many] : kHoldings) {
      const auto row = TRY(sql(tx).query_one(count, {domain.id}));
      const auto number = row ? row->integer(0) : 0;
      if (number > 0) contents.push_back(fmt::format("{} {}", number, number == 1 ? one : many));
    }
    return contents;
  }

 private:
  static Result<std::optional<Domain>> find_one(Tx& tx, const Statement& statement, SqlValue key) {
    auto row = TRY(sql(tx).query_one(statement, {std::move(key)}));
    if (!row) return std::nullopt;
    std::vector<Domain> domains{from_row(*row)};
    CHECK(load_owners(tx, domains));
    return std::move(domains.front());
  }

  static Result<void> load_owners(Tx& tx, std::vector<Domain>& domains) {
    if (domains.empty()) return {};
    std::map<std::string_view, Domain*> by_id;
    std::string marks;
    SqlParams params;
    for (auto& domain : domains) {
      by_id[domain.id.text()] = &domain;
      marks += marks.empty() ? "?" : ", ?";
      params.emplace_back(domain.id);
    }
    const auto text = fmt::format(
        "select o.domain_id, u.id, u.name, u.roles, u.state from domain_owners o join users u on u.id = o.user_id "
        "where o.domain_id in ({}) order by o.domain_id, o.position",
        marks);
    for (const auto& row : TRY(sql(tx).query({"domain.owners", text}, params))) {
      auto& domain = *by_id.at(row.text(0));
      const bool counts = Roles::from_bits(row.integer(3)).has(Role::DomainOwner) && row.text(4) == to_text(UserState::Active);
      (counts ? domain.owners : domain.dormant_owners).push_back({row.id<UserId>(1), row.text(2)});
    }
    return {};
  }

  static Result<void> insert_owners(Tx& tx, const Domain& domain) {
    std::int64_t position = 0;
    for (const auto* owners : {&domain.owners, &domain.dormant_owners}) {
      for (const auto& owner : *owners) CHECK(sql(tx).execute(kInsertOwner, {domain.id, owner.id, position++}));
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<DomainStore> make_sql_domain_store() { return std::make_unique<SqlDomainStore>(); }

}  // namespace weft
