// `weft request`, `weft requests`, `weft inbox`: asking for a product, and what became of it.
#include "cli/person_command.h"
#include "cli/table.h"

namespace weft {

namespace {

std::string describe_subscription(const json::value& subscription) {
  return render_fields({{"Request", text_at(subscription, "/id")},
                        {"State", text_at(subscription, "/state")},
                        {"Product", text_at(subscription, "/product/domain") + "/" + text_at(subscription, "/product/name")},
                        {"For", text_at(subscription, "/subject/name")},
                        {"Asked by", text_at(subscription, "/requester/name")},
                        {"Purpose", text_at(subscription, "/purpose")},
                        {"Rows", text_at(subscription, "/limits/row_filter")},
                        {"Hidden columns", cell_at(subscription, "/limits/hidden_columns")},
                        {"Until", cell_at(subscription, "/limits/ends_at")},
                        {"Comment", text_at(subscription, "/comment")},
                        {"Decided by", text_at(subscription, "/decided_by/name")},
                        {"Asked at", cell_at(subscription, "/requested_at")},
                        {"Decided at", cell_at(subscription, "/decided_at")},
                        {"Ended at", cell_at(subscription, "/ended_at")},
                        {"Ended by", text_at(subscription, "/ended/by/name")},
                        {"Reason", text_at(subscription, "/ended/reason")}});
}

}  // namespace

Result<void> request_product(const RequestOptions& options) {
  const auto reference = TRY(parse_product_reference(options.product));
  auto client = TRY(MeshClient::connect(options.person));
  const auto product = TRY(client.find_product(reference));
  json::object body{{"product", text_at(product, "/id")}, {"purpose", options.purpose}};
  if (!options.domain.empty()) body["subject"] = json::object{{"domain", options.domain}};
  const auto made = TRY(client.post("/api/v1/subscriptions", body));
  return print_object(made, options.person,
                      fmt::format("Asked for {}: request {} is {}. The governance team has been told.\n", reference.text(),
                                  text_at(made, "/id"), text_at(made, "/state")));
}

Result<void> show_requests(const RequestsOptions& options) {
  auto client = TRY(MeshClient::connect(options.person));
  if (!options.id.empty()) {
    const auto subscription = TRY(client.get("/api/v1/subscriptions/" + percent_encoded(options.id)));
    return print_object(subscription, options.person, describe_subscription(subscription));
  }
  ListRequest request{"/api/v1/subscriptions",
                      {},
                      options.list,
                      {{"ID", "/id"},
                       {"STATE", "/state"},
                       {"DOMAIN", "/product/domain"},
                       {"PRODUCT", "/product/name"},
                       {"FOR", "/subject/name"},
                       {"ASKED", "/requested_at"},
                       {"PURPOSE", "/purpose"}},
                      "There are no requests."};
  if (!options.state.empty()) request.query.emplace_back("state", options.state);
  if (!options.product.empty()) {
    const auto product = TRY(client.find_product(TRY(parse_product_reference(options.product))));
    request.query.emplace_back("product", text_at(product, "/id"));
  }
  return print_list(client, request, options.person);
}

Result<void> show_inbox(const PersonOptions& person, const ListOptions& list) {
  auto client = TRY(MeshClient::connect(person));
  return print_list(client,
                    {"/api/v1/notifications",
                     {},
                     list,
                     {{"AT", "/created_at"}, {"READ", "/read_at"}, {"SUBJECT", "/subject"}, {"LINK", "/link"}},
                     "Nothing has come in."},
                    person);
}

}  // namespace weft
