#include "mesh/domain/archive_domain.h"

namespace weft {

Result<Domain> archive_domain(Tx& tx, const Context& context, const DomainPorts& ports, const ArchiveDomain& input) {
  CHECK(ports.domains.lock_tree(tx));
  // Whoever is putting something into it is waited for, and what he put there is counted.
  const auto before = TRY(hold_domain(tx, ports.domains, input.domain));
  CHECK(require_active(before));
  if (const auto contents = TRY(ports.domains.contents(tx, before)); !contents.empty()) {
    return fail(ErrorKind::Conflict, "domain.not_empty",
                fmt::format("The domain {} still holds {}.", before.path, fmt::join(contents, ", ")), "Move, retire or remove them first.");
  }
  auto after = before;
  after.state = DomainState::Archived;
  after.updated_at = context.now;
  CHECK(ports.domains.update(tx, after));
  ++after.version;
  CHECK(ports.audit.append(tx, context, {"domain.archive", "domain", after.id.text(), after.path, to_json(before), to_json(after)}));
  return after;
}

}  // namespace weft
