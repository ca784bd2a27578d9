#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include "platform/duck/encode_json.h"
#include "platform/duck/encoder.h"
#include "platform/duck/failure.h"
#include "platform/duck/statement.h"
#include "platform/duck/streaming.h"

namespace weft::duck {
namespace {

// A value may be larger than the memory that is left.
template <typename Work>
auto without_exceptions(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return fail(query_error(DUCKDB_ERROR_OUT_OF_MEMORY, exception.what()));
  }
}

class StreamingCursor final : public Cursor {
 public:
  StreamingCursor(std::shared_ptr<Session> session, std::uint64_t interrupts, Shape shape, ResultStream stream)
      : session_(std::move(session)), interrupts_(interrupts), shape_(std::move(shape)), stream_(std::move(stream)) {
    views_.reserve(shape_.types.size());
    for (const auto& type : shape_.types) views_.emplace_back(type);
  }

  [[nodiscard]] const std::vector<Column>& columns() const override { return shape_.columns; }

  [[nodiscard]] Result<bool> encode(Format format, std::size_t target_bytes, std::string& out, std::int64_t& rows) override {
    out.clear();
    if (state_ == State::Ended) return false;
    auto encoded = without_exceptions([&] { return encode_some(format, target_bytes, out, rows); });
    if (!encoded) {
      // Half a piece must not be mistaken for a whole one, and nothing may follow it.
      out.clear();
      state_ = State::Ended;
      chunk_.reset();
      return fail(std::move(encoded).error());
    }
    return !out.empty();  // NDJSON of no rows has no bytes
  }

  [[nodiscard]] Result<std::vector<std::vector<json::value>>> rows() override {
    return without_exceptions([this] { return next_rows(); });
  }

 private:
  enum class State { Fresh, Encoding, Ended };

  [[nodiscard]] Result<std::vector<std::vector<json::value>>> next_rows();

  [[nodiscard]] Result<void> encode_some(Format format, std::size_t target_bytes, std::string& target, std::int64_t& rows) {
    Output out(target);
    if (state_ == State::Fresh) {
      encoder_ = TRY(make_encoder(format, shape_.columns, shape_.types));
      CHECK(encoder_->begin(out));
      state_ = State::Encoding;
    }
    do {
      if (next_row_ == chunk_rows_ && !TRY(fetch())) {
        state_ = State::Ended;
        CHECK(encoder_->flush(out));
        return encoder_->end(out);
      }
      const auto next = TRY(encoder_->append(views_, next_row_, chunk_rows_, target_bytes, out));
      rows += static_cast<std::int64_t>(next - next_row_);
      next_row_ = next;
    } while (next_row_ == chunk_rows_ && out.size() + encoder_->pending_bytes() < target_bytes);
    return encoder_->flush(out);
  }

  // Binds the views to the next chunk that has rows; false after the last.
  [[nodiscard]] Result<bool> fetch() {
    do {
      if (session_->interrupts.load() != interrupts_) return fail(query_error(DUCKDB_ERROR_INTERRUPT, "between fetches"));
      chunk_ = TRY(stream_.next());
      if (!chunk_) return false;
      chunk_rows_ = duckdb_data_chunk_get_size(chunk_.get());
      next_row_ = 0;
    } while (chunk_rows_ == 0);
    for (std::size_t i = 0; i < views_.size(); ++i) views_[i].bind(duckdb_data_chunk_get_vector(chunk_.get(), i));
    return true;
  }

  // The order is that of destruction, backwards: the chunk and the result go before the connection.
  std::shared_ptr<Session> session_;
  std::uint64_t interrupts_;
  Shape shape_;
  ResultStream stream_;
  ChunkHandle chunk_;
  std::vector<VectorView> views_;
  std::size_t chunk_rows_ = 0;
  std::size_t next_row_ = 0;
  std::unique_ptr<Encoder> encoder_;
  State state_ = State::Fresh;
};

// A DECIMAL of at most 15 digits survives as a double; others stay text rather than lose digits.
constexpr std::uint8_t kExactDigitsOfDouble = 15;

json::value to_json(const VectorView& column, std::size_t row) {
  if (column.is_null(row)) return nullptr;
  const auto& type = column.type();
  if (type.id == DUCKDB_TYPE_VARCHAR && !type.is_json) return json::value(json::string(column.text(row)));
  std::string text;
  {
    Output out(text);
    write_json_value(out, column, row);
  }
  const bool wide = type.id == DUCKDB_TYPE_HUGEINT || type.id == DUCKDB_TYPE_UHUGEINT ||
                    (type.id == DUCKDB_TYPE_DECIMAL && type.width > kExactDigitsOfDouble);
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error || (wide && value.is_double())) return json::value(json::string(text));
  return value;
}

Result<std::vector<std::vector<json::value>>> StreamingCursor::next_rows() {
  std::vector<std::vector<json::value>> rows;
  if (state_ == State::Ended) return rows;
  CHECK(check_text_types(shape_.columns, shape_.types));
  if (next_row_ == chunk_rows_ && !TRY(fetch())) {
    state_ = State::Ended;
    return rows;
  }
  for (; next_row_ < chunk_rows_; ++next_row_) {
    auto& row = rows.emplace_back();
    row.reserve(views_.size());
    for (const auto& view : views_) row.push_back(to_json(view, next_row_));
  }
  return rows;
}

}  // namespace

Result<std::unique_ptr<Cursor>> open_cursor(std::shared_ptr<Session> session, std::string_view sql, const std::vector<Value>& params) {
  const auto interrupts = session->interrupts.load();
  auto* const statement = TRY(prepare_and_keep(*session, sql, params));
  auto stream = TRY(ResultStream::start(statement));
  auto shape = shape_of(stream.result());
  return std::make_unique<StreamingCursor>(std::move(session), interrupts, std::move(shape), std::move(stream));
}

}  // namespace weft::duck
