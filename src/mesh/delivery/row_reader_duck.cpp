#include "mesh/delivery/row_reader_duck.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/id.h"
#include "platform/duck/snapshot_sql.h"

namespace weft {

namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;

duck::Format format_of(DataFormat format) {
  switch (format) {
    case DataFormat::Json: return duck::Format::Json;
    case DataFormat::Ndjson: return duck::Format::Ndjson;
    case DataFormat::Csv: return duck::Format::Csv;
    case DataFormat::ArrowStream: return duck::Format::ArrowStream;
    case DataFormat::Parquet: break;
  }
  return duck::Format::Json;
}

std::vector<duck::Value> values_of(const std::vector<ReadValue>& params) {
  std::vector<duck::Value> values;
  values.reserve(params.size());
  for (const auto& param : params) std::visit([&](const auto& value) { values.emplace_back(value); }, param);
  return values;
}

ReadSource source_of(const std::filesystem::path& file) {
  return {fmt::format("read_parquet({})", duck::quote_literal(file.string())), {}};
}

class CursorStream final : public RowStream {
 public:
  CursorStream(std::unique_ptr<duck::Connection> connection, std::unique_ptr<duck::Cursor> cursor, DataFormat format)
      : connection_(std::move(connection)), cursor_(std::move(cursor)), format_(format_of(format)) {}

  Result<bool> next(std::string& chunk, std::int64_t& rows) override { return cursor_->encode(format_, kChunkBytes, chunk, rows); }

 private:
  std::unique_ptr<duck::Connection> connection_;  // outlives the cursor
  std::unique_ptr<duck::Cursor> cursor_;
  duck::Format format_;
};

// A file that is read from its beginning to its end, and removed when it was only spooled.
class FileStream final : public RowStream {
 public:
  enum class Afterwards { Keep, Remove };
  static Result<std::unique_ptr<RowStream>> open(const std::filesystem::path& file, std::int64_t rows, Afterwards afterwards) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (afterwards == Afterwards::Remove) ::unlink(file.c_str());
    if (descriptor < 0)
      return fail(make_error(ErrorKind::Internal, "data.unreadable", "The snapshot can't be read.").with_detail(std::strerror(errno)));
    return std::unique_ptr<RowStream>(new FileStream(descriptor, rows));
  }
  ~FileStream() override { ::close(descriptor_); }

  Result<bool> next(std::string& chunk, std::int64_t& rows) override {
    chunk.resize(kChunkBytes);
    const auto got = ::read(descriptor_, chunk.data(), chunk.size());
    if (got < 0)
      return fail(make_error(ErrorKind::Internal, "data.unreadable", "The snapshot can't be read.").with_detail(std::strerror(errno)));
    chunk.resize(static_cast<std::size_t>(got));
    if (got == 0) {
      rows += rows_;  // a Parquet file is only of use when it is whole
      rows_ = 0;
    }
    return got > 0;
  }

 private:
  FileStream(int descriptor, std::int64_t rows) : descriptor_(descriptor), rows_(rows) {}
  int descriptor_;
  std::int64_t rows_;
};

class DuckRowReader final : public RowReader {
 public:
  DuckRowReader(std::shared_ptr<duck::Instance> instance, std::filesystem::path spool)
      : instance_(std::move(instance)), spool_(std::move(spool)) {}

  Result<std::unique_ptr<RowStream>> read(const std::filesystem::path& file, const ReadPlan& plan, DataFormat format) override {
    auto connection = TRY(instance_->connect());
    const auto sql = plan.sql(source_of(file));
    if (format == DataFormat::Parquet) return spool(*connection, sql, plan);
    auto cursor = TRY(connection->query(sql, values_of(plan.params)));
    return std::make_unique<CursorStream>(std::move(connection), std::move(cursor), format);
  }

  Result<std::int64_t> count(const std::filesystem::path& file, const ReadPlan& plan) override {
    auto connection = TRY(instance_->connect());
    auto cursor = TRY(connection->query(plan.count_sql(source_of(file)), values_of(plan.count_params)));
    const auto rows = TRY(cursor->rows());
    return rows.at(0).at(0).to_number<std::int64_t>();
  }

 private:
  // Parquet has its directory at the end: it is made whole, in a file without a name, before the first byte leaves.
  Result<std::unique_ptr<RowStream>> spool(duck::Connection& connection, const std::string& sql, const ReadPlan& plan) {
    const auto file = spool_ / (new_uuid(SystemClock().now()) + ".parquet");
    // Parameters can't stand in COPY; a prepared relation can: bind them through a temporary table.
    CHECK(connection.execute("CREATE TEMP TABLE answer AS " + sql, values_of(plan.params)));
    const auto rows = TRY(connection.execute(duck::copy_to_parquet("SELECT * FROM answer", file.string())));
    return FileStream::open(file, rows, FileStream::Afterwards::Remove);
  }

  std::shared_ptr<duck::Instance> instance_;
  std::filesystem::path spool_;
};

}  // namespace

std::unique_ptr<RowReader> make_duck_row_reader(std::shared_ptr<duck::Instance> instance, std::filesystem::path spool) {
  return std::make_unique<DuckRowReader>(std::move(instance), std::move(spool));
}

}  // namespace weft
