#include "mesh/datastore/postgres_rows_worker.h"

#include "base/utf8.h"
#include "platform/duck/explain_failure.h"
#include "platform/duck/snapshot_sql.h"

namespace weft {

namespace {

constexpr std::int64_t kProgressRows = 10'000;
constexpr std::size_t kMaxDetailBytes = 1000;

}  // namespace

std::string PostgresSelect::next_text() const { return fmt::format("c{}", columns); }

void PostgresSelect::add(std::string_view name, const PostgresTravel& travel) {
  const auto* const comma = columns == 0 ? "" : ", ";
  asked += comma + travel.asked;
  read += fmt::format("{}{} AS {}", comma, travel.read, duck::quote_identifier(name));
  ++columns;
}

class PostgresRows::Feed final : public duck::RowFeed {
 public:
  Feed(PostgresReader& reader, std::size_t columns, const WorkerProgress& progress)
      : reader_(reader), columns_(columns), progress_(progress) {}

  [[nodiscard]] std::size_t columns() const override { return columns_; }

  Result<bool> next(std::vector<std::optional<std::string_view>>& fields) override {
    auto more = reader_.next_row(fields);
    if (more && *more && fields.size() != columns_)
      more = fail(ErrorKind::Unprocessable, "data_store.unreachable", "What answers does not speak as PostgreSQL does.");
    if (!more) failure_ = more.error();
    if (more && *more && ++rows_ % kProgressRows == 0 && progress_) progress_(rows_);
    return more;
  }

  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  PostgresReader& reader_;
  const std::size_t columns_;
  const WorkerProgress& progress_;
  std::int64_t rows_ = 0;
  std::optional<Error> failure_;
};

PostgresRows::PostgresRows(const WorkerContext& context, PostgresReader& reader, std::string table)
    : context_(context), reader_(reader), table_(std::move(table)) {}

PostgresRows::~PostgresRows() = default;

Result<std::string> PostgresRows::open(const PostgresSelect& select) {
  feed_ = std::make_unique<Feed>(reader_, select.columns, context_.progress);
  duck::InstanceOptions options;
  options.memory_bytes = context_.duck_memory_bytes;
  options.threads = context_.threads;
  options.temp_folder = context_.tmp;
  options.allowed_folders = {context_.out, context_.tmp};
  instance_ = TRY(duck::open_instance(options));
  connection_ = TRY(instance_->connect());
  CHECK(connection_->offer_rows("postgres_rows", *feed_));
  CHECK(reader_.start_copy(fmt::format("SELECT {} {}", select.asked, select.rest)));
  return fmt::format("SELECT {} FROM postgres_rows()", select.read);
}

Error PostgresRows::explain(Error error) const {
  if (feed_->failure()) return *feed_->failure();
  if (error.detail.empty() || error.id == "query.memory") return error;
  auto said = own_refusal_in(error.detail);
  if (said.empty()) said = duck::explain_failure(std::move(error)).message;
  return make_error(ErrorKind::Unprocessable, "data_store.unreadable",
                    fmt::format("{} can't be read: {}", table_, shorten(said, kMaxDetailBytes)))
      .with_hint("Map a view that casts such a column to text, or leaves the value out: NaN, say, where the column has a scale.");
}

Result<std::int64_t> PostgresRows::write(const PostgresSelect& select, const std::filesystem::path& parquet) {
  const auto sql = TRY(open(select));
  auto rows = connection_->execute(duck::copy_to_parquet(sql, parquet.string()));
  if (!rows) return fail(explain(rows.error()));
  return *rows;
}

Result<std::vector<std::vector<json::value>>> PostgresRows::rows(const PostgresSelect& select) {
  const auto sql = TRY(open(select));
  auto cursor = connection_->query(sql);
  if (!cursor) return fail(explain(cursor.error()));
  std::vector<std::vector<json::value>> rows;
  while (true) {
    auto batch = (*cursor)->rows();
    if (!batch) return fail(explain(batch.error()));
    if (batch->empty()) return rows;
    rows.insert(rows.end(), std::make_move_iterator(batch->begin()), std::make_move_iterator(batch->end()));
  }
}

}  // namespace weft
