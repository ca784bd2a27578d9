// Register a store, change it, remove it, give domains the right to use it.
#pragma once

#include "mesh/datastore/data_store_ports.h"

namespace weft {

struct DomainRight {
  std::string domain;                 // path
  std::optional<std::string> schema;  // nullopt: the whole store
};

struct RegisterDataStore {
  std::string name, title, description;
  DataStoreType type = DataStoreType::Folder;
  Coordinates coordinates;
  std::optional<std::string> secret;
  std::vector<DomainRight> rights;
};

// Errors: `data_store.name_taken`, `data_store.folder_not_allowed` (422), `form.invalid` (an unknown domain).
[[nodiscard]] Result<DataStore> register_data_store(Tx& tx, const Context& context, const DataStorePorts& ports,
                                                    const RegisterDataStore& input);

struct ChangeDataStore {
  std::optional<std::string> title, description;
  std::optional<Coordinates> coordinates;
  std::optional<std::string> secret;
  std::optional<std::vector<DomainRight>> rights;
};
[[nodiscard]] Result<DataStore> change_data_store(Tx& tx, const Context& context, const DataStorePorts& ports, DataStore store,
                                                  const ChangeDataStore& input);

// Errors: `data_store.in_use` (409).
[[nodiscard]] Result<void> remove_data_store(Tx& tx, const Context& context, const DataStorePorts& ports, const DataStore& store);

// Whether a file store may lie there. Symbolic links are resolved first. Errors: `data_store.folder_not_allowed`.
[[nodiscard]] Result<void> check_place(const DataStorePorts& ports, DataStoreType type, const Coordinates& coordinates);

}  // namespace weft
