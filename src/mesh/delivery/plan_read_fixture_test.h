// What tests of plans share: a port, a plan of a query on it, its parameters as text.
#pragma once

#include "mesh/delivery/plan_read.h"

namespace weft {

using Parameters = std::vector<std::pair<std::string, std::string>>;

inline const ReadSchema kSchema = {{"id", "BIGINT"},           {"origin", "VARCHAR"}, {"month", "INTEGER"},       {"price", "DECIMAL(5,2)"},
                                   {"ok", "BOOLEAN"},          {"day", "DATE"},       {"Name, \"x\"", "VARCHAR"}, {"tags", "VARCHAR[]"},
                                   {"kind", "ENUM('a', 'b')"}, {"ratio", "DOUBLE"}};

inline Result<ReadPlan> plan(const Parameters& parameters, const std::vector<GrantLimits>& limits = {},
                             const ReadSchema& schema = kSchema) {
  ReadRequest request;
  request.parameters = parameters;
  const auto query = TRY(parse_read_query(request));
  return plan_read(query, schema, limits);
}

inline std::string show(const std::vector<ReadValue>& params) {
  std::string text;
  for (const auto& param : params) {
    text += text.empty() ? "" : ", ";
    std::visit(
        [&]<typename T>(const T& value) {
          if constexpr (std::is_same_v<T, std::string>) {
            text += "'" + value + "'";
          } else if constexpr (!std::is_same_v<T, std::monostate>) {
            text += fmt::format("{}", value);
          }
        },
        param);
  }
  return text;
}

}  // namespace weft
