// DuckDB inside the walls: what it needs works, and its own threads, started long after the walls went up, are held as well.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "platform/duck/duck.h"
#include "platform/worker/landlock.h"
#include "platform/worker/test_workers.h"

namespace weft {
namespace {

constexpr int kThreads = 4;

// `sql` is a list; `{in}`, `{out}` and `{tmp}` stand for the worker's folders. DuckDB itself allows all: what is refused,
// the walls refuse.
const TestVerb kDuck("duck", [](const WorkerContext& context, const json::object& arguments) -> Result<json::object> {
  duck::InstanceOptions options;
  options.threads = kThreads;
  options.memory_bytes = 256LL << 20;
  options.temp_folder = context.tmp / "spill";
  options.allowed_folders = {"/"};
  if (!context.extensions.empty())
    options.extensions = {context.extensions / "postgres_scanner.duckdb_extension", context.extensions / "sqlite_scanner.duckdb_extension"};
  const auto instance = TRY(duck::open_instance(options));
  const auto connection = TRY(instance->connect());
  json::array answers;
  for (const auto& entry : arguments.at("sql").get_array()) {
    auto sql = std::string(entry.get_string());
    for (const auto& [word, path] : {std::pair("{in}", context.in), std::pair("{out}", context.out), std::pair("{tmp}", context.tmp)})
      for (auto at = sql.find(word); at != std::string::npos; at = sql.find(word))
        sql.replace(at, std::string_view(word).size(), path.string());
    const auto cursor = TRY(connection->query(sql));
    const auto rows = TRY(cursor->rows());
    answers.push_back(rows.empty() ? json::value() : rows.at(0).at(0));
  }
  return json::object{{"answers", std::move(answers)}};
});

class DuckInWorker : public testing::TestWithParam<WorkerKind> {
 protected:
  DuckInWorker() {
    folder_.write("keys/master", "the master key");
    folder_.write("store/orders.csv", "a,b\n1,2\n");
    options_.store_folders = {folder_.path() / "store"};
    options_.memory_bytes = 1LL << 30;
    options_.disk_bytes = 2LL << 30;
  }
  Result<json::object> run(json::array sql) {
    if (!pool_) pool_ = std::move(*start_worker_pool(options_));
    WorkerJob job;
    job.kind = GetParam();
    job.verb = "duck";
    job.arguments = {{"sql", std::move(sql)}};
    job.inputs = {{"input.csv", folder_.path() / "store/orders.csv"}};
    if (job.kind == WorkerKind::Pull) job.readable_folders = options_.store_folders;
    return pool_->run(job, Cancel(), {});
  }

  TestFolder folder_;
  WorkerOptions options_ = test_worker_options(folder_);
  std::unique_ptr<WorkerPool> pool_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, DuckInWorker, testing::Values(WorkerKind::Pull, WorkerKind::Transform),
                         [](const auto& kind) { return kind.param == WorkerKind::Pull ? "Pull" : "Transform"; });

TEST_P(DuckInWorker, WorksAndSpills) {
  options_.extensions = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "share/weft/extensions";
  const auto result = run({
      "CREATE TABLE t AS SELECT i, hash(i) AS h, i::varchar || repeat('s', 60) AS s FROM range(1000000) r(i)",
      "COPY t TO '{out}/t.parquet' (FORMAT parquet)",
      "COPY (SELECT * FROM t LIMIT 1000) TO '{tmp}/t.csv'",
      "COPY (SELECT i, i % 3 AS p FROM t LIMIT 100) TO '{tmp}/parts' (FORMAT parquet, PARTITION_BY (p))",
      "COPY (SELECT * FROM t ORDER BY h) TO '{out}/sorted.parquet' (FORMAT parquet)",
      "SELECT count(*) FROM '{out}/sorted.parquet'",
      "SELECT count(*) FROM read_csv('{tmp}/t.csv')",
      "SELECT count(*) FROM read_parquet('{tmp}/parts/*/*.parquet')",
      "SELECT sum(b) FROM read_csv('{in}/input.csv')",
      "SELECT timezone('Europe/Berlin', TIMESTAMPTZ '2026-01-01 00:00:00+00')::varchar",
  });
  ASSERT_TRUE(result) << result.error().id << " " << result.error().message << " " << result.error().detail;
  const auto& answers = result->at("answers").get_array();
  EXPECT_EQ(answers.at(5).to_number<std::int64_t>(), 1'000'000);
  EXPECT_EQ(answers.at(6).to_number<std::int64_t>(), 1000);
  EXPECT_EQ(answers.at(7).to_number<std::int64_t>(), 100);
  EXPECT_EQ(answers.at(8).to_number<std::int64_t>(), 2);
  EXPECT_EQ(answers.at(9), "2026-01-01 01:00:00");
}

TEST_P(DuckInWorker, ReachesNothingOutsideOnAnyThread) {
  if (landlock_version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  // Work for all threads first, so that all are there.
  const auto* busy = "SELECT sum(hash(a.i)) > 0 FROM range(2000000) a(i)";
  const auto key = (folder_.path() / "keys/master").string();
  std::vector<std::string> attacks = {
      "SELECT content FROM read_text('/etc/passwd')",
      fmt::format("SELECT content FROM read_text('{}')", key),
      fmt::format("SELECT count(*) FROM read_csv(['{0}', '{0}', '{0}', '{0}', '{0}', '{0}', '{0}', '{0}'])", key),
      fmt::format("COPY (SELECT i FROM range(1000000) r(i)) TO '{}/out.csv'", folder_.path().string()),
      "COPY (SELECT 1) TO '{in}/input.csv'",
      "SELECT count(*) FROM read_parquet('http://127.0.0.1:1/x.parquet')",
  };
  if (GetParam() == WorkerKind::Transform) attacks.push_back(fmt::format("FROM read_csv('{}/store/orders.csv')", folder_.path().string()));
  for (const auto& attack : attacks) {
    SCOPED_TRACE(attack);
    const auto result = run({busy, json::string(attack)});
    ASSERT_FALSE(result);
    const auto said = result.error().message + " " + result.error().detail;
    EXPECT_TRUE(result.error().id.starts_with("query.")) << result.error().id << " " << said;
    EXPECT_EQ(said.find("the master key"), std::string::npos);
    EXPECT_TRUE(said.find("ermission denied") != std::string::npos || attack.find("http") != std::string::npos) << said;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "out.csv"));
}

}  // namespace
}  // namespace weft
