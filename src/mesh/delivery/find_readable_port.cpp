#include "mesh/delivery/find_readable_port.h"

#include "mesh/delivery/limits_at_port.h"
#include "mesh/subscription/check_source_rights.h"

namespace weft {

namespace {

Error not_found(std::string_view domain_path, std::string_view product, std::string_view port) {
  return make_error(ErrorKind::NotFound, "data.not_found", fmt::format("There is no product port {}/{}/{}.", domain_path, product, port))
      .with_hint("Search the catalog for products and the addresses of their ports.");
}

Error retired(ErrorKind kind, const Product& product) {
  return make_error(kind, "data.retired", fmt::format("{} is retired and serves no data any more.", product.name))
      .with_hint("Its owners can say what replaces it.");
}

}  // namespace

Result<ReadablePort> find_readable_port(Tx& tx, const DeliveryPorts& ports, const Principal& who, Timestamp now,
                                        std::string_view domain_path, std::string_view product_name, std::string_view port_name) {
  auto product = TRY(ports.products.find_by_name(tx, domain_path, product_name));
  if (!product || !product->published || who.roles.empty()) return fail(not_found(domain_path, product_name, port_name));
  const bool owner = who.owns(product->domain_path);
  std::optional<Subscription> grant;
  if (!owner) grant = TRY(ports.subscriptions.find_grant(tx, product->id, who.id, now));
  const bool is_retired = product->state == ProductState::Retired;
  if (!product->visible_to_all() && !who.keeps(product->domain_path)) {
    // To others it does not exist; whoever read it until then is told what became of it.
    return fail(is_retired && grant ? retired(ErrorKind::NotFound, *product) : not_found(domain_path, product_name, port_name));
  }
  if (is_retired) return fail(retired(ErrorKind::Denied, *product));
  if (!owner && !grant) {
    return fail(
        ErrorKind::Denied, "data.not_granted",
        fmt::format("You have no approved subscription to {} of {}.", product->name, product->domain_path),
        fmt::format(R"(The governance team grants it: POST /api/v1/subscriptions {{"product":"{}","purpose":"…"}}.)", product->id.text()));
  }
  auto port = std::ranges::find(product->published->ports, port_name, &Port::name);
  if (port == product->published->ports.end()) return fail(not_found(domain_path, product_name, port_name));

  auto snapshot = TRY(ports.products.current_snapshot(tx, product->id));
  if (!snapshot) return fail(ErrorKind::Unavailable, "data.no_snapshot", "The product has no snapshot yet.", "Try again in a moment.");
  auto file = std::ranges::find(snapshot->files, port->name, &SnapshotFile::port);
  if (file == snapshot->files.end())
    return fail(ErrorKind::Unavailable, "data.no_snapshot", "The port has no snapshot yet.", "Try again in a moment.");
  ReadablePort readable;
  readable.until = TRY(check_source_rights(tx, ports.products, ports.subscriptions, file->rights, now));
  if (grant) readable.until = earlier(readable.until, end_of(*grant));
  readable.port = *port;
  readable.file = *file;
  if (grant) {
    readable.limits = TRY(limits_at_port(tx, {ports.products, ports.subscriptions}, snapshot->id, port->name, *grant));
    readable.subscription = grant->id;
  }
  readable.snapshot = std::move(*snapshot);
  readable.product = std::move(*product);
  return readable;
}

}  // namespace weft
