#include "mesh/datastore/list_coverage.h"

namespace weft {

namespace {

constexpr char kSeparator = '\x1f';

// `<store id>`: everything of that store was seen; `<store id>\x1f<schema>\x1f<table>`: everything up to that table.
struct Position {
  std::string store;
  std::optional<std::pair<std::string, std::string>> table;
};

Position parse_position(const std::string& text) {
  const auto first = text.find(kSeparator);
  if (first == std::string::npos) return {text, std::nullopt};
  const auto second = text.find(kSeparator, first + 1);
  return {text.substr(0, first), std::pair{text.substr(first + 1, second == std::string::npos ? second : second - first - 1),
                                           second == std::string::npos ? std::string() : text.substr(second + 1)}};
}

std::string position_of(const CoverageLine& line) {
  return fmt::format("{0}{1}{2}{1}{3}", line.store.id.text(), kSeparator, line.table.schema, line.table.table);
}

// The store in which the last page ended, if it ended within one, and those after it.
Result<std::vector<DataStore>> stores_from(Tx& tx, const CoveragePorts& ports, const std::optional<DataStoreId>& only,
                                           const std::optional<Position>& position) {
  std::vector<DataStore> stores;
  if (only) {
    auto store = TRY(ports.data_stores.find(tx, *only));
    if (!store) return fail(ErrorKind::NotFound, "data_store.not_found", "There is no such data store.");
    if (!position || position->table) stores.push_back(std::move(*store));
    return stores;
  }
  if (position && position->table) {
    if (auto begun = TRY(ports.data_stores.find(tx, DataStoreId(position->store)))) stores.push_back(std::move(*begun));
  }
  PageRequest rest{kMaxLooks, std::nullopt};
  if (position) rest.after = position->store;
  auto more = TRY(ports.data_stores.list(tx, {}, rest));
  std::ranges::move(more, std::back_inserter(stores));
  return stores;
}

Result<std::string> present_path(Tx& tx, DomainStore& domains, const std::string& path) {
  const auto domain = TRY(domains.find_by_path(tx, path));
  return domain ? domain->path : path;
}

Result<std::vector<CoveredTable>> look_into(const CoveragePorts& ports, const DataStore& store) {
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  const auto mappings = TRY(ports.coverage.mappings(*tx, store.id));
  auto access = ports.data_stores.open_access(*tx, store);
  tx.reset();  // no transaction is open while a worker works
  auto seen = access ? ports.source.tables(*access, {}) : std::unexpected(access.error());
  // What our workers lack is ours to mend and says nothing of the store.
  if (!seen && seen.error().id.starts_with("worker.")) return fail(seen.error());
  return cover_tables(seen, mappings);
}

KeeperState state_of(const std::optional<User>& keeper) {
  if (!keeper || keeper->state != UserState::Active) return KeeperState::Disabled;
  return keeper->roles.any_of(Role::DomainOwner | Role::DomainAdministrator) ? KeeperState::Active : KeeperState::WithoutRole;
}

}  // namespace

Result<Page<CoverageLine>> list_covered_tables(const CoveragePorts& ports, const std::optional<DataStoreId>& store, TableFilter filter,
                                               const PageRequest& page) {
  std::optional<Position> position;
  if (page.after) position = parse_position(*page.after);
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  const auto stores = TRY(stores_from(*tx, ports, store, position));
  if (filter.domain) filter.domain = TRY(present_path(*tx, ports.domains, *filter.domain));
  tx.reset();
  Page<CoverageLine> found;
  int looks = 0;
  for (const auto& next : stores) {
    if (looks == kMaxLooks) return found;  // `next` tells where
    ++looks;
    for (auto& table : TRY(look_into(ports, next))) {
      const bool seen =
          position && position->table && position->store == next.id.text() && std::pair(table.schema, table.table) <= *position->table;
      if (seen || !fits(table, filter)) continue;
      if (found.items.size() == static_cast<std::size_t>(page.limit)) {
        found.next = position_of(found.items.back());
        return found;
      }
      found.items.push_back({next, std::move(table)});
    }
    if (!store) found.next = next.id.text();
  }
  if (stores.size() <= kMaxLooks) found.next.reset();  // that was all
  return found;
}

Result<Page<StoreCoverage>> list_covered_stores(Tx& tx, const CoveragePorts& ports, const std::optional<std::string>& state,
                                                const PageRequest& page) {
  if (state && std::ranges::find(kStoreStates, *state) == std::end(kStoreStates)) {
    return fail(ErrorKind::Invalid, "query.invalid", fmt::format("There is no state '{}' of a store.", *state),
                fmt::format("States are {}.", fmt::join(kStoreStates, ", ")));
  }
  Page<StoreCoverage> found;
  const auto stores = TRY(ports.data_stores.list(tx, {}, {kMaxStoresAtOnce, page.after}));
  for (std::size_t i = 0; i < stores.size(); ++i) {
    if (i == kMaxStoresAtOnce || found.items.size() == static_cast<std::size_t>(page.limit)) return found;  // `next` tells where
    const auto keeper = state_of(TRY(ports.users.find(tx, stores[i].keeper.id)));
    auto coverage = cover_store(stores[i], keeper, TRY(ports.coverage.mappings(tx, stores[i].id)));
    found.next = stores[i].id.text();
    if (!state || std::ranges::find(coverage.states, *state) != coverage.states.end()) found.items.push_back(std::move(coverage));
  }
  found.next.reset();  // that was all
  return found;
}

}  // namespace weft
