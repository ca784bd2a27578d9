// The Arrow IPC stream: the schema, record batches of about the size asked for, the end marker. Bytes come from
// nanoarrow's encoder; the columns are built by arrow_column.h.
#include <nanoarrow/nanoarrow.hpp>
#include <nanoarrow/nanoarrow_ipc.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "platform/duck/arrow_column.h"
#include "platform/duck/arrow_schema.h"
#include "platform/duck/encoder.h"

namespace weft::duck {
namespace {

// Rows are taken in strides, so that a batch overshoots by little; the first is small, as nothing is known yet.
constexpr std::size_t kFirstStride = 128;
constexpr std::size_t kMinStride = 8;
constexpr std::size_t kMaxStride = 2048;

Result<void> check_arrow(ArrowErrorCode code, const ArrowError& error) {
  if (code == NANOARROW_OK) return {};
  return fail(make_error(ErrorKind::Internal, "query.failed", "The query failed.").with_detail(error.message));
}

class ArrowEncoder final : public Encoder {
 public:
  [[nodiscard]] Result<void> open(const std::vector<Column>& columns, const std::vector<Type>& types) {
    CHECK(make_arrow_schema(columns, types, schema_.get()));
    for (const auto& type : types) columns_.emplace_back(type);
    ArrowError error{};
    CHECK(check_arrow(ArrowIpcEncoderInit(encoder_.get()), error));
    return check_arrow(ArrowArrayViewInitFromSchema(view_.get(), schema_.get(), &error), error);
  }

  Result<void> begin(Output& out) override {
    ArrowError error{};
    CHECK(check_arrow(ArrowIpcEncoderEncodeSchema(encoder_.get(), schema_.get(), &error), error));
    return write_message(out);
  }

  Result<std::size_t> append(const Row& columns, std::size_t first, std::size_t last, std::size_t target_bytes, Output& out) override {
    auto row = first;
    do {
      const auto stride = std::min(last - row, next_stride(target_bytes, out.size() + bytes_));
      for (std::size_t i = 0; i < columns.size(); ++i) CHECK(columns_[i].append(columns[i], row, stride));
      row += stride;
      rows_ += stride;
      bytes_ = 0;
      for (const auto& column : columns_) bytes_ += column.bytes();
    } while (row < last && out.size() + bytes_ < target_bytes);
    return row;
  }

  [[nodiscard]] std::size_t pending_bytes() const override { return bytes_; }

  Result<void> flush(Output& out) override {
    if (rows_ == 0) return {};
    view_->array = &root_;
    view_->offset = 0;
    view_->length = static_cast<std::int64_t>(rows_);
    view_->null_count = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].expose(view_->children[i]);
    ArrowError error{};
    body_->size_bytes = 0;
    CHECK(check_arrow(ArrowIpcEncoderEncodeSimpleRecordBatch(encoder_.get(), view_.get(), body_.get(), &error), error));
    CHECK(write_message(out));
    out.append(std::string_view(reinterpret_cast<const char*>(body_->data), static_cast<std::size_t>(body_->size_bytes)));
    row_bytes_ = std::max<std::size_t>(1, bytes_ / rows_);
    rows_ = bytes_ = 0;
    for (auto& column : columns_) column.clear();
    return {};
  }

  Result<void> end(Output& out) override {
    constexpr std::array<unsigned char, 8> kEndOfStream = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
    out.append(std::string_view(reinterpret_cast<const char*>(kEndOfStream.data()), kEndOfStream.size()));
    return {};
  }

 private:
  [[nodiscard]] std::size_t next_stride(std::size_t target_bytes, std::size_t done_bytes) const {
    const auto row_bytes = rows_ > 0 ? std::max<std::size_t>(1, bytes_ / rows_) : row_bytes_;
    if (row_bytes == 0) return kFirstStride;
    const auto left = target_bytes > done_bytes ? target_bytes - done_bytes : 0;
    return std::clamp(left / row_bytes, kMinStride, kMaxStride);
  }

  // The message that the encoder holds, with the marker and length before it.
  Result<void> write_message(Output& out) {
    header_->size_bytes = 0;
    CHECK(check_arrow(ArrowIpcEncoderFinalizeBuffer(encoder_.get(), 1, header_.get()), ArrowError{}));
    out.append(std::string_view(reinterpret_cast<const char*>(header_->data), static_cast<std::size_t>(header_->size_bytes)));
    return {};
  }

  nanoarrow::UniqueSchema schema_;
  nanoarrow::ipc::UniqueEncoder encoder_;
  nanoarrow::UniqueArrayView view_;
  nanoarrow::UniqueBuffer header_;
  nanoarrow::UniqueBuffer body_;
  ArrowArray root_{};
  std::vector<ArrowColumn> columns_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  std::size_t row_bytes_ = 0;  // of the last batch, on average
};

}  // namespace

Result<std::unique_ptr<Encoder>> make_arrow_encoder(const std::vector<Column>& columns, const std::vector<Type>& types) {
  auto encoder = std::make_unique<ArrowEncoder>();
  CHECK(encoder->open(columns, types));
  return encoder;
}

}  // namespace weft::duck
