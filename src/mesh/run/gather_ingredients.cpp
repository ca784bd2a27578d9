#include "mesh/run/gather_ingredients.h"

#include "base/ascii.h"
#include "mesh/delivery/plan_read.h"

namespace weft {

namespace {

// Tables of one store that are pulled together, so that they fit each other.
struct StoreTables {
  const DataStore* store = nullptr;
  std::vector<const ResolvedIngredient*> ingredients;
};

std::vector<StoreTables> by_store(const std::vector<ResolvedIngredient>& ingredients) {
  std::vector<StoreTables> groups;
  for (const auto& ingredient : ingredients) {
    const auto* table = std::get_if<ResolvedIngredient::Table>(&ingredient.rows);
    if (table == nullptr) continue;
    auto group = std::ranges::find_if(groups, [&](const StoreTables& known) { return known.store->id == table->store.id; });
    if (group == groups.end()) group = groups.insert(groups.end(), {&table->store, {}});
    group->ingredients.push_back(&ingredient);
  }
  return groups;
}

std::filesystem::path target_of(const std::filesystem::path& staging, const ResolvedIngredient& ingredient) {
  return staging / (ingredient.alias + ".parquet");
}

// What the store's table has got since it was mapped.
std::vector<std::string> unknown_columns(const ResolvedIngredient& ingredient, const Pulled& pulled) {
  std::vector<std::string> unknown;
  for (const auto& column : pulled.columns) {
    const bool known = std::ranges::any_of(ingredient.columns, [&](const auto& own) { return equal_ignoring_case(own.name, column.name); });
    if (!known) unknown.push_back(column.name);
  }
  return unknown;
}

// The store's secret is in clear only between these lines.
Result<void> pull(const RunPorts& ports, const StoreTables& tables, const std::filesystem::path& staging, const Cancel& cancel,
                  const RunReport& report) {
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  const auto access = TRY(ports.ingredients.data_stores.open_access(*tx, *tables.store));
  tx.reset();
  std::vector<Pull> pulls;
  for (const auto* ingredient : tables.ingredients) {
    const auto& table = std::get<ResolvedIngredient::Table>(ingredient->rows);
    pulls.push_back({table.schema, table.table, target_of(staging, *ingredient)});
  }
  auto progress = [&](std::int64_t rows) { report({}, rows); };
  const auto pulled = TRY(ports.source.pull(access, pulls, cancel, progress));
  for (std::size_t i = 0; i < pulled.size(); ++i) {
    report(fmt::format("{}: pulled {} rows from {} ({}.{}) in {} ms", tables.ingredients[i]->alias, pulled[i].rows, tables.store->name,
                       pulls[i].schema, pulls[i].table, pulled[i].milliseconds),
           pulled[i].rows);
    if (const auto unknown = unknown_columns(*tables.ingredients[i], pulled[i]); !unknown.empty()) {
      report(fmt::format("{}: the catalog does not know its columns {}; POST /api/v1/elements/{}/reread takes them over",
                         tables.ingredients[i]->alias, fmt::join(unknown, ", "), tables.ingredients[i]->element->text()),
             pulled[i].rows);
    }
  }
  return {};
}

Result<IngredientFile> take_file(const RunPorts& ports, const ResolvedIngredient& ingredient, const ResolvedIngredient::File& file,
                                 const std::filesystem::path& target, const Cancel& cancel, const RunReport& report) {
  const auto source = ports.data / file.file;
  if (!file.limits) return IngredientFile{ingredient.alias, source};
  const auto plan = TRY(plan_permitted_view(schema_of(file.columns), {file.limits->row_filter, file.limits->hidden_columns}));
  auto narrowed = TRY(ports.transformer.narrow({source, target, plan.sql, plan.params}, cancel));
  report(fmt::format("{}: {} rows as the domain's subscription permits", ingredient.alias, narrowed.rows), narrowed.rows);
  return IngredientFile{ingredient.alias, target};
}

}  // namespace

Result<std::vector<IngredientFile>> gather_ingredients(const RunPorts& ports, const std::vector<ResolvedIngredient>& ingredients,
                                                       const std::filesystem::path& staging, const Cancel& cancel,
                                                       const RunReport& report) {
  for (const auto& tables : by_store(ingredients)) CHECK(pull(ports, tables, staging, cancel, report));
  std::vector<IngredientFile> files;
  for (const auto& ingredient : ingredients) {
    const auto target = target_of(staging, ingredient);
    const auto* file = std::get_if<ResolvedIngredient::File>(&ingredient.rows);
    files.push_back(file == nullptr ? IngredientFile{ingredient.alias, target}
                                    : TRY(take_file(ports, ingredient, *file, target, cancel, report)));
  }
  return files;
}

}  // namespace weft
