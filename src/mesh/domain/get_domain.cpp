#include "mesh/domain/domain_store.h"

namespace weft {

Result<Domain> get_domain(Tx& tx, DomainStore& domains, std::string_view path_or_id) {
  std::optional<Domain> domain;
  // The path first: an id may look like a name.
  if (is_domain_path(path_or_id)) domain = TRY(domains.find_by_path(tx, path_or_id));
  if (!domain && is_uuid(path_or_id)) domain = TRY(domains.find(tx, DomainId(std::string(path_or_id))));
  if (domain) return std::move(*domain);
  return fail(ErrorKind::NotFound, "domain.not_found", "There is no such domain.", "See GET /api/v1/domains for those that exist.");
}

Result<Domain> hold_domain(Tx& tx, DomainStore& domains, std::string_view path_or_id) {
  const auto found = TRY(get_domain(tx, domains, path_or_id));
  CHECK(domains.hold(tx, found.id));
  return get_domain(tx, domains, found.id.text());  // it may have changed while it was waited for
}

Result<std::vector<OwnerName>> answering_owners(Tx& tx, DomainStore& domains, std::string_view path) {
  for (const auto& answering : self_and_ancestors(path)) {
    auto domain = TRY(domains.find_by_path(tx, answering));
    if (domain && !domain->owners.empty()) return std::move(domain->owners);
  }
  return std::vector<OwnerName>{};
}

}  // namespace weft
