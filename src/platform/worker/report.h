// What a worker reports to the server: rows so far, and at the end its answer or its error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/json.h"
#include "base/result.h"

namespace weft {

[[nodiscard]] std::string progress_report(std::int64_t rows);
// An answer that does not fit into a message becomes the error `worker.answer_too_large`.
[[nodiscard]] std::string final_report(const Result<json::object>& result);

struct Rows {
  std::int64_t count = 0;
};
using Report = std::variant<Rows, Result<json::object>>;

// Nothing if `text` is no report: then what sent it is no worker of ours any more.
[[nodiscard]] std::optional<Report> parse_report(std::string_view text);

}  // namespace weft
