// Who and what the demo is made of. Data only; demo.cpp makes it.
#pragma once

#include <string_view>
#include <vector>

namespace weft {

struct DemoPerson {
  std::string_view name;
  std::vector<std::string_view> roles;
};
struct DemoDomain {
  std::string_view parent, name, title, description;  // parent: a path; empty: none
  std::vector<std::string_view> owners;
};
struct DemoTable {
  std::string_view domain, owner, name, title, description;
};
struct DemoIngredient {
  std::string_view alias;
  std::string_view element;  // `domain/name`, or
  std::string_view product;  // `domain/product/port`
};
struct DemoView {
  std::string_view domain, owner, name, title, description, sql;
  std::vector<DemoIngredient> ingredients;
};
struct DemoProduct {
  std::string_view domain, owner, name, port, title, description;
  std::vector<std::string_view> tags;
  std::vector<DemoIngredient> ingredients;
  std::string_view sql;
  bool derived = false;  // built on another domain's product: made when that domain was approved
};
struct DemoSubscription {
  std::string_view product;  // `domain/name`
  std::string_view requester, purpose;
  std::string_view domain;   // the subject; empty: the requester himself
  std::string_view becomes;  // `pending`, `approved`, `rejected`, `revoked`
  std::string_view decider, comment;
  std::string_view row_filter;
  std::vector<std::string_view> hidden_columns;
};

inline constexpr std::string_view kDemoAdministrator = "ada";
inline constexpr std::string_view kDemoReader = "dana";
inline constexpr std::string_view kDemoFlightsPort = "aviation.operations/flights/flights";

[[nodiscard]] const std::vector<DemoPerson>& demo_people();
[[nodiscard]] const std::vector<DemoDomain>& demo_domains();
[[nodiscard]] const std::vector<DemoTable>& demo_tables();
[[nodiscard]] const std::vector<DemoView>& demo_views();
[[nodiscard]] const std::vector<DemoProduct>& demo_products();
[[nodiscard]] const std::vector<DemoSubscription>& demo_subscriptions();

}  // namespace weft
