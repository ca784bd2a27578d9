#include "mesh/run/profile_worker.h"

#include "platform/duck/duck.h"

namespace weft {

namespace {

constexpr auto kProfileLimit = std::chrono::minutes(5);
constexpr std::size_t kMaxProfiledColumns = 1000;
// A value is shown as frequent where a column has few and each stands for several rows: then it says nothing of one row.
constexpr std::int64_t kMaxDistinctForTop = 50;
constexpr int kMinRowsForTop = 5, kTopValues = 10;
constexpr int kMaxShownBytes = 200;
// Up to so many rows different values are counted; beyond, they are estimated (HyperLogLog).
constexpr std::int64_t kMaxCountedRows = 1'000'000;

// Lists, structures and bytes have neither order nor a short form.
bool is_plain(std::string_view type) {
  return !type.ends_with(']') && !type.starts_with("STRUCT(") && !type.starts_with("MAP(") && !type.starts_with("UNION(") &&
         type != "BLOB" && type != "JSON" && type != "VARIANT";
}

bool may_have_top(std::string_view type) { return is_plain(type) && type != "DOUBLE" && type != "FLOAT" && !type.starts_with("TIME"); }

// The value, or NULL where it is too long to be shown or holds what no JSON text of ours may hold.
std::string shown(const std::string& value, std::string_view type) {
  if (type != "VARCHAR") return value;
  return fmt::format("CASE WHEN strlen({0}) <= {1} AND NOT contains({0}, chr(0)) THEN {0} END", value, kMaxShownBytes);
}

Result<std::vector<std::vector<json::value>>> rows_of(duck::Connection& connection, const std::string& sql) {
  auto cursor = TRY(connection.query(sql));
  std::vector<std::vector<json::value>> all;
  while (true) {
    auto rows = TRY(cursor->rows());
    if (rows.empty()) return all;
    std::ranges::move(rows, std::back_inserter(all));
  }
}

Result<void> add_top(duck::Connection& connection, ColumnStatistics& column) {
  const auto name = duck::quote_identifier(column.name);
  const auto values = TRY(
      rows_of(connection,
              fmt::format("SELECT {0}, count(*) FROM source WHERE {0} IS NOT NULL AND {1} IS NOT NULL GROUP BY {0} HAVING count(*) >= {2} "
                          "ORDER BY count(*) DESC, {0} LIMIT {3}",
                          name, shown(name, column.type), kMinRowsForTop, kTopValues)));
  for (const auto& row : values) column.top.push_back({row[0], row[1].to_number<std::int64_t>()});
  return {};
}

Result<Profile> compute(duck::Connection& connection, const std::vector<std::string>& wanted) {
  Profile profile;
  const auto counted = TRY(rows_of(connection, "SELECT count(*) FROM source"));
  const bool few = counted.at(0)[0].to_number<std::int64_t>() <= kMaxCountedRows;
  std::string list = "count(*)";
  for (const auto& column : TRY(connection.describe("SELECT * FROM source"))) {
    if (std::ranges::find(wanted, column.name) == wanted.end()) continue;
    const auto name = duck::quote_identifier(column.name);
    list += fmt::format(", count({})", name);
    if (is_plain(column.type)) {
      list += fmt::format(", {}{}), {}, {}", few ? "count(DISTINCT " : "approx_count_distinct(", name,
                          shown(fmt::format("min({})", name), column.type), shown(fmt::format("max({})", name), column.type));
    }
    profile.columns.push_back({column.name, column.type, 0, std::nullopt, nullptr, nullptr, {}});
  }
  const auto rows = TRY(rows_of(connection, fmt::format("SELECT {} FROM source", list)));
  const auto& cells = rows.at(0);
  profile.rows = cells[0].to_number<std::int64_t>();
  std::size_t cell = 1;
  for (auto& column : profile.columns) {
    const auto filled = cells[cell++].to_number<std::int64_t>();
    column.nulls = profile.rows - filled;
    if (!is_plain(column.type)) continue;
    column.distinct = std::min(cells[cell++].to_number<std::int64_t>(), filled);
    column.minimum = cells[cell++];
    column.maximum = cells[cell++];
    if (*column.distinct > 0 && *column.distinct <= kMaxDistinctForTop && may_have_top(column.type)) CHECK(add_top(connection, column));
  }
  return profile;
}

Result<json::object> profile_file(const WorkerContext& context, const json::object& arguments) {
  duck::InstanceOptions options;
  options.memory_bytes = context.duck_memory_bytes;
  options.threads = context.threads;
  options.temp_folder = context.tmp;
  options.allowed_folders = {context.in, context.out, context.tmp};
  const auto instance = TRY(duck::open_instance(options));
  const auto connection = TRY(instance->connect());
  const auto file = (context.in / "source.parquet").string();
  CHECK(connection->execute(fmt::format("CREATE VIEW source AS SELECT * FROM read_parquet({})", duck::quote_literal(file))));
  std::vector<std::string> columns;
  for (const auto& name : arguments.at("columns").as_array()) columns.emplace_back(name.as_string());
  return to_json(TRY(compute(*connection, columns)));
}

class WorkerProfiler final : public Profiler {
 public:
  explicit WorkerProfiler(WorkerPool& pool) : pool_(pool) {}

  Result<Profile> profile(const std::filesystem::path& file, const std::vector<std::string>& columns, const Cancel& cancel) override {
    WorkerJob job;
    job.verb = "file.profile";
    job.time_limit = kProfileLimit;
    job.inputs.push_back({"source.parquet", file});
    json::array names;
    for (std::size_t i = 0; i < columns.size() && i < kMaxProfiledColumns; ++i) names.emplace_back(columns[i]);
    job.arguments = json::object{{"columns", std::move(names)}};
    return parse_profile(TRY(pool_.run(job, cancel, {})));
  }

 private:
  WorkerPool& pool_;
};

}  // namespace

std::unique_ptr<Profiler> make_worker_profiler(WorkerPool& pool) { return std::make_unique<WorkerProfiler>(pool); }

WorkerVerbEntry profile_verb() { return {WorkerKind::Transform, "file.profile", profile_file}; }

}  // namespace weft
