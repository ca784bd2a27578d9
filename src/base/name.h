// Names of domains, products, ports, elements and stores: `[a-z][a-z0-9_-]{0,62}`. A domain's path joins names by dots.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft {

inline constexpr std::size_t kMaxNameBytes = 63;
inline constexpr std::size_t kMaxDomainDepth = 8;

[[nodiscard]] bool is_name(std::string_view text);

// The sentence that explains the rule, for error messages.
inline constexpr std::string_view kNameRule = "must start with a lower-case letter, followed by at most 62 of a-z, 0-9, _ and -";

// Whether `text` is one to kMaxDomainDepth names joined by dots.
[[nodiscard]] bool is_domain_path(std::string_view text);

// Whether `path` is `ancestor` or lies below it: `sales.emea` is within `sales`, `salesforce` is not.
[[nodiscard]] bool is_within(std::string_view path, std::string_view ancestor);

// `sales.emea` → {`sales.emea`, `sales`}: the domain itself first, then those above it.
[[nodiscard]] std::vector<std::string> self_and_ancestors(std::string_view path);

}  // namespace weft
