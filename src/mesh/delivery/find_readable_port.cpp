#include "mesh/delivery/find_readable_port.h"

namespace weft {

namespace {

constexpr int kMaxDerivation = 32;  // products built on products; the check of cycles keeps it below this

Error not_found(std::string_view domain_path, std::string_view product, std::string_view port) {
  return make_error(ErrorKind::NotFound, "data.not_found", fmt::format("There is no product port {}/{}/{}.", domain_path, product, port))
      .with_hint("Search the catalog for products and the addresses of their ports.");
}

void end_with(const std::optional<Subscription>& grant, std::optional<Timestamp>& until) {
  if (!grant || !grant->limits || !grant->limits->ends_at) return;
  until = until ? std::min(*until, *grant->limits->ends_at) : *grant->limits->ends_at;
}

// A derived port is open only while every grant that it rests on is in force, however deep.
Result<void> check_sources(Tx& tx, const DeliveryPorts& ports, const Product& product, std::string_view port, Timestamp now, int depth,
                           std::optional<Timestamp>& until) {
  if (depth > kMaxDerivation) return fail(ErrorKind::Internal, "data.derivation_too_deep", "The product is built on too many others.");
  for (const auto& input : TRY(ports.products.inputs(tx, product.id))) {
    if (input.port != port || !input.source_product) continue;
    auto source = TRY(ports.products.find(tx, *input.source_product));
    bool open = source && source->visible_to_all();
    if (open && !is_within(source->domain_path, product.domain_path)) {
      const auto grant = TRY(ports.subscriptions.find_domain_grant(tx, source->id, product.domain_path, now));
      open = grant.has_value();
      end_with(grant, until);
    }
    if (!open) {
      return fail(ErrorKind::Denied, "data.source_closed",
                  fmt::format("{} rests on a product to which {} holds no grant any more.", product.name, product.domain_path),
                  fmt::format("The owners of {} have to renew their subscription.", product.domain_path));
    }
    CHECK(check_sources(tx, ports, *source, input.source_port, now, depth + 1, until));
  }
  return {};
}

}  // namespace

Result<ReadablePort> find_readable_port(Tx& tx, const DeliveryPorts& ports, const Principal& who, Timestamp now,
                                        std::string_view domain_path, std::string_view product_name, std::string_view port_name) {
  auto product = TRY(ports.products.find_by_name(tx, domain_path, product_name));
  if (!product || !product->published || who.roles.empty()) return fail(not_found(domain_path, product_name, port_name));
  const bool owner = who.owns(product->domain_path);
  std::optional<Subscription> grant;
  if (!owner) grant = TRY(ports.subscriptions.find_grant(tx, product->id, who.id, now));
  if (!product->visible_to_all() && !who.keeps(product->domain_path)) return fail(not_found(domain_path, product_name, port_name));
  if (product->state == ProductState::Retired) {
    return fail(ErrorKind::Denied, "data.retired", fmt::format("{} is retired and serves no data any more.", product->name),
                "Its owners can say what replaces it.");
  }
  if (!owner && !grant) {
    return fail(
        ErrorKind::Denied, "data.not_granted",
        fmt::format("You have no approved subscription to {} of {}.", product->name, product->domain_path),
        fmt::format(R"(The governance team grants it: POST /api/v1/subscriptions {{"product":"{}","purpose":"…"}}.)", product->id.text()));
  }
  auto port = std::ranges::find(product->published->ports, port_name, &Port::name);
  if (port == product->published->ports.end()) return fail(not_found(domain_path, product_name, port_name));
  ReadablePort readable;
  end_with(grant, readable.until);
  CHECK(check_sources(tx, ports, *product, port->name, now, 0, readable.until));

  auto snapshot = TRY(ports.products.current_snapshot(tx, product->id));
  if (!snapshot) return fail(ErrorKind::Unavailable, "data.no_snapshot", "The product has no snapshot yet.", "Try again in a moment.");
  auto file = std::ranges::find(snapshot->files, port->name, &SnapshotFile::port);
  if (file == snapshot->files.end())
    return fail(ErrorKind::Unavailable, "data.no_snapshot", "The port has no snapshot yet.", "Try again in a moment.");
  readable.port = *port;
  readable.file = *file;
  if (grant) {
    readable.limits = grant->limits;
    readable.subscription = grant->id;
  }
  readable.snapshot = std::move(*snapshot);
  readable.product = std::move(*product);
  return readable;
}

}  // namespace weft
