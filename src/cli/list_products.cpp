// `weft products list`, `refresh`, `deprecate`, `reinstate`, `retire`.
#include "cli/person_command.h"
#include "cli/wait_for_run.h"

namespace weft {

Result<void> list_products(const ProductsOptions& options) {
  auto client = TRY(MeshClient::connect(options.person));
  ListRequest request{"/api/v1/products",
                      {},
                      options.list,
                      {{"DOMAIN", "/domain"},
                       {"NAME", "/name"},
                       {"STATE", "/state"},
                       {"VERSION", "/version"},
                       {"DATA FROM", "/snapshot/created_at"},
                       {"TITLE", "/title"}},
                      "There are no products that you may know of."};
  if (!options.domain.empty()) request.query.emplace_back("domain", options.domain);
  if (!options.state.empty()) request.query.emplace_back("state", options.state);
  return print_list(client, request, options.person);
}

Result<void> act_on_product(const ProductActOptions& options) {
  const auto reference = TRY(parse_product_reference(options.product));
  auto client = TRY(MeshClient::connect(options.person));
  const auto product = TRY(client.find_product(reference));
  const auto path = "/api/v1/products/" + text_at(product, "/id");
  switch (options.act) {
    case ProductActOptions::Act::Deprecate:
      return print_object(TRY(client.post(path + "/deprecate", json::object{})), options.person,
                          fmt::format("Deprecated: {} stays readable for those who read it, nobody new may ask.\n", reference.text()));
    case ProductActOptions::Act::Reinstate:
      return print_object(TRY(client.post(path + "/reinstate", json::object{})), options.person,
                          fmt::format("Reinstated: {} is published again and may be asked for.\n", reference.text()));
    case ProductActOptions::Act::Retire:
      return print_object(TRY(client.post(path + "/retire", json::object{})), options.person,
                          fmt::format("Retired: nobody can read {} any more.\n", reference.text()));
    case ProductActOptions::Act::Refresh: break;
  }
  const auto queued = TRY(client.post(path + "/refresh", json::object{}));
  const auto run = TRY(wait_for_run(client, text_at(queued, "/id")));
  return print_object(run, options.person, fmt::format("Refreshed: {} has {} rows now.\n", reference.text(), cell_at(run, "/rows")));
}

}  // namespace weft
