// The words that stand beside a status number on the wire and in a problem's title.
#pragma once

#include <string_view>

namespace weft::http {

// `Unknown` for numbers that we never send.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace weft::http
