#include "mesh/domain/change_domain.h"

#include "mesh/domain/resolve_owners.h"

namespace weft {

Result<Domain> change_domain(Tx& tx, const Context& context, const DomainPorts& ports, const ChangeDomain& input) {
  const auto before = TRY(get_domain(tx, ports.domains, input.domain.text()));
  if (!context.who.keeps(before.path)) {
    return fail(ErrorKind::Denied, "domain.not_yours", fmt::format("Only owners of {} and administrators change it.", before.path),
                "Ask one of its owners.");
  }
  if (input.owners && !context.who.administrator()) {
    return fail(ErrorKind::Denied, "domain.owners_denied", "Only a domain administrator names owners.",
                "Leave out the field owners, or ask an administrator.");
  }
  CHECK(require_active(before));
  auto after = before;
  auto complaints = input.complaints;
  if (input.title) after.title = *input.title;
  if (input.description) after.description = *input.description;
  if (input.tags) after.tags = *input.tags;
  if (input.owners) {
    after.owners = TRY(resolve_owners(tx, ports.users, *input.owners, complaints));
    after.dormant_owners.clear();  // the whole list is said anew
  }
  if (!complaints.empty()) return fail(form_invalid(complaints));
  if (to_json(after) == to_json(before) && after.dormant_owners.size() == before.dormant_owners.size()) return before;
  after.updated_at = context.now;
  CHECK(ports.domains.update(tx, after));
  ++after.version;
  CHECK(ports.audit.append(tx, context, {"domain.change", "domain", after.id.text(), after.path, to_json(before), to_json(after)}));
  return after;
}

}  // namespace weft
