// A domain that holds nothing any more leaves the tree. Its path stays taken, its history readable.
#pragma once

#include "mesh/domain/domain_ports.h"

namespace weft {

struct ArchiveDomain {
  std::string domain;  // path or id
};

// Errors: `domain.not_found`, `domain.archived`, `domain.not_empty` with what it holds.
[[nodiscard]] Result<Domain> archive_domain(Tx& tx, const Context& context, const DomainPorts& ports, const ArchiveDomain& input);

}  // namespace weft
