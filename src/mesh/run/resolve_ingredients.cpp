#include "mesh/run/resolve_ingredients.h"

#include "mesh/delivery/limits_at_port.h"
#include "mesh/delivery/permitted_view.h"
#include "mesh/element/port_reference.h"
#include "mesh/subscription/check_source_rights.h"

namespace weft {

namespace {

using Answer = Result<std::optional<ResolvedIngredient>>;

std::vector<PortColumn> columns_of(const Element& element) {
  std::vector<PortColumn> columns;
  for (const auto& column : element.columns)
    columns.push_back({column.name, column.name, column.type, column.description, column.personal, {}, {}});
  return columns;
}

class Resolver {
 public:
  Resolver(Tx& tx, const IngredientPorts& ports, Timestamp now, const ReadingDomain& reader, std::vector<FieldError>& complaints)
      : tx_(tx), ports_(ports), now_(now), reader_(reader), complaints_(complaints) {}

  Answer resolve(const Ingredient& ingredient, const std::string& at) {
    at_ = at;
    return ingredient.element ? resolve_element(ingredient) : resolve_product(ingredient);
  }

 private:
  std::nullopt_t complain(std::string_view field, std::string message) {
    complaints_.push_back({fmt::format("{}.{}", at_, field), std::move(message)});
    return std::nullopt;
  }

  Result<bool> still_hold(const std::vector<SourceRight>& rights) {
    auto held = check_source_rights(tx_, ports_.products, ports_.subscriptions, rights, now_);
    if (held) return true;
    if (held.error().id == "data.source_closed") return false;
    return fail(std::move(held).error());
  }

  Answer resolve_element(const Ingredient& ingredient) {
    auto element = TRY(ports_.elements.find(tx_, *ingredient.element));
    if (!element || !is_within(element->domain_path, reader_.path)) {
      return complain("element", fmt::format("{} has no such element; what others own comes through their products", reader_.path));
    }
    ResolvedIngredient resolved;
    resolved.alias = ingredient.alias;
    resolved.columns = columns_of(*element);
    resolved.element = element->id;
    resolved.held_tags = TRY(held_tags(tx_, {ports_.elements, ports_.products}, *element));
    if (element->mapping) {
      auto store = TRY(ports_.data_stores.find(tx_, element->mapping->store));
      if (!store || !may_use(*store, element->domain_path, element->mapping->schema)) {
        return complain("element", fmt::format("{} may no longer use the store {}; ask its keeper for the right", element->domain_path,
                                               element->mapping->store_name));
      }
      resolved.provenance = table_provenance(*element);
      resolved.rows = ResolvedIngredient::Table{std::move(*store), element->mapping->schema, element->mapping->table};
      return resolved;
    }
    auto snapshot = TRY(ports_.elements.current_snapshot(tx_, element->id));
    if (!snapshot) return complain("element", fmt::format("{} has no data yet: refresh it first", element->name));
    if (is_outdated(*element, *snapshot))
      return complain("element", fmt::format("{} was defined anew and not refreshed since: refresh it first", element->name));
    if (!TRY(still_hold(snapshot->rights)))
      return complain("element",
                      fmt::format("{} rests on a grant that has ended or changed: renew that and refresh it first", element->name));
    resolved.rights = snapshot->rights;
    resolved.provenance = std::move(snapshot->provenance);
    resolved.rows = ResolvedIngredient::File{snapshot->file, resolved.columns, std::nullopt};
    return resolved;
  }

  Answer resolve_product(const Ingredient& ingredient) {
    const auto& reference = *ingredient.product;
    const auto named = split_port_reference(reference);
    auto product = TRY(ports_.products.find_by_name(tx_, named.domain, named.product));
    if (!product || !product->visible_to_all() || !product->published)
      return complain("product", fmt::format("there is no published product {}", reference));
    auto port = std::ranges::find(product->published->ports, named.port, &Port::name);
    if (port == product->published->ports.end()) return complain("product", fmt::format("{} has no port '{}'", product->name, named.port));

    auto snapshot = TRY(ports_.products.current_snapshot(tx_, product->id));
    auto file = snapshot ? std::ranges::find(snapshot->files, port->name, &SnapshotFile::port) : std::vector<SnapshotFile>::iterator{};
    if (!snapshot || file == snapshot->files.end()) return complain("product", fmt::format("{} has no snapshot yet", reference));

    ResolvedIngredient resolved;
    resolved.alias = ingredient.alias;
    resolved.product = product->id;
    resolved.product_port = port->name;
    resolved.held_tags = TRY(held_tags(tx_, {ports_.elements, ports_.products}, *product, *port, reader_.path));
    SourceRight right{product->id, reader_.id, reader_.path, std::nullopt};
    std::optional<Limits> limits;
    if (!is_within(product->domain_path, reader_.path)) {
      auto grant = TRY(ports_.subscriptions.find_domain_grant(tx_, product->id, reader_.path, now_));
      if (!grant) return complain("product", fmt::format("{} is not subscribed to {}: request it for the domain", reader_.path, reference));
      auto held = limits_at_port(tx_, {ports_.products, ports_.subscriptions}, snapshot->id, port->name, *grant);
      if (!held && held.error().id == "data.port_closed") {
        return complain("product", fmt::format("the limits of the grant do not fit {} as it is now: request it anew", reference));
      }
      limits = TRY(std::move(held));
      right.subscription = grant->id;
    }
    std::vector<PortColumn> of_file;
    for (auto column : port->columns) {
      column.source = column.name;
      if (!limits || !is_hidden(column.name, limits->hidden_columns)) resolved.columns.push_back(column);
      of_file.push_back(std::move(column));
    }
    resolved.provenance = TRY(ports_.products.find_provenance(tx_, snapshot->id, port->name));
    if (!TRY(still_hold(file->rights)))
      return complain("product",
                      fmt::format("{} rests itself on a grant that has ended or changed; its owners have to renew it", reference));
    resolved.rights = {std::move(right)};
    add_rights(resolved.rights, file->rights);
    resolved.rows = ResolvedIngredient::File{file->file, std::move(of_file), std::move(limits)};
    return resolved;
  }

  Tx& tx_;
  const IngredientPorts& ports_;
  Timestamp now_;
  const ReadingDomain& reader_;
  std::vector<FieldError>& complaints_;
  std::string at_;
};

}  // namespace

Result<std::vector<ResolvedIngredient>> resolve_ingredients(Tx& tx, const IngredientPorts& ports, Timestamp now,
                                                            const ReadingDomain& reader, const std::vector<Ingredient>& ingredients,
                                                            std::vector<FieldError>& complaints) {
  Resolver resolver(tx, ports, now, reader, complaints);
  std::vector<ResolvedIngredient> resolved;
  for (std::size_t i = 0; i < ingredients.size(); ++i) {
    if (auto ingredient = TRY(resolver.resolve(ingredients[i], fmt::format("ingredients[{}]", i))))
      resolved.push_back(std::move(*ingredient));
  }
  return resolved;
}

}  // namespace weft
