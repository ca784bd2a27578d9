// Cross-origin access for the origins that a setting names (the Fetch standard's CORS protocol). Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/http/message.h"

namespace weft::http {

// Origins as browsers send them (`https://bi.example.org`), or `*` for all, which then get no credentials.
using CorsOrigins = std::vector<std::string>;

// The answer to a preflight of an origin that is allowed; nullopt for every other request.
[[nodiscard]] std::optional<Response> answer_preflight(const CorsOrigins& allowed, const RequestHead& head);

// Headers for the answer to `head`; `Vary: Origin` among them wherever the answer depends on it.
[[nodiscard]] Headers cors_headers(const CorsOrigins& allowed, const RequestHead& head);

}  // namespace weft::http
