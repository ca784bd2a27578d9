#include "mesh/element/map_table.h"

#include "mesh/datastore/data_store_ports.h"
#include "mesh/element/suspect_personal.h"

namespace weft {

namespace {

std::string schema_of(const MapTable& input, const DataStore& store) {
  return input.schema.empty() ? std::string(default_schema(store.type)) : input.schema;
}

Result<std::pair<Domain, DataStore>> check_right(Tx& tx, const Context& context, const ElementPorts& ports, const MapTable& input) {
  auto domain = TRY(get_domain(tx, ports.domains, input.domain));
  if (!context.who.owns(domain.path)) {
    return fail(ErrorKind::Denied, "domain.not_yours", fmt::format("Only owners of {} map tables to it.", domain.path),
                "Ask one of its owners.");
  }
  if (domain.state != DomainState::Active)
    return fail(ErrorKind::Conflict, "domain.archived", fmt::format("{} is archived.", domain.path), "Choose an active domain.");
  auto store = TRY(ports.data_stores.find(tx, input.store));
  if (!store) return fail(data_store_not_found());
  if (!may_use(*store, domain.path, schema_of(input, *store))) {
    CHECK(get_data_store(tx, context.who, ports.data_stores, store->id));  // whoever may not know of it learns nothing here either
    return fail(ErrorKind::Denied, "data_store.no_right",
                fmt::format("{} has no right to the schema '{}' of the store {}.", domain.path, schema_of(input, *store), store->name),
                fmt::format("Its keeper {} gives the right.", store->keeper.name));
  }
  return std::pair{std::move(domain), std::move(*store)};
}

}  // namespace

ElementColumn column_from(const SourceColumn& source) {
  ElementColumn column;
  column.name = source.name;
  column.type = source.type;
  column.native_type = source.native_type;
  column.description = source.comment;
  column.key_position = source.key_position;
  if (const auto& to = source.references) column.references = ElementColumn::Reference{to->schema, to->table, to->column};
  column.null = source.null == SourceColumn::Null::Never ? ElementColumn::Null::Never : ElementColumn::Null::Allowed;
  if (auto suspicion = suspect_personal(source.name, source.type)) {
    column.personal = Personal::Suspected;
    column.confidence = suspicion->confidence;
    column.personal_why = std::move(suspicion->why);
  }
  return column;
}

std::string element_name_from(DataStoreType type, std::string_view table) {
  if (type == DataStoreType::Folder) table = table.substr(0, table.find('.'));  // what follows says how the file is written
  std::string name;
  for (char c : table) {
    const auto byte = static_cast<unsigned char>(c);
    name += std::isalnum(byte) != 0 && byte < 0x80 ? static_cast<char>(std::tolower(byte)) : '_';
  }
  if (name.empty() || name[0] < 'a' || name[0] > 'z') name.insert(0, "t_");
  name.resize(std::min(name.size(), kMaxNameBytes));
  return name;
}

Result<Element> map_table(const Context& context, const ElementPorts& ports, const MapTable& input) {
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  const auto [domain, store] = TRY(check_right(*reading, context, ports, input));
  const auto access = TRY(ports.data_stores.open_access(*reading, store));
  reading.reset();  // no transaction is open while a worker works
  const auto schema = TRY(ports.source.describe(access, schema_of(input, store), input.table));

  auto writing = TRY(ports.transactor.begin(TxMode::Write));
  CHECK(check_right(*writing, context, ports, input));  // it may have been taken away meanwhile
  Element element;
  element.id = ElementId::make(context.now);
  element.domain = domain.id;
  element.domain_path = domain.path;
  element.name = input.name.empty() ? element_name_from(store.type, input.table) : input.name;
  element.title = input.title;
  element.description = input.description.empty() ? schema.comment : input.description;
  element.category = Category::Foundational;
  for (const auto& column : schema.columns) element.columns.push_back(column_from(column));
  element.row_estimate = schema.row_estimate;
  element.mapping = Mapping{store.id, store.name, schema_of(input, store), input.table};
  element.created_at = element.updated_at = context.now;
  CHECK(ports.elements.insert(*writing, element));
  CHECK(ports.audit.append(*writing, context,
                           {"element.map", "element", element.id.text(), element.domain_path, nullptr, to_audit(element)}));
  CHECK(writing->commit());
  return element;
}

}  // namespace weft
