#include "mesh/product/hidden_columns.h"

#include "base/ascii.h"
#include "mesh/element/origin.h"

namespace weft {

namespace {

constexpr std::string_view kAnyColumn = "*";

// A column of an ingredient, whatever alias it goes by; kAnyColumn: any of that ingredient, it is open which.
struct Source {
  std::string ingredient, column;
  auto operator<=>(const Source&) const = default;
};
using Sources = std::set<Source>;

bool is_open(const Source& source) { return source.column == kAnyColumn; }

std::string ingredient_key(const Ingredient& ingredient) {
  return ingredient.element ? ingredient.element->text() : ingredient.product.value_or("");
}

enum class Follow { HandedOn, All };

// Where columns come from.
class Tracer {
 public:
  Tracer(Tx& tx, ElementStore& elements) : tx_(tx), elements_(elements) {}

  // What it is made of, or of that what it hands on, down through views.
  Result<Sources> trace(const ProductDefinition& definition, const PortColumn& column, Follow follow) {
    Sources sources;
    CHECK(add(definition.ingredients, {column.origins, column.computed_from}, follow, sources));
    return sources;
  }

  Result<bool> has_column(const Source& source, std::string_view name) {
    if (!is_uuid(source.ingredient)) return false;  // a port of a product
    const auto& element = TRY(find(ElementId(source.ingredient))).get();
    return element && std::ranges::any_of(element->columns, [&](const auto& column) { return equal_ignoring_case(column.name, name); });
  }

 private:
  Result<std::reference_wrapper<const std::optional<Element>>> find(const ElementId& id) {
    auto known = seen_.find(id);
    if (known == seen_.end()) known = seen_.emplace(id, TRY(elements_.find(tx_, id))).first;
    return std::cref(known->second);
  }

  Result<void> add(const std::vector<Ingredient>& ingredients, const Lineage& lineage, Follow follow, Sources& sources) {
    for (const auto& origin : lineage.origins) {
      if (follow == Follow::HandedOn && std::ranges::find(lineage.computed_from, origin) != lineage.computed_from.end()) continue;
      const auto dot = origin.find('.');
      const auto ingredient = std::ranges::find(ingredients, origin.substr(0, dot), &Ingredient::alias);
      if (dot == std::string::npos || ingredient == ingredients.end()) continue;
      const auto column = lower_case(std::string_view(origin).substr(dot + 1));
      if (!sources.insert({ingredient_key(*ingredient), column}).second || !ingredient->element) continue;
      CHECK(add_beneath(*ingredient->element, column, follow, sources));
    }
    return {};
  }

  Result<void> add_beneath(const ElementId& id, const std::string& column, Follow follow, Sources& sources) {
    const auto& element = TRY(find(id)).get();
    if (!element || !element->view) return {};
    const auto& ingredients = element->view->ingredients;
    if (column == kAnyColumn) {
      for (const auto& ingredient : ingredients)
        CHECK(add(ingredients, {{fmt::format("{}.{}", ingredient.alias, kAnyColumn)}, {}}, follow, sources));
      return {};
    }
    for (const auto& made : element->columns) {
      if (equal_ignoring_case(made.name, column)) CHECK(add(ingredients, {made.origins, made.computed_from}, follow, sources));
    }
    return {};
  }

  Tx& tx_;
  ElementStore& elements_;
  std::map<ElementId, std::optional<Element>> seen_;
};

// The ingredients' columns that it names itself.
struct Direct {
  Sources all, handed_on;
  bool operator==(const Direct&) const = default;
};

Direct direct_sources(const ProductDefinition& definition, const PortColumn& column) {
  Direct direct;
  for (const auto& origin : column.origins) {
    const auto dot = origin.find('.');
    const auto ingredient = std::ranges::find(definition.ingredients, origin.substr(0, dot), &Ingredient::alias);
    if (dot == std::string::npos || ingredient == definition.ingredients.end()) continue;
    const Source source{ingredient_key(*ingredient), lower_case(std::string_view(origin).substr(dot + 1))};
    direct.all.insert(source);
    if (std::ranges::find(column.computed_from, origin) == column.computed_from.end()) direct.handed_on.insert(source);
  }
  return direct;
}

std::set<std::pair<std::string, std::string>> aliases_of(const ProductDefinition& definition) {
  std::set<std::pair<std::string, std::string>> aliases;
  for (const auto& ingredient : definition.ingredients) aliases.emplace(ingredient.alias, ingredient_key(ingredient));
  return aliases;
}

enum class Doubt { Hides, Shows };

bool meets(const Sources& column, const Sources& hidden, Doubt doubt) {
  return std::ranges::any_of(hidden, [&](const Source& source) {
    if (column.contains(source)) return true;
    if (doubt == Doubt::Shows) return false;
    return std::ranges::any_of(column,
                               [&](const Source& own) { return own.ingredient == source.ingredient && (is_open(own) || is_open(source)); });
  });
}

// What was hidden when that was decided, and by what it is known again later.
class Decision {
 public:
  Decision(Tracer& tracer, const ProductDefinition& decided, const std::vector<std::string>& names) : tracer_(tracer), decided_(decided) {
    for (const auto& name : names) names_.insert(lower_case(name));
  }

  Result<void> look_through() {
    for (const auto& port : decided_.ports) {
      for (const auto& column : port.columns) {
        if (is_named(column)) CHECK(learn_alias(column));
      }
    }
    for (const auto& port : decided_.ports) {
      const auto doubt = TRY(doubt_at(port));
      for (const auto& column : port.columns) CHECK(judge(port, column, doubt));
    }
    return {};
  }

  [[nodiscard]] bool is_named(const PortColumn& column) const { return names_.contains(lower_case(column.name)); }
  // REQUIRES: it was a column of that port then.
  [[nodiscard]] bool was_hidden(const Port& port, const PortColumn& column) const { return hidden_.contains({port.name, column.name}); }
  // Of a column that was not seen then.
  [[nodiscard]] bool hides(const Sources& sources) const { return meets(sources, made_of_, Doubt::Hides); }

 private:
  // What is the same as a column of a hidden name wherever it stands: the one column that it hands on. Of what it was made of
  // besides, the others were seen.
  Result<void> learn_alias(const PortColumn& column) {
    const bool is_one = direct_sources(decided_, column).all.size() == 1;
    for (const auto& source : TRY(tracer_.trace(decided_, column, Follow::HandedOn))) {
      if (is_open(source)) {
        if (TRY(tracer_.has_column(source, column.name))) same_.insert({source.ingredient, lower_case(column.name)});
      } else if (is_one) {
        same_.insert(source);
      }
    }
    return {};
  }

  Result<void> judge(const Port& port, const PortColumn& column, Doubt doubt) {
    const auto sources = TRY(tracer_.trace(decided_, column, Follow::All));
    if (is_named(column)) {
      hidden_.emplace(port.name, column.name);
      for (const auto& source : sources) {
        const bool known = is_open(source) && TRY(tracer_.has_column(source, column.name));
        made_of_.insert(known ? Source{source.ingredient, lower_case(column.name)} : source);
      }
    } else if (meets(sources, same_, Doubt::Shows)) {
      hidden_.emplace(port.name, column.name);
      std::ranges::copy_if(sources, std::inserter(made_of_, made_of_.end()), std::not_fn(is_open));
    } else if (meets(sources, same_, doubt)) {
      hidden_.emplace(port.name, column.name);
    }
    return {};
  }

  // In one SELECT with an open column of a hidden name the others were seen as they are.
  Result<Doubt> doubt_at(const Port& port) {
    for (const auto& column : port.columns) {
      if (is_named(column) && std::ranges::any_of(TRY(tracer_.trace(decided_, column, Follow::All)), is_open)) return Doubt::Shows;
    }
    return Doubt::Hides;
  }

  Tracer& tracer_;
  const ProductDefinition& decided_;
  std::set<std::string> names_;  // in lower case
  Sources same_, made_of_;
  std::set<std::pair<std::string, std::string>> hidden_;  // port and column
};

// The column of `decided` that it still is; nullptr: another.
const PortColumn* find_unchanged(const ProductDefinition& decided, const ProductDefinition& newest, const Port& port,
                                 const PortColumn& column) {
  const auto port_then = std::ranges::find(decided.ports, port.name, &Port::name);
  if (port_then == decided.ports.end()) return nullptr;
  const auto then = std::ranges::find(port_then->columns, column.name, &PortColumn::name);
  if (then == port_then->columns.end()) return nullptr;
  const auto direct = direct_sources(newest, column);
  if (direct != direct_sources(decided, *then)) return nullptr;
  const bool same_select = port.sql == port_then->sql && aliases_of(newest) == aliases_of(decided);
  // What is computed may be so in another way: the sources alone do not tell.
  const bool same_values = direct.all == direct.handed_on && std::ranges::none_of(direct.all, is_open);
  return same_select || same_values ? &*then : nullptr;
}

}  // namespace

Result<std::vector<std::string>> hidden_columns(Tx& tx, ElementStore& elements, const ProductDefinition& decided,
                                                const ProductDefinition& newest, const Port& port, const std::vector<std::string>& names) {
  if (names.empty()) return names;
  Tracer tracer(tx, elements);
  Decision decision(tracer, decided, names);
  CHECK(decision.look_through());
  auto hidden = names;
  for (const auto& column : port.columns) {
    const auto* then = find_unchanged(decided, newest, port, column);
    const bool hide = then != nullptr ? decision.was_hidden(port, *then) : decision.hides(TRY(tracer.trace(newest, column, Follow::All)));
    if (hide && !decision.is_named(column)) hidden.push_back(column.name);
  }
  return hidden;
}

}  // namespace weft
