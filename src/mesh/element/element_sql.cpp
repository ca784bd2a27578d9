#include "mesh/element/element_sql.h"

#include "mesh/domain/within_sql.h"
#include "mesh/element/port_reference.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_ELEMENT_SELECT                                                                                               \
  "select e.id, e.domain_id, d.path, e.name, e.title, e.description, e.category, e.columns, e.row_estimate, m.store_id, " \
  "s.name, m.schema_name, m.table_name, e.view_definition, e.created_at, e.updated_at, e.version from elements e "        \
  "join domains d on d.id = e.domain_id left join mappings m on m.element_id = e.id "                                     \
  "left join data_stores s on s.id = m.store_id "

constexpr Statement kFind{"element.find", WEFT_ELEMENT_SELECT "where e.id = ?"};
constexpr Statement kFindByName{"element.find_by_name", WEFT_ELEMENT_SELECT "where e.domain_id = ? and e.name = ?"};
constexpr Statement kReaders{
    "element.readers_of",
    WEFT_ELEMENT_SELECT "where exists (select 1 from view_inputs i where i.element_id = e.id and i.input_element_id = ?) order by e.id"};
constexpr Statement kLockLineage{"element.lock_lineage", "update lineage_lock set changes = changes + 1 where id = 1", Verdicts::Untouched};
constexpr Statement kInsert{
    "element.insert",
    "insert into elements (id, domain_id, name, title, description, category, columns, row_estimate, view_definition, "
    "created_at, updated_at, version) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
constexpr Statement kInsertMapping{
    "element.insert_mapping", "insert into mappings (element_id, store_id, schema_name, table_name, domain_id) values (?, ?, ?, ?, ?)"};
constexpr Statement kUpdate{
    "element.update",
    "update elements set name = ?, title = ?, description = ?, columns = ?, row_estimate = ?, view_definition = ?, updated_at = ?, "
    "version = version + 1 where id = ? and version = ?"};
constexpr Statement kForgetInputs{"element.forget_inputs", "delete from view_inputs where element_id = ?"};
constexpr Statement kInsertInput{"element.insert_input", "insert into view_inputs (element_id, input_element_id) values (?, ?)"};
constexpr Statement kReadersOfProduct{
    "element.readers_of_product", WEFT_ELEMENT_SELECT
    "where exists (select 1 from view_product_inputs i where i.element_id = e.id and i.source_product_id = ?) order by e.id"};
constexpr Statement kProductsOf{
    "element.products_of", "select distinct source_product_id from view_product_inputs where element_id = ? order by source_product_id"};
constexpr Statement kForgetProductInputs{"element.forget_product_inputs", "delete from view_product_inputs where element_id = ?"};
constexpr Statement kInsertProductInput{
    "element.insert_product_input",
    "insert into view_product_inputs (element_id, source_product_id, source_port) select ?, p.id, ? from products p "
    "join domain_aliases a on a.domain_id = p.domain_id where a.path = ? and p.name = ? "
    "on conflict (element_id, source_product_id, source_port) do nothing"};
constexpr Statement kClaim{"element.claim", "update elements set version = version + 1 where id = ? and version = ?"};
constexpr Statement kForgetMapping{"element.forget_mapping", "delete from mappings where element_id = ?"};
constexpr Statement kForgetSnapshots{"element.forget_snapshots", "delete from element_snapshots where element_id = ?"};
constexpr Statement kForgetDue{"element.forget_due", "delete from due_objects where object_id = ?"};
constexpr Statement kRemove{"element.remove", "delete from elements where id = ?"};
constexpr Statement kSnapshot{"element.current_snapshot",
                              "select file, number, row_count, byte_count, created_at, provenance from element_snapshots where element_id "
                              "= ? order by number desc limit 1"};
constexpr Statement kRights{"element.snapshot_rights",
                            "select r.source_product_id, r.reader_domain_id, d.path, r.subscription_id from element_snapshot_rights r "
                            "join domains d on d.id = r.reader_domain_id where r.element_id = ? and r.number = ?"};
constexpr Statement kInsertRight{"element.insert_snapshot_right",
                                 "insert into element_snapshot_rights (element_id, number, source_product_id, reader_domain_id, "
                                 "subscription_id) values (?, ?, ?, ?, ?)"};
constexpr Statement kOldSnapshots{"element.old_snapshots",
                                  "select number, file from element_snapshots where element_id = ? and number not in (select number "
                                  "from element_snapshots where element_id = ? order by number desc limit ?)"};
constexpr Statement kForgetOneSnapshot{"element.forget_snapshot", "delete from element_snapshots where element_id = ? and number = ?"};
constexpr Statement kInsertSnapshot{
    "element.insert_snapshot",
    "insert into element_snapshots (element_id, number, file, row_count, byte_count, created_at, provenance) values (?, ?, ?, ?, ?, ?, ?)"};

Result<std::vector<ElementColumn>> parse_columns(const std::string& text) {
  std::vector<ElementColumn> columns;
  const auto list = TRY(parse_json(text));
  for (const auto& item : list.as_array()) {
    const auto& object = item.as_object();
    ElementColumn column;
    column.name = object.at("name").as_string();
    column.type = object.at("type").as_string();
    column.native_type = object.at("native_type").as_string();
    column.description = object.at("description").as_string();
    column.null = object.at("nullable").as_bool() ? ElementColumn::Null::Allowed : ElementColumn::Null::Never;
    column.personal = parse_personal(std::string(object.at("personal").as_string())).value_or(Personal::Suspected);
    if (const auto* position = object.if_contains("key_position")) column.key_position = position->to_number<int>();
    if (const auto* to = object.if_contains("references"))
      column.references =
          ElementColumn::Reference{json::value_to<std::string>(to->at("schema")), json::value_to<std::string>(to->at("table")),
                                   json::value_to<std::string>(to->at("column"))};
    if (const auto* confidence = object.if_contains("confidence")) column.confidence = confidence->to_number<int>();
    if (const auto* why = object.if_contains("personal_why")) column.personal_why = why->as_string();
    if (const auto* formerly = object.if_contains("formerly")) {
      for (const auto& name : formerly->as_array()) column.formerly.emplace_back(name.as_string());
    }
    if (const auto* origins = object.if_contains("origins")) {
      for (const auto& origin : origins->as_array()) column.origins.emplace_back(origin.as_string());
    }
    if (const auto* computed_from = object.if_contains("computed_from")) {
      for (const auto& origin : computed_from->as_array()) column.computed_from.emplace_back(origin.as_string());
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

SqlValue view_text(const Element& element) {
  if (!element.view) return {};
  return json::serialize(json::object{{"sql", element.view->sql},
                                      {"ingredients", to_json(element.view->ingredients)},
                                      {"rate", to_json(element.view->rate)},
                                      {"defined_at", element.view->defined_at.micros}});
}

Result<View> parse_view(const std::string& text) {
  auto value = TRY(parse_json(text));
  View view;
  if (const auto* at = value.as_object().if_contains("defined_at")) view.defined_at.micros = at->to_number<std::int64_t>();
  value.as_object().erase("defined_at");
  Form form(value);
  view.sql = form.required_text("sql", {1 << 20});
  view.ingredients = read_ingredients(form, "ingredients");
  view.rate = read_rate(form, "rate");
  CHECK(form.finish());
  return view;
}

Result<Element> from_row(const SqlRow& row) {
  Element element;
  element.id = row.id<ElementId>(0);
  element.domain = row.id<DomainId>(1);
  element.domain_path = row.text(2);
  element.name = row.text(3);
  element.title = row.text(4);
  element.description = row.text(5);
  element.category = TRY(parse_category(row.text(6)));
  element.columns = TRY(parse_columns(row.text(7)));
  element.row_estimate = row.optional_integer(8);
  if (!row.is_null(9)) element.mapping = Mapping{row.id<DataStoreId>(9), row.text(10), row.text(11), row.text(12)};
  if (auto view = row.optional_text(13)) element.view = TRY(parse_view(*view));
  element.created_at = row.time(14);
  element.updated_at = row.time(15);
  element.version = row.integer(16);
  return element;
}

class SqlElementStore final : public ElementStore {
 public:
  Result<std::optional<Element>> find(Tx& tx, const ElementId& id) override {
    return optional_of<Element>(sql(tx).query_one(kFind, {id}), from_row);
  }

  Result<std::optional<Element>> find_by_name(Tx& tx, const DomainId& domain, std::string_view name) override {
    return optional_of<Element>(sql(tx).query_one(kFindByName, {domain, name}), from_row);
  }

  Result<std::vector<Element>> list(Tx& tx, const ElementFilter& filter, const PageRequest& page) override {
    std::string text = WEFT_ELEMENT_SELECT "where 1 = 1";
    SqlParams params;
    auto within = [&](const std::vector<std::string>& paths) {
      text += " and ";
      append_within(text, params, paths);
    };
    if (filter.within) within({*filter.within});
    if (filter.visible_domains) within(*filter.visible_domains);
    if (filter.category) {
      text += " and e.category = ?";
      params.emplace_back(to_text(*filter.category));
    }
    if (filter.store) {
      text += " and m.store_id = ?";
      params.emplace_back(*filter.store);
    }
    if (page.after) {
      text += " and e.id > ?";
      params.emplace_back(*page.after);
    }
    text += " order by e.id limit ?";
    params.emplace_back(page.limit + 1);
    return all_of<Element>(sql(tx).query({"element.list", text}, params), from_row);
  }

  Result<void> lock_lineage(Tx& tx) override {
    CHECK(sql(tx).execute(kLockLineage, {}));
    return {};
  }

  Result<void> insert(Tx& tx, const Element& element) override {
    auto inserted = sql(tx).execute(kInsert, {element.id, element.domain, element.name, element.title, element.description,
                                              to_text(element.category), json::serialize(to_json(element.columns)), element.row_estimate,
                                              view_text(element), element.created_at, element.updated_at, element.version});
    if (!inserted) return name_taken_or(inserted.error(), element);
    if (element.mapping) {
      auto mapped = sql(tx).execute(kInsertMapping,
                                    {element.id, element.mapping->store, element.mapping->schema, element.mapping->table, element.domain});
      if (!mapped && mapped.error().id == "store.duplicate") {
        return fail(ErrorKind::Conflict, "element.already_mapped",
                    fmt::format("{} has mapped {}.{} already.", element.domain_path, element.mapping->schema, element.mapping->table),
                    "Use that element.");
      }
      CHECK(mapped);
    }
    return write_inputs(tx, element);
  }

  Result<void> update(Tx& tx, const Element& element) override {
    const auto updated =
        sql(tx).execute(kUpdate, {element.name, element.title, element.description, json::serialize(to_json(element.columns)),
                                  element.row_estimate, view_text(element), element.updated_at, element.id, element.version});
    if (!updated) return name_taken_or(updated.error(), element);
    CHECK(require_one(*updated));
    CHECK(sql(tx).execute(kForgetInputs, {element.id}));
    CHECK(sql(tx).execute(kForgetProductInputs, {element.id}));
    return write_inputs(tx, element);
  }

  Result<void> remove(Tx& tx, const Element& element) override {
    // The element's own row first, as update() does: of several who change or remove it one goes on.
    CHECK(require_one(TRY(sql(tx).execute(kClaim, {element.id, element.version}))));
    for (const auto* statement : {&kForgetInputs, &kForgetProductInputs, &kForgetMapping, &kForgetSnapshots, &kForgetDue})
      CHECK(sql(tx).execute(*statement, {element.id}));
    auto removed = sql(tx).execute(kRemove, {element.id});
    if (!removed && removed.error().id == "store.reference") {
      return fail(ErrorKind::Conflict, "element.in_use", "Views or products read the element.", "Change those first.");
    }
    CHECK(removed);
    return {};
  }

  Result<std::vector<Element>> readers_of(Tx& tx, const ElementId& element) override {
    return all_of<Element>(sql(tx).query(kReaders, {element}), from_row);
  }

  Result<std::vector<Element>> readers_of(Tx& tx, const ProductId& product) override {
    return all_of<Element>(sql(tx).query(kReadersOfProduct, {product}), from_row);
  }
  Result<std::vector<ProductId>> products_of(Tx& tx, const ElementId& element) override {
    std::vector<ProductId> products;
    for (const auto& row : TRY(sql(tx).query(kProductsOf, {element}))) products.push_back(row.id<ProductId>(0));
    return products;
  }

  Result<std::optional<ElementSnapshot>> current_snapshot(Tx& tx, const ElementId& id) override {
    auto row = TRY(sql(tx).query_one(kSnapshot, {id}));
    if (!row) return std::nullopt;
    ElementSnapshot snapshot{row->text(0), row->integer(1), row->integer(2), row->integer(3), row->time(4), {}, {}};
    if (const auto provenance = row->optional_text(5)) snapshot.provenance = parse_provenance(json::parse(*provenance));  // our own text
    for (const auto& of_snapshot : TRY(sql(tx).query(kRights, {id, snapshot.number}))) {
      SourceRight right{of_snapshot.id<ProductId>(0), of_snapshot.id<DomainId>(1), of_snapshot.text(2), std::nullopt};
      if (auto subscription = of_snapshot.optional_text(3)) right.subscription = SubscriptionId(*subscription);
      snapshot.rights.push_back(std::move(right));
    }
    return snapshot;
  }

  Result<void> insert_snapshot(Tx& tx, const ElementId& id, const ElementSnapshot& snapshot) override {
    SqlValue provenance;
    if (snapshot.provenance) provenance = SqlValue(json::serialize(to_json(*snapshot.provenance)));
    CHECK(sql(tx).execute(kInsertSnapshot,
                          {id, snapshot.number, snapshot.file, snapshot.rows, snapshot.bytes, snapshot.created_at, provenance}));
    for (const auto& right : snapshot.rights)
      CHECK(sql(tx).execute(kInsertRight, {id, snapshot.number, right.product, right.reader, right.subscription}));
    return {};
  }

  Result<std::vector<std::string>> prune_snapshots(Tx& tx, const ElementId& id, int keep) override {
    std::vector<std::string> files;
    for (const auto& row : TRY(sql(tx).query(kOldSnapshots, {id, id, keep}))) {
      CHECK(sql(tx).execute(kForgetOneSnapshot, {id, row.integer(0)}));
      files.push_back(row.text(1));
    }
    return files;
  }

 private:
  // None: it has another version by now, or is no more.
  static Result<void> require_one(std::int64_t changed) {
    if (changed == 1) return {};
    return fail(ErrorKind::Conflict, "element.changed", "The element was changed by somebody else in between.",
                "Read it again and repeat the change.");
  }
  static Result<void> name_taken_or(const Error& error, const Element& element) {
    if (error.id != "store.duplicate") return fail(error);
    return fail(ErrorKind::Conflict, "element.name_taken",
                fmt::format("{} has an element '{}' already.", element.domain_path, element.name), "Choose another name.");
  }
  static Result<void> write_inputs(Tx& tx, const Element& element) {
    if (!element.view) return {};
    std::set<std::string> written;
    for (const auto& ingredient : element.view->ingredients) {
      if (ingredient.element && written.insert(ingredient.element->text()).second)
        CHECK(sql(tx).execute(kInsertInput, {element.id, *ingredient.element}));
      if (ingredient.product && written.insert(*ingredient.product).second) {
        const auto [domain, product, port] = split_port_reference(*ingredient.product);
        CHECK(sql(tx).execute(kInsertProductInput, {element.id, port, domain, product}));
      }
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<ElementStore> make_sql_element_store() { return std::make_unique<SqlElementStore>(); }

}  // namespace weft
