#include "mesh/datastore/datastore_sql.h"

#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_STORE_SELECT                                                                                           \
  "select s.id, s.name, s.title, s.description, s.type, s.coordinates, s.secret is not null, s.keeper_id, u.name, " \
  "s.checked_at, s.check_failed, s.diagnosis, s.created_at, s.updated_at, s.version from data_stores s "            \
  "join users u on u.id = s.keeper_id "

constexpr Statement kFind{"data_store.find", WEFT_STORE_SELECT "where s.id = ?"};
constexpr Statement kRights{"data_store.rights",
                            "select r.domain_id, d.path, r.schema_name from data_store_rights r join domains d on d.id = r.domain_id "
                            "where r.store_id = ? order by d.path, r.schema_name"};
constexpr Statement kInsert{"data_store.insert",
                            "insert into data_stores (id, name, title, description, type, coordinates, secret, keeper_id, created_at, "
                            "updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Statement kUpdate{"data_store.update",
                            "update data_stores set title = ?, description = ?, coordinates = ?, updated_at = ?, version = version + 1 "
                            "where id = ? and version = ?"};
constexpr Statement kRecordCheck{"data_store.record_check",
                                 "update data_stores set checked_at = ?, check_failed = ?, diagnosis = ? where id = ? and version = ?"};
constexpr Statement kForgetCheck{"data_store.forget_check",
                                 "update data_stores set checked_at = null, check_failed = null, diagnosis = null where id = ?"};
constexpr Statement kForgetRights{"data_store.forget_rights", "delete from data_store_rights where store_id = ?"};
// As domain.hold does: a domain that is given a right is not archived meanwhile.
constexpr Statement kHoldDomain{"data_store.hold_domain", "update domains set version = version where id = ? and state = 'active'",
                                Verdicts::Untouched};
constexpr Statement kInsertRight{"data_store.insert_right",
                                 "insert into data_store_rights (store_id, domain_id, schema_name) values (?, ?, ?)"};
constexpr Statement kSetSecret{"data_store.set_secret", "update data_stores set secret = ? where id = ?"};
constexpr Statement kSecret{"data_store.secret", "select secret from data_stores where id = ?"};
constexpr Statement kClaim{"data_store.claim", "update data_stores set version = version + 1 where id = ? and version = ?"};
constexpr Statement kRemove{"data_store.remove", "delete from data_stores where id = ?"};

std::string secret_context(const DataStoreId& id) { return "data_store:" + id.text(); }

class SqlDataStoreStore final : public DataStoreStore {
 public:
  explicit SqlDataStoreStore(SecretBox box) : box_(std::move(box)) {}

  Result<std::optional<DataStore>> find(Tx& tx, const DataStoreId& id) override {
    auto row = TRY(sql(tx).query_one(kFind, {id}));
    if (!row) return std::nullopt;
    return TRY(from_row(tx, *row));
  }

  Result<std::vector<DataStore>> list(Tx& tx, const DataStoreFilter& filter, const PageRequest& page) override {
    std::string text = WEFT_STORE_SELECT "where 1 = 1";
    SqlParams params;
    if (filter.visible) {
      text += " and (s.keeper_id = ?";
      params.emplace_back(filter.visible->keeper);
      // A right of a domain above or below an owned one concerns its owner.
      for (const auto& path : filter.visible->domains) {
        text +=
            " or exists (select 1 from data_store_rights r join domains d on d.id = r.domain_id where r.store_id = s.id and "
            "(d.path = ? or substr(d.path, 1, ?) = ? or substr(?, 1, length(d.path) + 1) = d.path || '.'))";
        params.insert(params.end(),
                      {SqlValue(path), SqlValue(static_cast<std::int64_t>(path.size() + 1)), SqlValue(path + "."), SqlValue(path)});
      }
      text += ")";
    }
    if (page.after) {
      text += " and s.id > ?";
      params.emplace_back(*page.after);
    }
    text += " order by s.id limit ?";
    params.emplace_back(page.limit + 1);
    std::vector<DataStore> stores;
    for (const auto& row : TRY(sql(tx).query({"data_store.list", text}, params))) stores.push_back(TRY(from_row(tx, row)));
    return stores;
  }

  Result<void> insert(Tx& tx, const DataStore& store, std::optional<std::string> secret) override {
    if (secret) secret = box_.seal(*secret, secret_context(store.id));
    auto inserted = sql(tx).execute(
        kInsert, {store.id, store.name, store.title, store.description, to_text(store.type), json::serialize(store.coordinates.fields),
                  secret, store.keeper.id, store.created_at, store.updated_at, store.version});
    if (!inserted && inserted.error().id == "store.duplicate") {
      return fail(ErrorKind::Conflict, "data_store.name_taken", fmt::format("There is a store '{}' already.", store.name),
                  "Choose another name.");
    }
    CHECK(inserted);
    return write_rights(tx, store);
  }

  Result<void> update(Tx& tx, const DataStore& store) override {
    CHECK(require_one(TRY(sql(tx).execute(
        kUpdate, {store.title, store.description, json::serialize(store.coordinates.fields), store.updated_at, store.id, store.version}))));
    if (!store.last_check) CHECK(sql(tx).execute(kForgetCheck, {store.id}));
    CHECK(sql(tx).execute(kForgetRights, {store.id}));
    return write_rights(tx, store);
  }

  Result<void> record_check(Tx& tx, const DataStore& store) override {
    if (!store.last_check) return {};
    const auto& check = *store.last_check;
    CHECK(sql(tx).execute(kRecordCheck,
                          {check.at, check.outcome == DataStore::LastCheck::Outcome::Failed, check.diagnosis, store.id, store.version}));
    return {};
  }

  Result<void> set_secret(Tx& tx, const DataStoreId& id, std::optional<std::string> secret) override {
    if (secret) secret = box_.seal(*secret, secret_context(id));
    CHECK(sql(tx).execute(kSetSecret, {secret, id}));
    return {};
  }

  Result<void> remove(Tx& tx, const DataStore& store) override {
    // The store's own row first, as update() does: of several who remove it one goes on.
    CHECK(require_one(TRY(sql(tx).execute(kClaim, {store.id, store.version}))));
    CHECK(sql(tx).execute(kForgetRights, {store.id}));
    auto removed = sql(tx).execute(kRemove, {store.id});
    if (!removed && removed.error().id == "store.reference") {
      return fail(ErrorKind::Conflict, "data_store.in_use", "Tables of the store are mapped to elements.", "Remove those elements first.");
    }
    CHECK(removed);
    return {};
  }

  Result<StoreAccess> open_access(Tx& tx, const DataStore& store) override {
    StoreAccess access{store.type, store.coordinates, {}};
    auto row = TRY(sql(tx).query_one(kSecret, {store.id}));
    if (row && !row->is_null(0)) access.secret = TRY(box_.unseal(row->text(0), secret_context(store.id)));
    return access;
  }

 private:
  // None: it has another version by now, or is no more.
  static Result<void> require_one(std::int64_t changed) {
    if (changed == 1) return {};
    return fail(ErrorKind::Conflict, "data_store.changed", "The store was changed by somebody else in between.",
                "Read it again and repeat the change.");
  }

  Result<void> write_rights(Tx& tx, const DataStore& store) {
    std::map<DomainId, std::string_view> domains;  // in one order, so that no two wait for each other
    for (const auto& right : store.rights) domains.emplace(right.domain, right.domain_path);
    for (const auto& [domain, path] : domains) {
      if (TRY(sql(tx).execute(kHoldDomain, {domain})) == 1) continue;
      return fail(ErrorKind::Conflict, "domain.archived", fmt::format("{} is archived.", path), "Leave out its rights to the store.");
    }
    for (const auto& right : store.rights) CHECK(sql(tx).execute(kInsertRight, {store.id, right.domain, right.schema.value_or("")}));
    return {};
  }

  static Result<DataStore> from_row(Tx& tx, const SqlRow& row) {
    DataStore store;
    store.id = row.id<DataStoreId>(0);
    store.name = row.text(1);
    store.title = row.text(2);
    store.description = row.text(3);
    store.type = TRY(parse_data_store_type(row.text(4)));
    store.coordinates.fields = TRY(parse_json(row.text(5))).as_object();
    store.secret = row.boolean(6) ? DataStore::Secret::Kept : DataStore::Secret::None;
    store.keeper = {row.id<UserId>(7), row.text(8)};
    if (auto at = row.optional_time(9)) {
      store.last_check = DataStore::LastCheck{
          *at, row.boolean(10) ? DataStore::LastCheck::Outcome::Failed : DataStore::LastCheck::Outcome::Reachable, row.text(11)};
    }
    store.created_at = row.time(12);
    store.updated_at = row.time(13);
    store.version = row.integer(14);
    for (const auto& right : TRY(sql(tx).query(kRights, {store.id}))) {
      StoreRight given{right.id<DomainId>(0), right.text(1), std::nullopt};
      if (!right.text(2).empty()) given.schema = right.text(2);
      store.rights.push_back(std::move(given));
    }
    return store;
  }

  SecretBox box_;
};

}  // namespace

std::unique_ptr<DataStoreStore> make_sql_data_store_store(SecretBox box) { return std::make_unique<SqlDataStoreStore>(std::move(box)); }

}  // namespace weft
