// A domain: a part of the organisation that owns data. Pure: the rules of its tree, no HTTP, no SQL.
#pragma once

#include "base/json.h"
#include "base/name.h"
#include "mesh/identity/principal.h"

namespace weft {

using DomainId = Id<struct DomainTag>;

enum class DomainState { Active, Archived };
[[nodiscard]] std::string_view to_text(DomainState state);

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
  std::vector<OwnerName> owners;
  DomainState state = DomainState::Active;
  Timestamp created_at, updated_at;
  std::int64_t version = 1;
};

inline constexpr std::size_t kMaxTags = 32;
inline constexpr std::size_t kMaxOwners = 32;

[[nodiscard]] json::object to_audit(const Domain& domain);

}  // namespace weft
