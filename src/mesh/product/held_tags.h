// Tags of personal columns that stand whatever is said further down. What another domain tagged only that domain clears,
// however many views it went through; what was confirmed is not unsaid where it is handed on as it is.
#pragma once

#include "mesh/element/element_store.h"
#include "mesh/element/origin.h"
#include "mesh/product/product_store.h"

namespace weft {

struct PersonalPorts {
  ElementStore& elements;
  ProductStore& products;
};

// In which columns that are made of the tagged one the tag stands.
enum class Hold { None, WhereHandedOn, Everywhere };
using HeldTags = std::map<std::string, Hold>;  // by column

// What an element's ingredients hold in its columns, so that its owners can't clear it there; a table has no ingredients.
[[nodiscard]] Result<HeldTags> inherited_tags(Tx& tx, const PersonalPorts& ports, const Element& element);
// What holds for those who read the element, or a port of a published product in the domain `reader`.
[[nodiscard]] Result<HeldTags> held_tags(Tx& tx, const PersonalPorts& ports, const Element& element);
[[nodiscard]] Result<HeldTags> held_tags(Tx& tx, const PersonalPorts& ports, const Product& product, const Port& port,
                                         std::string_view reader);

// A personal column, by the alias under which it is read.
struct TaggedColumn {
  std::string alias, column;
  Personal personal;
  Hold hold = Hold::None;
};

// Those of `columns` that are personal or must be.
template <typename Column>
[[nodiscard]] std::vector<TaggedColumn> tagged_columns(std::string_view alias, const std::vector<Column>& columns, const HeldTags& held) {
  std::vector<TaggedColumn> tagged;
  for (const auto& column : columns) {
    const auto hold = held.find(column.name);
    const bool holds = hold != held.end() && hold->second != Hold::None;
    if (!holds && !is_personal(column.personal)) continue;
    tagged.push_back({std::string(alias), column.name, is_personal(column.personal) ? column.personal : Personal::Suspected,
                      holds ? hold->second : Hold::None});
  }
  return tagged;
}

// How far `hold` of that column reaches into one that is made so; None: a person's word stands against it.
[[nodiscard]] Hold hold_in(const Lineage& lineage, Hold hold, std::string_view alias, std::string_view column);

}  // namespace weft
