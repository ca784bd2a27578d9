#include "mesh/run/gather_ingredients.h"

#include "mesh/delivery/plan_read.h"

namespace weft {

namespace {

// The store's secret is in clear only between these lines.
Result<IngredientFile> pull(const RunPorts& ports, const ResolvedIngredient& ingredient, const ResolvedIngredient::Table& table,
                            const std::filesystem::path& target, const Cancel& cancel, const RunReport& report) {
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  const auto access = TRY(ports.ingredients.data_stores.open_access(*tx, table.store));
  tx.reset();
  const auto started = ports.clock.now();
  auto progress = [&](std::int64_t rows) { report({}, rows); };
  auto pulled = TRY(ports.source.pull(access, table.schema, table.table, target, cancel, progress));
  report(fmt::format("{}: pulled {} rows from {} ({}.{}) in {} ms", ingredient.alias, pulled.rows, table.store.name, table.schema,
                     table.table, (ports.clock.now().micros - started.micros) / 1000),
         pulled.rows);
  return IngredientFile{ingredient.alias, target};
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
  std::vector<IngredientFile> files;
  for (const auto& ingredient : ingredients) {
    const auto target = staging / (ingredient.alias + ".parquet");
    if (const auto* table = std::get_if<ResolvedIngredient::Table>(&ingredient.rows)) {
      files.push_back(TRY(pull(ports, ingredient, *table, target, cancel, report)));
    } else {
      files.push_back(TRY(take_file(ports, ingredient, std::get<ResolvedIngredient::File>(ingredient.rows), target, cancel, report)));
    }
  }
  return files;
}

}  // namespace weft
