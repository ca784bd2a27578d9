#include "mesh/domain/create_domain.h"

#include "mesh/domain/resolve_owners.h"

namespace weft {

Result<Domain> create_domain(Tx& tx, const Context& context, const DomainPorts& ports, const CreateDomain& input) {
  CHECK(ports.domains.lock_tree(tx));
  Domain domain;
  auto complaints = input.complaints;
  std::optional<Domain> parent;
  if (input.parent) {
    parent = TRY(ports.domains.find_by_path(tx, *input.parent));
    if (!parent) complaints.push_back({"parent", fmt::format("there is no domain '{}'", *input.parent)});
    if (parent) domain.parent = parent->id;
  }
  const auto path = place_domain(parent ? parent->path : "", input.name);
  if (!path) std::ranges::copy(path.error().fields, std::back_inserter(complaints));
  domain.owners = TRY(resolve_owners(tx, ports.users, input.owners, complaints));
  if (!complaints.empty()) return fail(form_invalid(complaints));
  if (parent) CHECK(require_active(*parent));
  domain.id = DomainId::make(context.now);
  domain.name = input.name;
  domain.path = *path;
  domain.title = input.title;
  domain.description = input.description;
  domain.tags = input.tags;
  domain.created_at = domain.updated_at = context.now;
  CHECK(ports.domains.insert(tx, domain));
  CHECK(ports.audit.append(tx, context, {"domain.create", "domain", domain.id.text(), domain.path, nullptr, to_json(domain)}));
  return domain;
}

}  // namespace weft
