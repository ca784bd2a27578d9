#include "mesh/identity/user_sql.h"

#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_USER_SELECT "select u.id, u.name, u.email, u.roles, u.state, u.created_at, u.version from users u "

constexpr Statement kFind{"user.find", WEFT_USER_SELECT "where u.id = ?"};
constexpr Statement kFindByName{"user.find_by_name", WEFT_USER_SELECT "where u.name = lower(?)"};
constexpr Statement kWithRole{"user.with_role", WEFT_USER_SELECT "where (u.roles & ?) <> 0 and u.state = 'active' order by u.name"};
constexpr Statement kInsert{"user.insert",
                            "insert into users (id, name, email, roles, state, password_hash, created_at, version) "
                            "values (?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Statement kUpdate{"user.update",
                            "update users set email = ?, roles = ?, state = ?, version = version + 1 where id = ? and version = ?"};
constexpr Statement kPasswordHash{"user.password_hash", "select password_hash from users where id = ?"};
constexpr Statement kSetPasswordHash{"user.set_password_hash", "update users set password_hash = ? where id = ?"};
constexpr Statement kFindPrincipal{"user.find_principal",
                                   "select u.name, u.roles, d.path from users u left join domain_owners o on o.user_id = u.id "
                                   "left join domains d on d.id = o.domain_id and d.state = 'active' "
                                   "where u.id = ? and u.state = 'active' order by d.path"};
constexpr Statement kLockAdministrators{"user.lock_administrators", "update administrators_lock set changes = changes + 1 where id = 1",
                                        Verdicts::Untouched};
constexpr Statement kCountAdministrators{"user.count_administrators",
                                         "select count(*) from users where (roles & ?) <> 0 and state = 'active'"};

User from_row(const SqlRow& row) {
  User user;
  user.id = row.id<UserId>(0);
  user.name = row.text(1);
  user.email = row.text(2);
  user.roles = Roles::from_bits(row.integer(3));
  user.state = *parse_user_state(row.text(4));
  user.created_at = row.time(5);
  user.version = row.integer(6);
  return user;
}

class SqlUserStore final : public UserStore {
 public:
  Result<std::optional<User>> find(Tx& tx, const UserId& id) override {
    return optional_of<User>(sql(tx).query_one(kFind, {id}), from_row);
  }

  Result<std::optional<User>> find_by_name(Tx& tx, std::string_view name) override {
    return optional_of<User>(sql(tx).query_one(kFindByName, {name}), from_row);
  }

  Result<std::vector<User>> list(Tx& tx, const UserFilter& filter, const PageRequest& page) override {
    std::string text = WEFT_USER_SELECT "where 1 = 1";
    SqlParams params;
    if (filter.role) {
      text += " and (u.roles & ?) <> 0";
      params.emplace_back(Roles(*filter.role).bits());
    }
    if (page.after) {
      text += " and u.id > ?";
      params.emplace_back(*page.after);
    }
    text += " order by u.id limit ?";
    params.emplace_back(page.limit + 1);
    return all_of<User>(sql(tx).query({"user.list", text}, params), from_row);
  }

  Result<std::vector<User>> with_role(Tx& tx, Role role) override {
    return all_of<User>(sql(tx).query(kWithRole, {Roles(role).bits()}), from_row);
  }

  Result<void> insert(Tx& tx, const User& user, std::optional<std::string> password_hash) override {
    auto inserted = sql(tx).execute(
        kInsert, {user.id, user.name, user.email, user.roles.bits(), to_text(user.state), password_hash, user.created_at, user.version});
    if (inserted) return {};
    if (inserted.error().id == "store.duplicate") {
      return fail(ErrorKind::Conflict, "user.name_taken", fmt::format("There is a user '{}' already.", user.name), "Choose another name.");
    }
    return fail(inserted.error());
  }

  Result<void> update(Tx& tx, const User& user) override {
    const auto changed = TRY(sql(tx).execute(kUpdate, {user.email, user.roles.bits(), to_text(user.state), user.id, user.version}));
    if (changed == 1) return {};
    return fail(ErrorKind::Conflict, "user.changed", "The user was changed by somebody else in between.",
                "Read him again and repeat the change.");
  }

  Result<std::optional<std::string>> password_hash(Tx& tx, const UserId& id) override {
    const auto row = TRY(sql(tx).query_one(kPasswordHash, {id}));
    if (!row) return std::nullopt;
    return row->optional_text(0);
  }

  Result<void> set_password_hash(Tx& tx, const UserId& id, std::string_view hash) override {
    CHECK(sql(tx).execute(kSetPasswordHash, {hash, id}));
    return {};
  }

  Result<std::optional<Principal>> find_principal(Tx& tx, const UserId& id) override {
    const auto rows = TRY(sql(tx).query(kFindPrincipal, {id}));
    if (rows.empty()) return std::nullopt;
    Principal principal{id, rows.front().text(0), Roles::from_bits(rows.front().integer(1)), {}};
    for (const auto& row : rows) {
      if (auto path = row.optional_text(2)) principal.owned_domains.push_back(std::move(*path));
    }
    return principal;
  }

  Result<void> lock_administrators(Tx& tx) override {
    CHECK(sql(tx).execute(kLockAdministrators, {}));
    return {};
  }

  Result<std::int64_t> count_administrators(Tx& tx) override {
    const auto row = TRY(sql(tx).query_one(kCountAdministrators, {Roles(Role::DomainAdministrator).bits()}));
    return row ? row->integer(0) : 0;
  }

 private:
};

}  // namespace

std::unique_ptr<UserStore> make_sql_user_store() { return std::make_unique<SqlUserStore>(); }

}  // namespace weft
