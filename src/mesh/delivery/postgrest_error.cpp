#include "mesh/delivery/postgrest_error.h"

namespace weft {

namespace {

struct Code {
  std::string_view id, code;
  std::string_view message;  // PostgREST's fixed sentence, where clients look at it; ours is in the details then
};
constexpr std::array kCodes = {
    Code{"data.syntax", "PGRST100", ""},
    Code{"query.malformed", "PGRST100", ""},
    Code{"data.range", "PGRST103", "Requested range not satisfiable"},
    Code{"data.profile", "PGRST106", ""},
    Code{"data.not_acceptable", "PGRST107", ""},
    Code{"data.unknown_format", "PGRST107", ""},
    Code{"data.embedded_filter", "PGRST108", ""},
    Code{"data.not_single", "PGRST116", "JSON object requested, multiple (or no) rows returned"},
    Code{"data.preference", "PGRST122", "Invalid preferences given with handling=strict"},
    Code{"data.aggregate", "PGRST123", ""},
    Code{"route.method_not_allowed", "PGRST117", ""},
    Code{"data.not_supported", "PGRST127", ""},
    Code{"data.embedding", "PGRST200", ""},
    Code{"data.limit_exceeded", "54000", ""},
    Code{"query.too_long", "54000", ""},
    Code{"data.like_too_complex", "54001", ""},
    Code{"data.unknown_column", "42703", ""},
    Code{"data.unknown_type", "42704", ""},
    Code{"data.cast", "42846", ""},
    Code{"data.operator_mismatch", "42883", ""},
    Code{"data.type_mismatch", "42804", ""},
    Code{"data.duplicate_column", "42701", ""},
    Code{"data.invalid_value", "22P02", ""},
    Code{"data.like_escape", "22025", ""},
    Code{"query.conversion", "22P02", ""},
    Code{"query.out_of_range", "22003", ""},
    Code{"query.memory", "53200", ""},
    Code{"data.too_large", "53100", ""},
    Code{"data.spool_full", "53100", ""},
};

std::string_view code_of_kind(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Unauthenticated: return "PGRST301";
    case ErrorKind::Denied: return "42501";
    case ErrorKind::NotFound: return "42P01";
    case ErrorKind::TooManyRequests: return "53400";
    case ErrorKind::Timeout: return "57014";
    case ErrorKind::Unavailable: return "57P03";
    case ErrorKind::Internal: return "XX000";
    default: return "PGRST100";
  }
}

const Code* find_code(const Error& error) {
  const auto* found = std::ranges::find(kCodes, error.id, &Code::id);
  return found == kCodes.end() ? nullptr : found;
}

}  // namespace

std::string_view postgrest_code(const Error& error) {
  const auto* code = find_code(error);
  return code != nullptr ? code->code : code_of_kind(error.kind);
}

PostgrestError to_postgrest(const Error& error) {
  PostgrestError shown{postgrest_code(error), error.message, std::nullopt, std::nullopt};
  if (const auto* code = find_code(error); code != nullptr && !code->message.empty()) {
    shown.message = code->message;
    shown.details = error.message;
  }
  if (!error.hint.empty()) shown.hint = error.hint;
  return shown;
}

}  // namespace weft
