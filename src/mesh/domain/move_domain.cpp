#include "mesh/domain/move_domain.h"

namespace weft {

namespace {

Result<std::optional<Domain>> find_new_parent(Tx& tx, const DomainPorts& ports, const Domain& domain, const MoveDomain& input,
                                              std::vector<FieldError>& complaints) {
  std::optional<Domain> parent;
  if (!input.parent) {
    if (domain.parent) parent = TRY(ports.domains.find(tx, *domain.parent));
    return parent;
  }
  if (input.parent->empty()) return parent;
  parent = TRY(ports.domains.find_by_path(tx, *input.parent));
  if (!parent) complaints.push_back({"parent", fmt::format("there is no domain '{}'", *input.parent)});
  return parent;
}

}  // namespace

Result<Domain> move_domain(Tx& tx, const Context& context, const DomainPorts& ports, const MoveDomain& input) {
  CHECK(ports.domains.lock_tree(tx));
  const auto before = TRY(get_domain(tx, ports.domains, input.domain));
  CHECK(require_active(before));
  auto complaints = input.complaints;
  const auto parent = TRY(find_new_parent(tx, ports, before, input, complaints));
  if (input.name && !is_name(*input.name)) complaints.push_back({"name", std::string(kNameRule)});
  if (!complaints.empty()) return fail(form_invalid(complaints));
  std::optional<DomainId> parent_id;
  std::string parent_path;
  if (parent) {
    if (is_within(parent->path, before.path)) {
      return fail(ErrorKind::Conflict, "domain.cycle", fmt::format("{} lies within {} itself.", parent->path, before.path),
                  "Choose a parent outside of it.");
    }
    CHECK(require_active(*parent));
    parent_id = parent->id;
    parent_path = parent->path;
  }
  const auto depth_below = TRY(ports.domains.depth_below(tx, before));
  const auto new_path = TRY(place_domain(parent_path, input.name.value_or(before.name), depth_below));
  if (new_path == before.path) return before;

  CHECK(ports.domains.move(tx, before, parent_id, new_path, context.now));
  auto after = TRY(get_domain(tx, ports.domains, before.id.text()));
  CHECK(ports.audit.append(tx, context, {"domain.move", "domain", after.id.text(), after.path, to_json(before), to_json(after)}));
  return after;
}

}  // namespace weft
