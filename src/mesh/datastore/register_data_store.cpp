#include "mesh/datastore/register_data_store.h"

#include <filesystem>

namespace weft {

namespace {

Result<std::vector<StoreRight>> find_rights(Tx& tx, const DataStorePorts& ports, const std::vector<DomainRight>& rights) {
  std::vector<StoreRight> found;
  std::vector<FieldError> complaints;
  for (std::size_t i = 0; i < rights.size(); ++i) {
    auto domain = TRY(ports.domains.find_by_path(tx, rights[i].domain));
    const bool repeated = domain && std::ranges::any_of(found, [&](const StoreRight& other) {
                            return other.domain == domain->id && other.schema == rights[i].schema;
                          });
    if (!domain || domain->state != DomainState::Active) {
      complaints.push_back({fmt::format("rights[{}].domain", i), fmt::format("there is no domain '{}'", rights[i].domain)});
    } else if (repeated) {
      complaints.push_back({fmt::format("rights[{}]", i), "is there twice"});
    } else {
      found.push_back({domain->id, domain->path, rights[i].schema});
    }
  }
  if (complaints.empty()) return found;
  return fail(make_error(ErrorKind::Invalid, "form.invalid", "The rights can't be given.").with_fields(std::move(complaints)));
}

}  // namespace

Error data_store_not_found() { return make_error(ErrorKind::NotFound, "data_store.not_found", "There is no such data store."); }

Result<DataStore> get_data_store(Tx& tx, const Principal& who, DataStoreStore& data_stores, const DataStoreId& id) {
  auto store = TRY(data_stores.find(tx, id));
  const bool known =
      store && (who.administrator() || store->keeper.id == who.id || std::ranges::any_of(store->rights, [&](const StoreRight& right) {
                  return who.owns(right.domain_path) ||
                         (who.has(Role::DomainOwner) &&
                          std::ranges::any_of(who.owned_domains, [&](const auto& owned) { return is_within(owned, right.domain_path); }));
                }));
  if (!known) return fail(data_store_not_found());
  return std::move(*store);
}

Result<DataStore> get_own_data_store(Tx& tx, const Principal& who, DataStoreStore& data_stores, const DataStoreId& id) {
  auto store = TRY(get_data_store(tx, who, data_stores, id));
  if (!who.administrator() && store.keeper.id != who.id) {
    return fail(ErrorKind::Denied, "data_store.not_yours",
                fmt::format("Only its keeper {} and administrators change the store.", store.keeper.name), "Ask its keeper.");
  }
  return store;
}

Result<void> check_place(const DataStorePorts& ports, DataStoreType type, const Coordinates& coordinates) {
  if (type == DataStoreType::Postgres) return {};
  std::error_code failure;
  const auto wanted = std::filesystem::weakly_canonical(std::string(coordinates.fields.at("path").as_string()), failure);
  for (const auto& folder : ports.folders) {
    const auto allowed = std::filesystem::weakly_canonical(folder, failure);
    const auto [end, _] = std::mismatch(allowed.begin(), allowed.end(), wanted.begin(), wanted.end());
    if (!failure && end == allowed.end()) return {};
  }
  return fail(make_error(ErrorKind::Unprocessable, "data_store.folder_not_allowed", "File stores may not lie there.")
                  .with_hint("The operator lists the allowed folders in the setting stores.folders.")
                  .with_fields({{"coordinates.path", fmt::format("{} is below none of the allowed folders", wanted.string())}}));
}

Result<DataStore> register_data_store(Tx& tx, const Context& context, const DataStorePorts& ports, const RegisterDataStore& input) {
  CHECK(check_place(ports, input.type, input.coordinates));
  DataStore store;
  store.id = DataStoreId::make(context.now);
  store.name = input.name;
  store.title = input.title;
  store.description = input.description;
  store.type = input.type;
  store.coordinates = input.coordinates;
  store.secret = input.secret ? DataStore::Secret::Kept : DataStore::Secret::None;
  store.keeper = {context.who.id, context.who.name};
  store.rights = TRY(find_rights(tx, ports, input.rights));
  store.created_at = store.updated_at = context.now;
  CHECK(ports.data_stores.insert(tx, store, input.secret));
  CHECK(ports.audit.append(tx, context, {"data_store.register", "data_store", store.id.text(), "", nullptr, to_audit(store)}));
  return store;
}

Result<DataStore> change_data_store(Tx& tx, const Context& context, const DataStorePorts& ports, DataStore store,
                                    const ChangeDataStore& input) {
  const auto before = to_audit(store);
  if (input.title) store.title = *input.title;
  if (input.description) store.description = *input.description;
  if (input.coordinates) {
    CHECK(check_place(ports, store.type, *input.coordinates));
    // Else whoever may change the store could have its password sent to a server of his own.
    if (store.secret == DataStore::Secret::Kept && !input.secret && input.coordinates->fields != store.coordinates.fields) {
      return fail(make_error(ErrorKind::Unprocessable, "data_store.secret_needed",
                             "The secret that is kept was given for the coordinates of before.")
                      .with_hint("Send it again together with the new coordinates.")
                      .with_fields({{"secret", "is needed when coordinates change"}}));
    }
    if (input.coordinates->fields != store.coordinates.fields) store.last_check.reset();
    store.coordinates = *input.coordinates;
  }
  if (input.secret) store.last_check.reset();  // it said what was found under the other one
  if (input.rights) {
    auto rights = TRY(find_rights(tx, ports, *input.rights));
    if (!std::ranges::is_permutation(rights, store.rights)) store.rights = std::move(rights);
  }
  // A secret that is given is a new one: nobody compares it with what is kept.
  if (!input.secret && to_audit(store) == before) return store;
  store.updated_at = context.now;
  CHECK(ports.data_stores.update(tx, store));
  if (input.secret) {
    CHECK(ports.data_stores.set_secret(tx, store.id, input.secret));
    store.secret = DataStore::Secret::Kept;
  }
  ++store.version;
  auto after = to_audit(store);
  if (input.secret) after["secret"] = "replaced";
  CHECK(ports.audit.append(tx, context, {"data_store.change", "data_store", store.id.text(), "", before, std::move(after)}));
  return store;
}

Result<void> remove_data_store(Tx& tx, const Context& context, const DataStorePorts& ports, const DataStore& store) {
  CHECK(ports.data_stores.remove(tx, store));
  return ports.audit.append(tx, context, {"data_store.remove", "data_store", store.id.text(), "", to_audit(store), nullptr});
}

}  // namespace weft
