// Port: domains, their owners, and the paths they once had.
#pragma once

#include "base/page.h"
#include "base/transaction.h"
#include "mesh/domain/domain.h"

namespace weft {

struct DomainFilter {
  std::optional<std::string> within;  // path: that domain and those below it
  std::optional<DomainState> state = DomainState::Active;
};

class DomainStore {
 public:
  virtual ~DomainStore() = default;
  [[nodiscard]] virtual Result<std::optional<Domain>> find(Tx& tx, const DomainId& id) = 0;
  // By its path or one that it once had.
  [[nodiscard]] virtual Result<std::optional<Domain>> find_by_path(Tx& tx, std::string_view path) = 0;
  // By path; `after` is a path.
  [[nodiscard]] virtual Result<std::vector<Domain>> list(Tx& tx, const DomainFilter& filter, const PageRequest& page) = 0;
  // From here to the commit nobody else changes the tree's shape. REQUIRES: Write; called before the tree is looked at.
  [[nodiscard]] virtual Result<void> lock_tree(Tx& tx) = 0;
  // From here to the commit nobody else changes, moves or archives that domain. REQUIRES: Write; called before it is looked at.
  [[nodiscard]] virtual Result<void> hold(Tx& tx, const DomainId& id) = 0;
  // Errors: `domain.path_taken`.
  [[nodiscard]] virtual Result<void> insert(Tx& tx, const Domain& domain) = 0;
  // Writes title, description, tags, owners (dormant ones, too), state; raises the version. Errors: `domain.changed` when it is stale.
  [[nodiscard]] virtual Result<void> update(Tx& tx, const Domain& domain) = 0;
  // Gives the domain and all below it their new paths; the old ones stay as aliases. Raises their versions.
  // REQUIRES: lock_tree(). Errors: `domain.path_taken`.
  [[nodiscard]] virtual Result<void> move(Tx& tx, const Domain& domain, std::optional<DomainId> parent, std::string_view new_path,
                                          Timestamp now) = 0;
  // How many levels hang below it, archived ones included; 0: none.
  [[nodiscard]] virtual Result<std::size_t> depth_below(Tx& tx, const Domain& domain) = 0;
  // What it still holds, in words, such as `2 products`; empty: nothing.
  [[nodiscard]] virtual Result<std::vector<std::string>> contents(Tx& tx, const Domain& domain) = 0;
};

// Those who answer for what happens in the domain: the owners of it or, where it has none, of the nearest one above it.
[[nodiscard]] Result<std::vector<OwnerName>> answering_owners(Tx& tx, DomainStore& domains, std::string_view path);

// Errors: `domain.not_found`.
[[nodiscard]] Result<Domain> get_domain(Tx& tx, DomainStore& domains, std::string_view path_or_id);
// The same, and it stays so until the commit: for whoever puts something into it, that it is not archived meanwhile.
// REQUIRES: Write; called before the audit log is written to, whose head whoever is waited for may need.
[[nodiscard]] Result<Domain> hold_domain(Tx& tx, DomainStore& domains, std::string_view path_or_id);

}  // namespace weft
