#include "mesh/product/product_sql.h"

#include "mesh/domain/within_sql.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_PRODUCT_SELECT                                                                                         \
  "select p.id, p.domain_id, d.path, p.name, p.state, p.draft, p.published_version, v.definition, p.published_at, " \
  "p.created_at, p.updated_at, p.version from products p join domains d on d.id = p.domain_id "                     \
  "left join product_versions v on v.product_id = p.id and v.number = p.published_version "

constexpr Statement kFind{"product.find", WEFT_PRODUCT_SELECT "where p.id = ?"};
constexpr Statement kFindByName{"product.find_by_name", WEFT_PRODUCT_SELECT
                                "where p.name = ? and (d.path = ? or d.id = (select domain_id from domain_aliases where path = ?))"};
constexpr Statement kReadersOfElement{"product.readers_of_element", WEFT_PRODUCT_SELECT
                                      "where exists (select 1 from product_inputs i where i.product_id = p.id and "
                                      "i.number = p.published_version and i.element_id = ?) order by p.id"};
constexpr Statement kReadersOfProduct{"product.readers_of_product", WEFT_PRODUCT_SELECT
                                      "where exists (select 1 from product_inputs i where i.product_id = p.id and "
                                      "i.number = p.published_version and i.source_product_id = ?) order by p.id"};
constexpr Statement kInsert{"product.insert",
                            "insert into products (id, domain_id, name, state, draft, published_version, published_at, created_at, "
                            "updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Statement kUpdate{"product.update",
                            "update products set name = ?, state = ?, draft = ?, published_version = ?, published_at = ?, updated_at = ?, "
                            "version = version + 1 where id = ? and version = ?"};
constexpr Statement kInsertVersion{"product.insert_version",
                                   "insert into product_versions (product_id, number, definition, published_at, published_by) "
                                   "values (?, ?, ?, ?, ?)"};
constexpr Statement kRetagVersion{"product.retag_version",
                                  "update product_versions set definition = ? where product_id = ? and number = ?"};
constexpr Statement kInsertInput{"product.insert_input",
                                 "insert into product_inputs (product_id, number, port, element_id, source_product_id, source_port) "
                                 "values (?, ?, ?, ?, ?, ?)"};
constexpr Statement kInputs{"product.inputs",
                            "select i.port, i.element_id, i.source_product_id, i.source_port from product_inputs i join products p "
                            "on p.id = i.product_id and p.published_version = i.number where p.id = ? order by i.port"};
constexpr Statement kRemoveDraft{"product.remove_draft", "delete from products where id = ? and version = ? and state = 'draft'"};
constexpr Statement kCurrentSnapshot{"product.current_snapshot",
                                     "select id, product_version, number, created_at from snapshots where product_id = ? "
                                     "order by number desc limit 1"};
constexpr Statement kSnapshotFiles{"product.snapshot_files",
                                   "select port, file, row_count, byte_count from snapshot_files where snapshot_id = ? order by port"};
constexpr Statement kInsertSnapshot{"product.insert_snapshot",
                                    "insert into snapshots (id, product_id, product_version, number, created_at) values (?, ?, ?, ?, ?)"};
constexpr Statement kInsertSnapshotFile{
    "product.insert_snapshot_file", "insert into snapshot_files (snapshot_id, port, file, row_count, byte_count) values (?, ?, ?, ?, ?)"};

constexpr Statement kOldSnapshots{
    "product.old_snapshots",
    "select id from snapshots where product_id = ? and number <= (select max(number) from snapshots where product_id = ?) - ?"};
constexpr Statement kRights{"product.snapshot_rights",
                            "select r.port, r.source_product_id, r.reader_domain_id, d.path, r.subscription_id from snapshot_rights r "
                            "join domains d on d.id = r.reader_domain_id where r.snapshot_id = ?"};
constexpr Statement kInsertRight{
    "product.insert_snapshot_right",
    "insert into snapshot_rights (snapshot_id, port, source_product_id, reader_domain_id, subscription_id) values (?, ?, ?, ?, ?)"};
constexpr Statement kRestingOn{
    "product.resting_on", WEFT_PRODUCT_SELECT
    "where exists (select 1 from snapshot_rights r join snapshots s on s.id = r.snapshot_id where r.subscription_id = ? "
    "and s.product_id = p.id and s.number = (select max(n.number) from snapshots n where n.product_id = p.id)) order by p.id"};
constexpr Statement kRestingOnProduct{
    "product.resting_on_product", WEFT_PRODUCT_SELECT
    "where exists (select 1 from snapshot_rights r join snapshots s on s.id = r.snapshot_id where r.source_product_id = ? "
    "and s.product_id = p.id and s.number = (select max(n.number) from snapshots n where n.product_id = p.id)) order by p.id"};
constexpr Statement kFindProfile{"product.find_profile", "select profile from snapshot_profiles where snapshot_id = ? and port = ?"};
constexpr Statement kInsertProfile{"product.insert_profile", "insert into snapshot_profiles (snapshot_id, port, profile) values (?, ?, ?)"};
constexpr Statement kForgetProfiles{"product.forget_profiles", "delete from snapshot_profiles where snapshot_id = ?"};
constexpr Statement kFindProvenance{"product.find_provenance",
                                    "select provenance from snapshot_provenance where snapshot_id = ? and port = ?"};
constexpr Statement kInsertProvenance{"product.insert_provenance",
                                      "insert into snapshot_provenance (snapshot_id, port, provenance) values (?, ?, ?)"};
constexpr Statement kForgetProvenance{"product.forget_provenance", "delete from snapshot_provenance where snapshot_id = ?"};
constexpr Statement kForgetFiles{"product.forget_snapshot_files", "delete from snapshot_files where snapshot_id = ?"};
constexpr Statement kForgetSnapshot{"product.forget_snapshot", "delete from snapshots where id = ?"};

Result<ProductDefinition> stored_definition(const std::string& text) {
  auto value = parse_json(text);
  auto definition = value ? parse_product_definition(*value) : std::unexpected(std::move(value).error());
  if (definition) return definition;
  return fail(make_error(ErrorKind::Internal, "product.stored_definition", "A product's stored definition can't be read.")
                  .with_detail(definition.error().id + ": " + definition.error().message));
}

Result<Product> from_row(const SqlRow& row) {
  Product product;
  product.id = row.id<ProductId>(0);
  product.domain = row.id<DomainId>(1);
  product.domain_path = row.text(2);
  product.name = row.text(3);
  product.state = TRY(parse_product_state(row.text(4)));
  product.draft = TRY(stored_definition(row.text(5)));
  product.published_version = static_cast<int>(row.integer(6));
  if (auto published = row.optional_text(7)) product.published = TRY(stored_definition(*published));
  product.published_at = row.optional_time(8);
  product.created_at = row.time(9);
  product.updated_at = row.time(10);
  product.version = row.integer(11);
  return product;
}

class SqlProductStore final : public ProductStore {
 public:
  Result<std::optional<Product>> find(Tx& tx, const ProductId& id) override {
    return optional_of<Product>(sql(tx).query_one(kFind, {id}), from_row);
  }

  Result<std::optional<Product>> find_by_name(Tx& tx, std::string_view domain_path, std::string_view name) override {
    return optional_of<Product>(sql(tx).query_one(kFindByName, {name, domain_path, domain_path}), from_row);
  }

  Result<std::vector<Product>> list(Tx& tx, const ProductFilter& filter, const PageRequest& page) override {
    std::string text = WEFT_PRODUCT_SELECT "where 1 = 1";
    SqlParams params;
    if (filter.within) {
      text += " and ";
      append_within(text, params, {*filter.within});
    }
    if (filter.state) {
      text += " and p.state = ?";
      params.emplace_back(to_text(*filter.state));
    }
    if (filter.kept_domains) {
      text += " and (p.state in ('published', 'deprecated') or ";
      append_within(text, params, *filter.kept_domains);
      text += ")";
    }
    if (page.after) {
      text += " and p.id > ?";
      params.emplace_back(*page.after);
    }
    text += " order by p.id limit ?";
    params.emplace_back(page.limit + 1);
    return all_of<Product>(sql(tx).query({"product.list", text}, params), from_row);
  }

  Result<void> insert(Tx& tx, const Product& product) override {
    auto inserted = sql(tx).execute(
        kInsert, {product.id, product.domain, product.name, to_text(product.state), json::serialize(to_json(product.draft)),
                  product.published_version, product.published_at, product.created_at, product.updated_at, product.version});
    if (inserted) return {};
    return name_taken_or(inserted.error(), product);
  }

  Result<void> update(Tx& tx, const Product& product) override {
    auto changed =
        sql(tx).execute(kUpdate, {product.name, to_text(product.state), json::serialize(to_json(product.draft)), product.published_version,
                                  product.published_at, product.updated_at, product.id, product.version});
    if (!changed) return name_taken_or(changed.error(), product);
    return require_one(*changed);
  }

  Result<void> insert_version(Tx& tx, const Product& product, const std::optional<UserId>& by,
                              const std::vector<PortInput>& inputs) override {
    CHECK(sql(tx).execute(kInsertVersion,
                          {product.id, product.published_version, json::serialize(to_json(*product.published)), product.published_at, by}));
    for (const auto& input : inputs) {
      CHECK(sql(tx).execute(kInsertInput, {product.id, product.published_version, input.port, input.element, input.source_product,
                                           input.source_product ? SqlValue(input.source_port) : SqlValue()}));
    }
    return {};
  }

  Result<void> retag_version(Tx& tx, const Product& product) override {
    CHECK(sql(tx).execute(kRetagVersion, {json::serialize(to_json(*product.published)), product.id, product.published_version}));
    return {};
  }

  Result<std::vector<PortInput>> inputs(Tx& tx, const ProductId& id) override {
    std::vector<PortInput> inputs;
    for (const auto& row : TRY(sql(tx).query(kInputs, {id}))) {
      PortInput input;
      input.port = row.text(0);
      if (auto element = row.optional_text(1)) input.element = ElementId(*element);
      if (auto source = row.optional_text(2)) input.source_product = ProductId(*source);
      input.source_port = row.optional_text(3).value_or("");
      inputs.push_back(std::move(input));
    }
    return inputs;
  }

  Result<void> remove_draft(Tx& tx, const Product& product) override {
    return require_one(TRY(sql(tx).execute(kRemoveDraft, {product.id, product.version})));
  }

  Result<std::optional<Snapshot>> current_snapshot(Tx& tx, const ProductId& id) override {
    auto row = TRY(sql(tx).query_one(kCurrentSnapshot, {id}));
    if (!row) return std::nullopt;
    Snapshot snapshot;
    snapshot.id = row->id<SnapshotId>(0);
    snapshot.product = id;
    snapshot.product_version = static_cast<int>(row->integer(1));
    snapshot.number = row->integer(2);
    snapshot.created_at = row->time(3);
    for (const auto& file : TRY(sql(tx).query(kSnapshotFiles, {snapshot.id}))) {
      snapshot.files.push_back({file.text(0), file.text(1), file.integer(2), file.integer(3), {}});
    }
    for (const auto& stored : TRY(sql(tx).query(kRights, {snapshot.id}))) {
      auto file = std::ranges::find(snapshot.files, stored.text(0), &SnapshotFile::port);
      if (file == snapshot.files.end()) continue;
      SourceRight right{stored.id<ProductId>(1), stored.id<DomainId>(2), stored.text(3), std::nullopt};
      if (auto subscription = stored.optional_text(4)) right.subscription = SubscriptionId(*subscription);
      file->rights.push_back(std::move(right));
    }
    return snapshot;
  }

  Result<void> insert_snapshot(Tx& tx, const Snapshot& snapshot) override {
    CHECK(
        sql(tx).execute(kInsertSnapshot, {snapshot.id, snapshot.product, snapshot.product_version, snapshot.number, snapshot.created_at}));
    for (const auto& file : snapshot.files) {
      CHECK(sql(tx).execute(kInsertSnapshotFile, {snapshot.id, file.port, file.file, file.rows, file.bytes}));
      for (const auto& right : file.rights)
        CHECK(sql(tx).execute(kInsertRight, {snapshot.id, file.port, right.product, right.reader, right.subscription}));
    }
    return {};
  }

  Result<std::optional<Profile>> find_profile(Tx& tx, const SnapshotId& snapshot, std::string_view port) override {
    auto row = TRY(sql(tx).query_one(kFindProfile, {snapshot, port}));
    if (!row) return std::nullopt;
    return TRY(parse_profile(TRY(parse_json(row->text(0)))));
  }

  Result<void> insert_profile(Tx& tx, const SnapshotId& snapshot, std::string_view port, const Profile& profile) override {
    CHECK(sql(tx).execute(kInsertProfile, {snapshot, port, json::serialize(to_json(profile))}));
    return {};
  }

  Result<std::optional<Provenance>> find_provenance(Tx& tx, const SnapshotId& snapshot, std::string_view port) override {
    auto row = TRY(sql(tx).query_one(kFindProvenance, {snapshot, port}));
    if (!row) return std::nullopt;
    return parse_provenance(json::parse(row->text(0)));  // our own text
  }

  Result<void> insert_provenance(Tx& tx, const SnapshotId& snapshot, std::string_view port, const Provenance& provenance) override {
    CHECK(sql(tx).execute(kInsertProvenance, {snapshot, port, json::serialize(to_json(provenance))}));
    return {};
  }

  Result<std::vector<std::string>> prune_snapshots(Tx& tx, const ProductId& id, int keep) override {
    std::vector<std::string> files;
    for (const auto& row : TRY(sql(tx).query(kOldSnapshots, {id, id, keep}))) {
      for (const auto& file : TRY(sql(tx).query(kSnapshotFiles, {row.text(0)}))) files.push_back(file.text(1));
      CHECK(sql(tx).execute(kForgetProfiles, {row.text(0)}));
      CHECK(sql(tx).execute(kForgetProvenance, {row.text(0)}));
      CHECK(sql(tx).execute(kForgetFiles, {row.text(0)}));
      CHECK(sql(tx).execute(kForgetSnapshot, {row.text(0)}));
    }
    return files;
  }

  Result<std::vector<Product>> readers_of(Tx& tx, const ElementId& element) override {
    return all_of<Product>(sql(tx).query(kReadersOfElement, {element}), from_row);
  }
  Result<std::vector<Product>> readers_of(Tx& tx, const ProductId& product) override {
    return all_of<Product>(sql(tx).query(kReadersOfProduct, {product}), from_row);
  }
  Result<std::vector<Product>> resting_on(Tx& tx, const SubscriptionId& subscription) override {
    return all_of<Product>(sql(tx).query(kRestingOn, {subscription}), from_row);
  }
  Result<std::vector<Product>> resting_on(Tx& tx, const ProductId& source) override {
    return all_of<Product>(sql(tx).query(kRestingOnProduct, {source}), from_row);
  }

 private:
  // None: it has another version by now, or is no more.
  static Result<void> require_one(std::int64_t changed) {
    if (changed == 1) return {};
    return fail(ErrorKind::Conflict, "product.changed", "The product was changed by somebody else in between.",
                "Read it again and repeat the change.");
  }
  static Result<void> name_taken_or(const Error& error, const Product& product) {
    if (error.id != "store.duplicate") return fail(error);
    return fail(ErrorKind::Conflict, "product.name_taken", fmt::format("{} has a product '{}' already.", product.domain_path, product.name),
                "Choose another name, or change that product.");
  }
};

}  // namespace

std::unique_ptr<ProductStore> make_sql_product_store() { return std::make_unique<SqlProductStore>(); }

}  // namespace weft
