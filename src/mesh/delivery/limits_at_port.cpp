#include "mesh/delivery/limits_at_port.h"

#include "mesh/delivery/column_type.h"
#include "mesh/delivery/permitted_view.h"

namespace weft {

namespace {

void collect_columns(const Logic& logic, std::set<std::string>& names) {
  if (logic.kind == Logic::Kind::Condition) names.insert(logic.condition.column);
  for (const auto& part : logic.parts) collect_columns(part, names);
}

const PortColumn* find_column(const Port& port, std::string_view name) {
  const auto column = std::ranges::find(port.columns, name, &PortColumn::name);
  return column == port.columns.end() ? nullptr : &*column;
}

// That port's column of the name; where it has none or is new, any other port's.
const PortColumn* find_column(const ProductDefinition& definition, std::string_view port, std::string_view name) {
  const PortColumn* found = nullptr;
  for (const auto& other : definition.ports) {
    const auto* column = find_column(other, name);
    if (column != nullptr && (found == nullptr || other.name == port)) found = column;
  }
  return found;
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

Result<void> check_filter(const ProductDefinition& decided, const Port& port, const std::string& row_filter) {
  std::set<std::string> names;
  for (const auto& logic : TRY(parse_row_filter(row_filter))) collect_columns(logic, names);
  for (const auto& name : names) {
    const auto* now = find_column(port, name);
    if (now == nullptr) continue;  // that closes the port by itself
    const auto* then = find_column(decided, port.name, name);
    if (then == nullptr || compare_alike(then->type, now->type)) continue;
    return port_closed(fmt::format("'{}' was {} when the row filter was decided and is {} now", name, then->type, now->type));
  }
  return {};
}

}  // namespace

Result<std::optional<Limits>> limits_at_port(Tx& tx, const LimitPorts& ports, const Product& product, const Port& port,
                                             const Subscription& grant) {
  auto limits = grant.limits;
  if (!limits) return limits;
  std::optional<ProductDefinition> decided;
  const bool is_newer = grant.decided_at && product.published_at && *grant.decided_at < *product.published_at;
  if (is_newer) decided = TRY(ports.products.find_version_at(tx, product.id, *grant.decided_at));
  const auto& then = decided ? *decided : *product.published;
  limits->hidden_columns = TRY(hidden_columns(tx, ports.elements, then, *product.published, port, limits->hidden_columns));
  if (decided && !limits->row_filter.empty()) CHECK(check_filter(*decided, port, limits->row_filter));
  return limits;
}

}  // namespace weft
