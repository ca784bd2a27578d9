#include "mesh/delivery/right_check_http.h"

#include "mesh/subscription/check_source_rights.h"

namespace weft {

namespace {

bool same_limits(const std::optional<Limits>& left, const std::optional<Limits>& right) {
  if (left.has_value() != right.has_value()) return false;
  return !left || (left->row_filter == right->row_filter && left->hidden_columns == right->hidden_columns);
}

}  // namespace

Result<void> RightCheck::require() {
  const auto now = ports_.clock.now();
  const auto epoch = ports_.transactor.epoch();
  const bool unchanged = epoch != 0 && epoch == epoch_ && (!until_ || now < *until_);
  if (unchanged) return {};
  auto tx = TRY(ports_.transactor.begin(TxMode::Read));
  const auto caller = TRY(ports_.authenticate(*tx, right_.credential, now));
  auto readable = TRY(find_readable_port(*tx, ports_.delivery, caller.who, now, right_.domain, right_.product, right_.port));
  if (readable.subscription != right_.subscription || !same_limits(readable.limits, right_.limits)) {
    return fail(ErrorKind::Denied, "data.not_granted", "The grant was changed while the answer was under way.");
  }
  const auto sources_until = TRY(check_source_rights(*tx, ports_.delivery.products, ports_.delivery.subscriptions, right_.sources, now));
  epoch_ = epoch;
  until_ = earlier(earlier(readable.until, sources_until), caller.expires_at);
  return {};
}

}  // namespace weft
