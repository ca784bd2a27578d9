// A domain: a part of the organisation that owns data. Pure: the rules of its tree, no HTTP, no SQL.
#pragma once

#include "base/json.h"
#include "base/name.h"
#include "mesh/identity/principal.h"

namespace weft {

using DomainId = Id<struct DomainTag>;

enum class DomainState { Active, Archived };
[[nodiscard]] std::string_view to_text(DomainState state);
[[nodiscard]] Result<DomainState> parse_domain_state(std::string_view text);

// A person as others see him.
struct OwnerName {
  UserId id;
  std::string name;
};

struct Domain {
  DomainId id;
  std::optional<DomainId> parent;
  std::string name;  // last part of the path
  std::string path;  // `sales.emea`; unique, also among aliases
  std::string title, description;
  std::vector<std::string> tags;
  std::vector<OwnerName> owners;  // those in whom ownership counts: active, with the role domain-owner
  // The others who were named: owners again when they are active and have the role again.
  std::vector<OwnerName> dormant_owners;
  DomainState state = DomainState::Active;
  Timestamp created_at, updated_at;
  std::int64_t version = 1;
};

inline constexpr std::size_t kMaxTags = 32;
inline constexpr std::size_t kMaxTagBytes = 63;
inline constexpr std::size_t kMaxOwners = 32;
inline constexpr std::size_t kMaxTitleBytes = 200;
inline constexpr std::size_t kMaxDescriptionBytes = 10'000;

// The path of `name` below `parent`; empty `parent`: at the root.
// Errors: `form.invalid` when the name breaks the rule or the tree would grow deeper than kMaxDomainDepth. `depth_below`
// is how many levels hang below the domain.
[[nodiscard]] Result<std::string> place_domain(std::string_view parent, std::string_view name, std::size_t depth_below = 0);

// Errors: `domain.archived`.
[[nodiscard]] Result<void> require_active(const Domain& domain);

// For the API and the audit log alike.
[[nodiscard]] json::object to_json(const Domain& domain);

}  // namespace weft
