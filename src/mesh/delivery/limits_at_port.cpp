#include "mesh/delivery/limits_at_port.h"

#include "mesh/delivery/column_type.h"
#include "mesh/delivery/permitted_view.h"

namespace weft {

namespace {

void collect_columns(const Logic& logic, std::set<std::string>& names) {
  if (logic.kind == Logic::Kind::Condition) names.insert(logic.condition.column);
  for (const auto& part : logic.parts) collect_columns(part, names);
}

// Whether a condition means the same of both.
bool compare_alike(std::string_view one, std::string_view other) {
  using Kind = ColumnType::Kind;
  auto family = [](std::string_view type) {
    const auto kind = parse_column_type(type).kind;
    if (kind == Kind::Float || kind == Kind::Double || kind == Kind::Decimal) return Kind::Integer;
    return kind == Kind::Enum ? Kind::Text : kind;
  };
  return one == other || (family(one) == family(other) && family(one) != Kind::Other);
}

Result<void> check_filter(const SettledLimits& settled, std::string_view port, const Provenance& provenance,
                          const std::string& row_filter) {
  std::set<std::string> names;
  for (const auto& logic : TRY(parse_row_filter(row_filter))) collect_columns(logic, names);
  for (const auto& name : names) {
    const auto now = std::ranges::find(provenance.columns, name, &ColumnProvenance::name);
    if (now == provenance.columns.end()) continue;  // that closes the port by itself
    const auto* then = find_settled(settled, port, name);
    if (then == nullptr || !filters_alike(*then, *now))
      return port_closed(fmt::format("'{}' is made in another way than when the row filter was decided", name));
    if (!compare_alike(then->type, now->type))
      return port_closed(fmt::format("'{}' was {} when the row filter was decided and is {} now", name, then->type, now->type));
  }
  return {};
}

}  // namespace

Result<std::optional<Limits>> limits_at_port(Tx& tx, const LimitPorts& ports, const SnapshotId& snapshot, std::string_view port,
                                             const Subscription& grant) {
  auto limits = grant.limits;
  if (!limits || (limits->hidden_columns.empty() && limits->row_filter.empty())) return limits;
  const auto settled = TRY(ports.subscriptions.find_settled(tx, grant.id));
  if (!settled) return port_closed("it is not known what the limits meant when they were decided: have them decided anew");
  const auto provenance = TRY(ports.products.find_provenance(tx, snapshot, port));
  if (!provenance) return port_closed("it is not known what the columns are made of: refresh the product and the views that it reads");
  if (!limits->row_filter.empty()) CHECK(check_filter(*settled, port, *provenance, limits->row_filter));
  limits->hidden_columns = hidden_columns(*settled, limits->hidden_columns, *provenance);
  return limits;
}

}  // namespace weft
