#include "mesh/product/spread_personal.h"

#include "mesh/element/port_reference.h"

namespace weft {

namespace {

// The tag that a column must take on; null: it is tagged already, is made of no tagged one, or was cleared by a person who may.
template <typename Column>
const TaggedColumn* tag_for(const Column& column, const std::vector<TaggedColumn>& tagged) {
  if (is_personal(column.personal)) return nullptr;
  const Lineage lineage{column.origins, column.computed_from};
  const TaggedColumn* found = nullptr;
  for (const auto& tag : tagged) {
    if (!is_made_of(lineage.origins, tag.alias, tag.column)) continue;
    if (column.personal == Personal::Cleared && hold_in(lineage, tag.hold, tag.alias, tag.column) == Hold::None) continue;
    if (found == nullptr || tag.personal == Personal::Confirmed) found = &tag;
  }
  return found;
}

template <typename Column>
json::object tags_of(const std::vector<Column>& columns) {
  json::object tags;
  for (const auto& column : columns) {
    if (column.personal != Personal::No) tags[column.name] = to_text(column.personal);
  }
  return tags;
}

json::value to_tags(const Element& view) { return json::object{{"personal", tags_of(view.columns)}}; }

json::value to_tags(const Product& product) {
  json::object ports;
  for (const auto& port : product.published->ports) ports[port.name] = tags_of(port.columns);
  return json::object{{"published_version", product.published_version}, {"personal", std::move(ports)}};
}

class Spread {
 public:
  Spread(Tx& tx, const PersonalPorts& ports, Timestamp now, std::vector<AuditRecord>& retagged)
      : tx_(tx), ports_(ports), now_(now), retagged_(retagged) {}

  Result<void> from(const Element& element) {
    const auto held = TRY(held_tags(tx_, ports_, element));
    const auto tagged = [&](const Ingredient& ingredient, std::string_view) -> Result<std::vector<TaggedColumn>> {
      if (ingredient.element != element.id) return std::vector<TaggedColumn>{};
      return tagged_columns(ingredient.alias, element.columns, held);
    };
    return to_readers(TRY(ports_.elements.readers_of(tx_, element.id)), TRY(ports_.products.readers_of(tx_, element.id)), tagged);
  }

  Result<void> from(const Product& product) {
    const auto tagged = [&](const Ingredient& ingredient, std::string_view reader) -> Result<std::vector<TaggedColumn>> {
      if (!ingredient.product) return std::vector<TaggedColumn>{};
      const auto named = split_port_reference(*ingredient.product);
      const auto source = TRY(ports_.products.find_by_name(tx_, named.domain, named.product));
      if (!source || source->id != product.id) return std::vector<TaggedColumn>{};
      const auto port = std::ranges::find(product.published->ports, named.port, &Port::name);
      if (port == product.published->ports.end()) return std::vector<TaggedColumn>{};
      return tagged_columns(ingredient.alias, port->columns, TRY(held_tags(tx_, ports_, product, *port, reader)));
    };
    return to_readers(TRY(ports_.elements.readers_of(tx_, product.id)), TRY(ports_.products.readers_of(tx_, product.id)), tagged);
  }

 private:
  // Several ways may lead to an object: it has one entry all the same.
  void note(AuditRecord record) {
    const auto known = std::ranges::find(retagged_, record.object_id, &AuditRecord::object_id);
    if (known == retagged_.end()) {
      retagged_.push_back(std::move(record));
    } else {
      known->after = std::move(record.after);
    }
  }

  template <typename Tagged>
  Result<std::vector<TaggedColumn>> tagged_among(const std::vector<Ingredient>& ingredients, std::string_view reader,
                                                 const Tagged& tagged) {
    std::vector<TaggedColumn> all;
    for (const auto& ingredient : ingredients) std::ranges::move(TRY(tagged(ingredient, reader)), std::back_inserter(all));
    return all;
  }

  // What is tagged already is passed on once, too: a suspicion that is confirmed changes nothing there, but holds further
  // down. Each is looked up anew: it may have been reached by another way meanwhile.
  template <typename Tagged>
  Result<void> to_readers(const std::vector<Element>& views, const std::vector<Product>& products, const Tagged& tagged) {
    for (const auto& listed : views) {
      auto found = TRY(ports_.elements.find(tx_, listed.id));
      if (!found || !found->view) continue;
      auto& view = *found;
      const auto tags = TRY(tagged_among(view.view->ingredients, view.domain_path, tagged));
      if (tags.empty()) continue;
      bool changed = false;
      auto before = to_tags(view);
      for (auto& column : view.columns) {
        const auto* tag = tag_for(column, tags);
        if (tag == nullptr) continue;
        column.personal = Personal::Suspected;
        column.confidence = 90;
        column.personal_why = fmt::format("it is made of {}.{}, which is personal", tag->alias, tag->column);
        changed = true;
      }
      const bool first = seen_.insert(view.id.text()).second;
      if (!changed && !first) continue;
      if (changed) {
        view.updated_at = now_;
        CHECK(ports_.elements.update(tx_, view));
        note({"element.retag", "element", view.id.text(), view.domain_path, std::move(before), to_tags(view)});
      }
      CHECK(from(view));
    }
    for (const auto& listed : products) {
      auto found = TRY(ports_.products.find(tx_, listed.id));
      if (!found || !found->published) continue;
      auto& product = *found;
      const auto tags = TRY(tagged_among(product.published->ingredients, product.domain_path, tagged));
      if (tags.empty()) continue;
      auto before = to_tags(product);
      const bool changed = tag_ports(*product.published, tags);
      const bool first = seen_.insert(product.id.text()).second;
      if (!changed && !first) continue;
      if (changed) {
        product.updated_at = now_;
        CHECK(ports_.products.update(tx_, product));
        CHECK(ports_.products.retag_version(tx_, product));
        note({"product.retag", "product", product.id.text(), product.domain_path, std::move(before), to_tags(product)});
      }
      CHECK(from(product));
    }
    return {};
  }

  Tx& tx_;
  const PersonalPorts& ports_;
  Timestamp now_;
  std::vector<AuditRecord>& retagged_;
  std::set<std::string> seen_;
};

}  // namespace

bool tag_ports(ProductDefinition& definition, const std::vector<TaggedColumn>& tagged) {
  bool changed = false;
  for (auto& port : definition.ports) {
    for (auto& column : port.columns) {
      const auto* tag = tag_for(column, tagged);
      if (tag == nullptr) continue;
      column.personal = tag->personal;
      changed = true;
    }
  }
  return changed;
}

Result<void> spread_personal(Tx& tx, const PersonalPorts& ports, const Element& element, Timestamp now,
                             std::vector<AuditRecord>& retagged) {
  return Spread(tx, ports, now, retagged).from(element);
}

Result<void> spread_personal(Tx& tx, const PersonalPorts& ports, const Product& product, Timestamp now,
                             std::vector<AuditRecord>& retagged) {
  return Spread(tx, ports, now, retagged).from(product);
}

}  // namespace weft
