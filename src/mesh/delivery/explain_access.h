// Who may read a product, and why: for governance and owners. It decides nothing; what it says of one person comes from
// the very function that the data door asks.
#pragma once

#include "mesh/delivery/find_readable_port.h"
#include "mesh/domain/domain_store.h"
#include "mesh/identity/user_store.h"

namespace weft {

struct ExplainPorts {
  DeliveryPorts delivery;
  DomainStore& domains;
  UserStore& users;
};

// What somebody's right rests on: that he owns the product's domain (or one above it), or a subscription.
struct AccessGround {
  std::string key;  // of the list
  std::optional<OwnerName> owner;
  std::string owned_domain;
  std::optional<Subscription> subscription;
  std::string hindrance;  // why he can't read all the same; empty: nothing
};

// Owners first, then subscriptions in force, newest first.
[[nodiscard]] Result<Page<AccessGround>> list_access(Tx& tx, const ExplainPorts& ports, const Product& product, Timestamp now,
                                                     const PageRequest& page);

struct PortAccess {
  std::string port;
  std::optional<Error> refusal;  // what the data door would answer
};

struct UserAccess {
  User user;
  std::vector<AccessGround> grounds;
  std::vector<PortAccess> ports;  // of the newest version

  [[nodiscard]] bool reads() const;  // any of the ports
};

// `name_or_id`: of the user. Errors: `user.not_found`.
[[nodiscard]] Result<UserAccess> explain_access(Tx& tx, const ExplainPorts& ports, const Product& product, Timestamp now,
                                                std::string_view name_or_id);

// Governance, and those who keep the product's domain. Errors: `product.not_yours` (403).
[[nodiscard]] Result<void> may_explain(const Principal& who, const Product& product);

[[nodiscard]] json::object to_json(const AccessGround& ground);
[[nodiscard]] json::object to_json(const UserAccess& access);

}  // namespace weft
