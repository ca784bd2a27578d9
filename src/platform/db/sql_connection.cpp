#include "platform/db/sql_connection.h"

#include <utility>

namespace weft {
namespace {

Error store_error(ErrorKind kind, std::string_view id, std::string_view message, std::string_view hint, std::string detail) {
  auto error = make_error(kind, std::string(id), std::string(message));
  error.hint = hint;
  error.detail = std::move(detail);
  if (kind == ErrorKind::Unavailable) error.retry_after_seconds = 1;
  return error;
}

}  // namespace

Error store_busy(std::string detail) {
  return store_error(ErrorKind::Unavailable, "store.busy", "The metadata store is busy.", "Try again in a moment.", std::move(detail));
}

Error store_unreachable(std::string detail) {
  return store_error(ErrorKind::Unavailable, "store.unreachable", "The metadata store can't be reached.",
                     "Try again in a moment; if it lasts, tell the administrator.", std::move(detail));
}

Error store_full(std::string detail) {
  return store_error(ErrorKind::Unavailable, "store.full", "The metadata store has no room left on its disk.", "Tell the administrator.",
                     std::move(detail));
}

Error store_failed(std::string detail) {
  return store_error(ErrorKind::Internal, "store.failed", "The metadata store failed.", "", std::move(detail));
}

Error store_duplicate(std::string detail) {
  return store_error(ErrorKind::Conflict, "store.duplicate", "This exists already.", "", std::move(detail));
}

Error store_reference(std::string detail) {
  return store_error(ErrorKind::Conflict, "store.reference", "Something that this needs is gone, or something needs this.", "",
                     std::move(detail));
}

Error store_outcome_unknown(std::string detail) {
  return store_error(ErrorKind::Unavailable, "store.outcome_unknown",
                     "The metadata store failed while saving; whether the change was made is not known.",
                     "Look whether it was made before you try again.", std::move(detail));
}

}  // namespace weft
