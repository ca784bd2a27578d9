#include "mesh/delivery/remember_rows.h"

namespace weft {

namespace {

class KnownRows final : public RowStream {
 public:
  explicit KnownRows(std::shared_ptr<const KnownAnswer> answer) : answer_(std::move(answer)) {}

  Result<bool> next(std::string& chunk, std::int64_t& rows) override {
    const auto& body = answer_->body;
    chunk.assign(body, given_, kAnswerPieceBytes);
    if (chunk.empty()) return false;
    const auto before = rows_before(given_);
    given_ += chunk.size();
    rows += rows_before(given_) - before;
    return true;
  }
  [[nodiscard]] std::optional<std::uint64_t> bytes() const override { return answer_->body.size(); }

 private:
  // Where a row ends is not known any more: as many as the share of the bytes stands for; all of them at the end.
  [[nodiscard]] std::int64_t rows_before(std::size_t bytes) const {
    const auto share = static_cast<double>(bytes) / static_cast<double>(answer_->body.size());
    return bytes == answer_->body.size() ? answer_->rows : static_cast<std::int64_t>(static_cast<double>(answer_->rows) * share);
  }

  std::shared_ptr<const KnownAnswer> answer_;
  std::size_t given_ = 0;
};

class KeptRows final : public RowStream {
 public:
  KeptRows(std::unique_ptr<RowStream> rows, std::string_view begun, std::int64_t begun_rows, AnswerToKeep keep)
      : rows_(std::move(rows)), keep_(std::move(keep)) {
    keep_->answer.body.reserve(keep_->room.bytes());
    keep_->answer.body = begun;
    keep_->answer.rows = begun_rows;
  }

  Result<bool> next(std::string& chunk, std::int64_t& rows) override {
    const auto rows_before = rows;
    const bool more = TRY(rows_->next(chunk, rows));
    if (!keep_) return more;
    auto& answer = keep_->answer;
    answer.rows += rows - rows_before;
    if (answer.body.size() + chunk.size() > keep_->room.bytes()) {
      keep_.reset();
      return more;
    }
    answer.body += chunk;
    if (!more) {
      keep_->cache.keep(std::move(keep_->key), std::make_shared<const KnownAnswer>(std::move(answer)));
      keep_.reset();
    }
    return more;
  }
  [[nodiscard]] std::optional<std::uint64_t> bytes() const override { return rows_->bytes(); }

 private:
  std::unique_ptr<RowStream> rows_;
  std::optional<AnswerToKeep> keep_;
};

}  // namespace

std::unique_ptr<RowStream> rows_of(std::shared_ptr<const KnownAnswer> answer) { return std::make_unique<KnownRows>(std::move(answer)); }

std::unique_ptr<RowStream> keep_while_given(std::unique_ptr<RowStream> rows, std::string_view begun, std::int64_t begun_rows,
                                            AnswerToKeep keep) {
  return std::make_unique<KeptRows>(std::move(rows), begun, begun_rows, std::move(keep));
}

}  // namespace weft
