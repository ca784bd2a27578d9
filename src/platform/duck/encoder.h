// How a cursor turns chunks into bytes; one encoder per format.
#pragma once

#include <memory>
#include <vector>

#include "platform/duck/duck.h"
#include "platform/duck/output.h"
#include "platform/duck/type.h"

namespace weft::duck {

// The columns of a chunk that are bound, in order.
using Row = std::vector<VectorView>;

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Once, before everything else.
  [[nodiscard]] virtual Result<void> begin(Output& out) = 0;
  // Writes rows from `first` on until `last` or until `out` and what is pending
  // hold `target_bytes`, at least one; returns the next.
  // REQUIRES: first < last.
  [[nodiscard]] virtual Result<std::size_t> append(const Row& columns, std::size_t first, std::size_t last, std::size_t target_bytes,
                                                   Output& out) = 0;
  // Bytes that were appended and wait for flush().
  [[nodiscard]] virtual std::size_t pending_bytes() const { return 0; }
  // The bytes of what was appended are all in `out` after that.
  [[nodiscard]] virtual Result<void> flush(Output& out) = 0;
  // Once, after the last row.
  [[nodiscard]] virtual Result<void> end(Output& out) = 0;
};

// For JSON and CSV. Errors: `query.type_unsupported` names the column of a type that has no text here.
[[nodiscard]] Result<void> check_text_types(const std::vector<Column>& columns, const std::vector<Type>& types);

// Errors: `query.type_unsupported` names the column that the format has no form for.
[[nodiscard]] Result<std::unique_ptr<Encoder>> make_encoder(Format format, const std::vector<Column>& columns,
                                                            const std::vector<Type>& types);

[[nodiscard]] std::unique_ptr<Encoder> make_json_encoder(const std::vector<Column>& columns, const std::vector<Type>& types);
[[nodiscard]] std::unique_ptr<Encoder> make_ndjson_encoder(const std::vector<Column>& columns, const std::vector<Type>& types);
[[nodiscard]] std::unique_ptr<Encoder> make_csv_encoder(const std::vector<Column>& columns);
[[nodiscard]] Result<std::unique_ptr<Encoder>> make_arrow_encoder(const std::vector<Column>& columns, const std::vector<Type>& types);

}  // namespace weft::duck
