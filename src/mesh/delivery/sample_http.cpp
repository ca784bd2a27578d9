#include "mesh/delivery/sample_http.h"

#include "mesh/delivery/read_sample.h"
#include "mesh/subscription/check_source_rights.h"

namespace weft {

namespace {

struct ShownPort {
  Port port;
  Snapshot snapshot;
  std::string file;
  std::optional<Profile> profile;
};

// Drafts have no snapshot; what everybody may know of is a published product's port.
Result<ShownPort> find_port(Call& call, const SamplePorts& ports) {
  auto tx = TRY(ports.transactor.begin(TxMode::Read));
  auto product = TRY(ports.delivery.products.find(*tx, ProductId(call.path("id"))));
  if (!product || !product->published || (!product->visible_to_all() && !call.who().keeps(product->domain_path))) {
    return fail(ErrorKind::NotFound, "product.not_found", "There is no such published product.");
  }
  auto port = std::ranges::find(product->published->ports, call.path("port"), &Port::name);
  if (port == product->published->ports.end())
    return fail(ErrorKind::NotFound, "product.no_such_port", fmt::format("{} has no port '{}'.", product->name, call.path("port")));
  if (port->sample == PublicSample::None) {
    return fail(ErrorKind::NotFound, "product.no_sample",
                fmt::format("The owners of {} show no sample and no profile of this port.", product->domain_path),
                "Ask for access to see rows.");
  }
  auto snapshot = TRY(ports.delivery.products.current_snapshot(*tx, product->id));
  if (!snapshot) return fail(ErrorKind::Unavailable, "data.no_snapshot", "The product has no snapshot yet.", "Try again in a moment.");
  auto file = std::ranges::find(snapshot->files, port->name, &SnapshotFile::port);
  if (file == snapshot->files.end())
    return fail(ErrorKind::Unavailable, "data.no_snapshot", "The port has no snapshot yet.", "Try again in a moment.");
  CHECK(check_source_rights(*tx, ports.delivery.products, ports.delivery.subscriptions, file->rights, call.context.now));
  auto profile = TRY(ports.delivery.products.find_profile(*tx, snapshot->id, port->name));
  return ShownPort{*port, std::move(*snapshot), file->file, std::move(profile)};
}

Result<http::Response> sample(Call& call, const SamplePorts& ports) {
  const auto inside = ports.readers.enter();
  const auto shown = TRY(find_port(call, ports));
  GrantLimits limits;
  for (const auto& column : shown.port.columns) {
    if (is_personal(column.personal)) limits.masked_columns.push_back(column.name);
  }
  const auto rows = TRY(read_sample(ports.reader, ports.data / shown.file, schema_of(shown.port.columns), limits));
  const json::array withheld(limits.masked_columns.begin(), limits.masked_columns.end());
  return http::text_response(200, "application/json", fmt::format(R"({{"rows":{},"withheld":{}}})", rows, json::serialize(withheld)));
}

Result<http::Response> profile(Call& call, const SamplePorts& ports) {
  auto shown = TRY(find_port(call, ports));
  if (!shown.profile) {
    return fail(ErrorKind::NotFound, "product.no_profile", "There is no profile of this port's present snapshot.",
                "The next refresh of the product computes one; its run's log says why this one did not.");
  }
  json::array withheld;
  for (const auto& column : shown.port.columns) {
    if (!is_personal(column.personal)) continue;
    withheld.emplace_back(column.name);
    std::erase_if(shown.profile->columns, [&](const ColumnStatistics& statistics) { return statistics.name == column.name; });
  }
  auto object = to_json(*shown.profile);
  object["withheld"] = std::move(withheld);
  object["snapshot"] = json::object{{"number", shown.snapshot.number}, {"created_at", to_rfc3339(shown.snapshot.created_at)}};
  return json_response(200, object);
}

}  // namespace

std::vector<Route> sample_routes(const SamplePorts& ports) {
  std::vector<Route> routes;
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/api/v1/products/{id}/ports/{port}/sample",
                    .access = kAnyRole,
                    .tx = CallTx::None,
                    .handle = [&ports](Call& call) { return sample(call, ports); },
                    .pool = http::Pool::Query});
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/api/v1/products/{id}/ports/{port}/profile",
                    .access = kAnyRole,
                    .tx = CallTx::None,
                    .handle = [&ports](Call& call) { return profile(call, ports); }});
  return routes;
}

}  // namespace weft
