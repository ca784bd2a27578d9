#include "mesh/delivery/row_reader_duck.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/delivery/resident_tables_duck.h"
#include "mesh/delivery/spool.h"
#include "mesh/delivery/watch_plans_duck.h"
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

// Where a read finds its rows; what it holds stays there as long as this does.
struct Rows {
  Rows(ResidentTables& tables, const std::filesystem::path& file, const ReadPlan& plan) : table(tables.find(file, plan.keys)) {
    source = table ? ReadSource{duck::quote_identifier(table->name()), "rowid"}
                   : ReadSource{fmt::format("read_parquet({})", duck::quote_literal(file.string())), "file_row_number"};
  }
  std::shared_ptr<const ResidentTable> table;
  ReadSource source;
};

// Connections with the statements that they have prepared, for one read after the other. Thread-safe.
class Connections {
 public:
  explicit Connections(std::shared_ptr<duck::Instance> instance) : instance_(std::move(instance)) {}

  Result<std::unique_ptr<duck::Connection>> take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!free_.empty()) {
        auto connection = std::move(free_.back());
        free_.pop_back();
        return connection;
      }
    }
    return instance_->connect();
  }
  // Of a read that went well.
  void give_back(std::unique_ptr<duck::Connection> connection) {
    const std::scoped_lock lock(mutex_);
    if (free_.size() < kMaxFree) free_.push_back(std::move(connection));
  }

 private:
  static constexpr std::size_t kMaxFree = 16;
  std::shared_ptr<duck::Instance> instance_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<duck::Connection>> free_;
};

class CursorStream final : public RowStream {
 public:
  CursorStream(PlanWatch& watch, StillWanted still_wanted, std::shared_ptr<Connections> connections, Rows rows,
               std::unique_ptr<duck::Connection> connection, std::unique_ptr<duck::Cursor> cursor, DataFormat format)
      : watch_(watch),
        still_wanted_(std::move(still_wanted)),
        connections_(std::move(connections)),
        rows_(std::move(rows)),
        connection_(std::move(connection)),
        cursor_(std::move(cursor)),
        format_(format_of(format)) {}
  ~CursorStream() override {
    cursor_.reset();
    if (ended_) connections_->give_back(std::move(connection_));
  }
  CursorStream(const CursorStream&) = delete;
  CursorStream& operator=(const CursorStream&) = delete;

  Result<bool> next(std::string& chunk, std::int64_t& rows) override {
    const bool more = TRY(watch_.run(*connection_, still_wanted_, [&] { return cursor_->encode(format_, kChunkBytes, chunk, rows); }));
    ended_ = !more;
    return more;
  }

 private:
  PlanWatch& watch_;
  StillWanted still_wanted_;
  std::shared_ptr<Connections> connections_;
  Rows rows_;
  std::unique_ptr<duck::Connection> connection_;  // outlives the cursor
  bool ended_ = false;
  std::unique_ptr<duck::Cursor> cursor_;
  duck::Format format_;
};

// A file that is read from its beginning to its end.
class FileStream final : public RowStream {
 public:
  static Result<std::unique_ptr<RowStream>> open(const std::filesystem::path& file, std::int64_t rows) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return unreadable();
    return of(descriptor, rows, nullptr);
  }
  // It loses its name at once, and its place on the disk with the stream.
  static Result<std::unique_ptr<RowStream>> open(std::unique_ptr<SpooledFile> file, std::int64_t rows) {
    const int descriptor = ::open(file->path().c_str(), O_RDONLY | O_CLOEXEC);
    ::unlink(file->path().c_str());
    if (descriptor < 0) return unreadable();
    return of(descriptor, rows, std::move(file));
  }
  static Result<std::unique_ptr<RowStream>> of(int descriptor, std::int64_t rows, std::unique_ptr<SpooledFile> spooled) {
    auto stream = std::unique_ptr<FileStream>(new FileStream(descriptor, rows, std::move(spooled)));
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) return unreadable();
    stream->bytes_ = static_cast<std::uint64_t>(status.st_size);
    return stream;
  }
  ~FileStream() override { ::close(descriptor_); }

  Result<bool> next(std::string& chunk, std::int64_t& rows) override {
    chunk.resize(kChunkBytes);
    const auto got = ::read(descriptor_, chunk.data(), chunk.size());
    if (got < 0) return unreadable();
    chunk.resize(static_cast<std::size_t>(got));
    if (got == 0) {
      rows += rows_;  // a Parquet file is only of use when it is whole
      rows_ = 0;
    }
    return got > 0;
  }
  [[nodiscard]] std::optional<std::uint64_t> bytes() const override { return bytes_; }

 private:
  static std::unexpected<Error> unreadable() {
    return fail(make_error(ErrorKind::Internal, "data.unreadable", "The snapshot can't be read.").with_detail(std::strerror(errno)));
  }
  FileStream(int descriptor, std::int64_t rows, std::unique_ptr<SpooledFile> spooled)
      : spooled_(std::move(spooled)), descriptor_(descriptor), rows_(rows) {}
  std::unique_ptr<SpooledFile> spooled_;
  int descriptor_;
  std::int64_t rows_;
  std::uint64_t bytes_ = 0;
};

class DuckRowReader final : public RowReader {
 public:
  DuckRowReader(std::shared_ptr<duck::Instance> instance, DuckRowReaderOptions options)
      : connections_(std::make_shared<Connections>(instance)),
        tables_(std::move(instance), options.resident_bytes),
        spool_(std::move(options.spool), options.spool_bytes),
        watch_(options.time_limit) {}

  Result<std::unique_ptr<RowStream>> read(const std::filesystem::path& file, const ReadPlan& plan, DataFormat format,
                                          StillWanted still_wanted) override {
    if (format == DataFormat::Parquet && plan.unchanged && TRY(has_just_the_columns_of(file, plan))) {
      return FileStream::open(file, TRY(count(file, plan, std::move(still_wanted))));
    }
    Rows rows(tables_, file, plan);
    const auto sql = plan.sql(rows.source);
    if (format == DataFormat::Parquet) return spool(sql, plan, still_wanted);
    auto connection = TRY(connections_->take());
    auto cursor = TRY(watch_.run(*connection, still_wanted, [&] { return connection->query(sql, values_of(plan.params)); }));
    return std::make_unique<CursorStream>(watch_, std::move(still_wanted), connections_, std::move(rows), std::move(connection),
                                          std::move(cursor), format);
  }

  Result<std::int64_t> count(const std::filesystem::path& file, const ReadPlan& plan, StillWanted still_wanted) override {
    const Rows rows(tables_, file, plan);
    auto connection = TRY(connections_->take());
    const auto counted = TRY(watch_.run(*connection, still_wanted, [&]() -> Result<std::int64_t> {
      auto cursor = TRY(connection->query(plan.count_sql(rows.source), values_of(plan.count_params)));
      return TRY(cursor->rows()).at(0).at(0).to_number<std::int64_t>();
    }));
    connections_->give_back(std::move(connection));
    return counted;
  }

 private:
  // A file as it is may leave only if nothing is in it but what the plan reads.
  Result<bool> has_just_the_columns_of(const std::filesystem::path& file, const ReadPlan& plan) {
    auto connection = TRY(connections_->take());
    const auto columns = TRY(connection->describe(fmt::format("SELECT * FROM read_parquet({})", duck::quote_literal(file.string()))));
    connections_->give_back(std::move(connection));
    return std::ranges::equal(columns, plan.columns, [](const auto& there, const auto& planned) { return there.name == planned.name; });
  }

  // Parquet has its directory at the end: it is made whole, in a file without a name, before the first byte leaves.
  Result<std::unique_ptr<RowStream>> spool(const std::string& sql, const ReadPlan& plan, const StillWanted& still_wanted) {
    auto connection = TRY(connections_->take());
    auto file = spool_.make_file(".parquet");
    const StillWanted still_possible = [&]() -> Result<void> {
      CHECK(file->check());
      return still_wanted ? still_wanted() : Result<void>{};
    };
    const auto rows = TRY(watch_.run(*connection, still_possible, [&] {
      return connection->execute(duck::copy_to_parquet(sql, file->path().string()), values_of(plan.params));
    }));
    connections_->give_back(std::move(connection));
    CHECK(file->check());
    return FileStream::open(std::move(file), rows);
  }

  std::shared_ptr<Connections> connections_;
  ResidentTables tables_;
  Spool spool_;
  PlanWatch watch_;
};

}  // namespace

std::unique_ptr<RowReader> make_duck_row_reader(std::shared_ptr<duck::Instance> instance, DuckRowReaderOptions options) {
  return std::make_unique<DuckRowReader>(std::move(instance), std::move(options));
}

}  // namespace weft
