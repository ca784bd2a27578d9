#include "mesh/domain/create_domain.h"

#include "mesh/domain/resolve_owners.h"

namespace weft {

Result<Domain> create_domain(Tx& tx, const Context& context, const DomainPorts& ports, const CreateDomain& input) {
  CHECK(ports.domains.lock_tree(tx));
  Domain domain;
  std::string parent_path;
  if (input.parent) {
    auto parent = TRY(ports.domains.find_by_path(tx, *input.parent));
    if (!parent) {
      return fail(make_error(ErrorKind::Invalid, "form.invalid", "The parent does not exist.")
                      .with_fields({{"parent", fmt::format("there is no domain '{}'", *input.parent)}}));
    }
    CHECK(require_active(*parent));
    domain.parent = parent->id;
    parent_path = parent->path;
  }
  domain.id = DomainId::make(context.now);
  domain.name = input.name;
  domain.path = TRY(place_domain(parent_path, input.name));
  domain.title = input.title;
  domain.description = input.description;
  domain.tags = input.tags;
  domain.owners = TRY(resolve_owners(tx, ports.users, input.owners));
  domain.created_at = domain.updated_at = context.now;
  CHECK(ports.domains.insert(tx, domain));
  CHECK(ports.audit.append(tx, context, {"domain.create", "domain", domain.id.text(), domain.path, nullptr, to_json(domain)}));
  return domain;
}

}  // namespace weft
