#include "mesh/element/reread_table.h"

#include "base/ascii.h"
#include "mesh/element/map_table.h"
#include "mesh/element/open_table.h"
#include "mesh/product/spread_personal.h"

namespace weft {

namespace {

constexpr int kRenamedConfidence = 50;

const ElementColumn* find_column(const std::vector<ElementColumn>& columns, std::string_view name) {
  const auto found = std::ranges::find_if(columns, [&](const auto& column) { return equal_ignoring_case(column.name, name); });
  return found == columns.end() ? nullptr : &*found;
}

// The personal columns that are there no more: whatever is new may be one of them under another name.
std::vector<std::string> personal_gone(const std::vector<ElementColumn>& before, const std::vector<ElementColumn>& now) {
  std::vector<std::string> gone;
  for (const auto& column : before) {
    if (is_personal(column.personal) && find_column(now, column.name) == nullptr) gone.push_back(column.name);
  }
  return gone;
}

// All that are there no more, with what those may have been before.
std::vector<std::string> names_gone(const std::vector<ElementColumn>& before, const std::vector<ElementColumn>& now) {
  std::set<std::string> gone;
  for (const auto& column : before) {
    if (find_column(now, column.name) != nullptr) continue;
    gone.insert(column.name);
    gone.insert(column.formerly.begin(), column.formerly.end());
  }
  return {gone.begin(), gone.end()};
}

void keep_what_was_said(const ElementColumn& known, ElementColumn& column) {
  if (!known.description.empty()) column.description = known.description;
  if (known.personal == Personal::No) return;
  column.personal = known.personal;
  column.confidence = known.confidence;
  column.personal_why = known.personal_why;
}

std::vector<ElementColumn> merged(const std::vector<ElementColumn>& before, std::vector<ElementColumn> now) {
  const auto gone = personal_gone(before, now);
  const auto all_gone = names_gone(before, now);
  for (auto& column : now) {
    if (const auto* known = find_column(before, column.name)) {
      column.formerly = known->formerly;
      keep_what_was_said(*known, column);
      continue;
    }
    column.formerly = all_gone;
    if (!gone.empty() && column.personal == Personal::No) {
      column.personal = Personal::Suspected;
      column.confidence = kRenamedConfidence;
      column.personal_why = fmt::format("it came when {} went, which was personal", fmt::join(gone, ", "));
    }
  }
  return now;
}

}  // namespace

Result<Element> reread_table(const Context& context, const ElementPorts& ports, const ElementId& id) {
  auto reading = TRY(ports.transactor.begin(TxMode::Read));
  const auto seen = TRY(open_table(*reading, context.who, ports, id));
  reading.reset();  // no transaction is open while a worker works
  const auto& mapping = *seen.element.mapping;
  const auto schema = TRY(ports.source.describe(seen.access, mapping.schema, mapping.table));

  auto writing = TRY(ports.transactor.begin(TxMode::Write));
  CHECK(ports.elements.lock_lineage(*writing));
  auto element = TRY(open_table(*writing, context.who, ports, id)).element;  // the right may have been taken away meanwhile
  if (element.version != seen.element.version)
    return fail(ErrorKind::Conflict, "element.changed", "The element was changed by somebody else in between.", "Try again.");
  const auto before = to_audit(element);
  std::vector<ElementColumn> columns;
  for (const auto& column : schema.columns) columns.push_back(column_from(column));
  element.columns = merged(element.columns, std::move(columns));
  if (to_audit(element) == before) return element;
  element.row_estimate = schema.row_estimate;
  element.updated_at = context.now;
  CHECK(ports.elements.update(*writing, element));
  ++element.version;
  std::vector<AuditRecord> retagged;
  CHECK(spread_personal(*writing, {ports.elements, ports.ingredients.products}, element, context.now, retagged));
  CHECK(ports.audit.append(*writing, context,
                           {"element.reread", "element", element.id.text(), element.domain_path, before, to_audit(element)}));
  CHECK(append_all(*writing, context, ports.audit, std::move(retagged)));
  CHECK(writing->commit());
  return element;
}

}  // namespace weft
