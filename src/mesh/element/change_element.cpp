#include "mesh/element/change_element.h"

#include "mesh/product/spread_personal.h"

namespace weft {

namespace {

// A run that ended with its element, and what the log is to say of it.
struct EndedRefresh {
  RunId run;
  AuditRecord record;
};

Result<std::optional<EndedRefresh>> cancel_refresh(Tx& tx, const Context& context, const ElementPorts& ports, const Element& element) {
  auto run = TRY(ports.runs.find_open(tx, element.id.text()));
  if (!run) return std::nullopt;
  const auto before = to_json(*run);
  run->state = RunState::Cancelled;
  run->finished_at = context.now;
  run->failure = RunFailure{"run.cancelled", fmt::format("{} removed {}, which it refreshed.", context.who.name, element.name), ""};
  auto finished = ports.runs.finish(tx, *run);
  if (!finished && finished.error().id == "run.not_open") return std::nullopt;  // it has just ended by itself
  CHECK(finished);
  return EndedRefresh{run->id, {"run.cancel", "run", run->id.text(), run->domain_path, before, to_json(*run)}};
}

std::string complaint_of(Hold hold, const std::string& column) {
  if (hold == Hold::Everywhere) return fmt::format("'{}' is made of what another domain tagged as personal; its owners clear it", column);
  return fmt::format(
      "'{}' may hand on values of a column that is confirmed as personal; it is cleared where that was confirmed. If it hands on none, "
      "make it without a subquery in an expression, a lambda or PIVOT",
      column);
}

}  // namespace

Error element_not_found() { return make_error(ErrorKind::NotFound, "element.not_found", "There is no such element."); }

Result<Element> get_element(Tx& tx, const Principal& who, ElementStore& elements, const ElementId& id) {
  auto element = TRY(elements.find(tx, id));
  if (!element || !who.keeps(element->domain_path)) return fail(element_not_found());
  return std::move(*element);
}

Result<Element> change_element(Tx& tx, const Context& context, const ElementPorts& ports, Element element, const ChangeElement& input) {
  const bool tags = std::ranges::any_of(input.columns, [](const auto& change) { return change.personal.has_value(); });
  // Whoever publishes or defines at the same time what is made of it either sees the tags, or is seen here. The element itself
  // was read before: update() tells whether it is still so.
  if (tags) CHECK(ports.elements.lock_lineage(tx));
  const auto before = to_audit(element);
  if (input.name && *input.name != element.name) {
    if (!TRY(ports.ingredients.products.readers_of(tx, element.id)).empty()) {
      return fail(ErrorKind::Conflict, "element.name_fixed",
                  fmt::format("A published product reads '{}', which keeps its name.", element.name), "Change its title.");
    }
    element.name = *input.name;
  }
  if (input.title) element.title = *input.title;
  if (input.description) element.description = *input.description;
  std::vector<FieldError> complaints;
  const PersonalPorts personal_ports{ports.elements, ports.ingredients.products};
  const bool clears =
      std::ranges::any_of(input.columns, [](const auto& change) { return change.personal && !is_personal(*change.personal); });
  const auto held = clears ? TRY(inherited_tags(tx, personal_ports, element)) : HeldTags{};
  for (std::size_t i = 0; i < input.columns.size(); ++i) {
    const auto& change = input.columns[i];
    auto column = std::ranges::find(element.columns, change.name, &ElementColumn::name);
    if (column == element.columns.end()) {
      complaints.push_back({fmt::format("columns[{}].name", i), fmt::format("there is no column '{}'", change.name)});
      continue;
    }
    if (change.description) column->description = *change.description;
    const auto hold = held.find(column->name);
    if (change.personal && !is_personal(*change.personal) && is_personal(column->personal) && hold != held.end()) {
      complaints.push_back({fmt::format("columns[{}].personal", i), complaint_of(hold->second, change.name)});
      continue;
    }
    if (change.personal) column->personal = *change.personal;
  }
  if (!complaints.empty())
    return fail(make_error(ErrorKind::Invalid, "form.invalid", "The columns can't be changed so.").with_fields(std::move(complaints)));
  if (to_audit(element) == before) return element;
  element.updated_at = context.now;
  CHECK(ports.elements.update(tx, element));
  ++element.version;
  std::vector<AuditRecord> retagged;
  if (tags) CHECK(spread_personal(tx, personal_ports, element, context.now, retagged));
  CHECK(ports.audit.append(tx, context, {"element.change", "element", element.id.text(), element.domain_path, before, to_audit(element)}));
  CHECK(append_all(tx, context, ports.audit, std::move(retagged)));
  return element;
}

Result<std::optional<RunId>> remove_element(Tx& tx, const Context& context, const ElementPorts& ports, const Element& element) {
  // The run first, as it does itself when it ends: each would else wait for a row that the other holds.
  auto ended = TRY(cancel_refresh(tx, context, ports, element));
  CHECK(ports.elements.remove(tx, element));
  std::optional<RunId> cancelled;
  if (ended) {
    cancelled = ended->run;
    CHECK(ports.audit.append(tx, context, std::move(ended->record)));
  }
  CHECK(ports.audit.append(tx, context, {"element.remove", "element", element.id.text(), element.domain_path, to_audit(element), nullptr}));
  return cancelled;
}

void remove_files(const ElementPorts& ports, const ElementId& id) {
  ports.readers.when_left([folder = ports.data / "lake" / id.text()] {
    std::error_code ignored;  // what can't be removed now is swept later
    std::filesystem::remove_all(folder, ignored);
  });
}

}  // namespace weft
