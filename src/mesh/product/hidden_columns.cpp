#include "mesh/product/hidden_columns.h"

#include "base/ascii.h"

namespace weft {

namespace {

constexpr int kMaxVersionsBack = 100;
constexpr std::string_view kAnyColumn = "*";

// A column of an ingredient, whatever alias it goes by; kAnyColumn: any of that ingredient.
struct Source {
  std::string ingredient, column;
  auto operator<=>(const Source&) const = default;
};
using Sources = std::set<Source>;

bool is_open(const Source& source) { return source.column == kAnyColumn; }

enum class Follow { HandedOn, All };

// Where columns come from, down through views.
class Tracer {
 public:
  Tracer(Tx& tx, ElementStore& elements) : tx_(tx), elements_(elements) {}

  Result<Sources> trace(const ProductDefinition& definition, const PortColumn& column, Follow follow) {
    Sources sources;
    CHECK(add(definition.ingredients, column.origins, column.computed_from, {follow, sources}));
    return sources;
  }

 private:
  struct Trail {
    Follow follow;
    Sources& sources;
  };

  Result<void> add(const std::vector<Ingredient>& ingredients, const std::vector<std::string>& origins,
                   const std::vector<std::string>& computed_from, const Trail& trail) {
    for (const auto& origin : origins) {
      if (trail.follow == Follow::HandedOn && std::ranges::find(computed_from, origin) != computed_from.end()) continue;
      const auto dot = origin.find('.');
      const auto ingredient = std::ranges::find(ingredients, origin.substr(0, dot), &Ingredient::alias);
      if (dot == std::string::npos || ingredient == ingredients.end()) continue;
      const auto column = lower_case(std::string_view(origin).substr(dot + 1));
      const auto name = ingredient->element ? ingredient->element->text() : ingredient->product.value_or("");
      if (!trail.sources.insert({name, column}).second || !ingredient->element) continue;
      CHECK(add_beneath(*ingredient->element, column, trail));
    }
    return {};
  }

  Result<void> add_beneath(const ElementId& id, const std::string& column, const Trail& trail) {
    auto known = seen_.find(id);
    if (known == seen_.end()) known = seen_.emplace(id, TRY(elements_.find(tx_, id))).first;
    const auto& element = known->second;
    if (!element || !element->view) return {};
    if (column == kAnyColumn) {
      for (const auto& ingredient : element->view->ingredients) {
        CHECK(add(element->view->ingredients, {fmt::format("{}.{}", ingredient.alias, kAnyColumn)}, {}, trail));
      }
      return {};
    }
    for (const auto& made : element->columns) {
      if (!equal_ignoring_case(made.name, column)) continue;
      CHECK(add(element->view->ingredients, made.origins, made.computed_from, trail));
    }
    return {};
  }

  Tx& tx_;
  ElementStore& elements_;
  std::map<ElementId, std::optional<Element>> seen_;
};

// Whether it is known at one place at least what the columns of a name are.
bool is_known(const Sources& sources) { return !std::ranges::all_of(sources, is_open); }

struct Hidden {
  Sources sources;
  // Of the port in question that column of the name is itself open: what else is open there was seen when it was hidden.
  enum class Beside { Hidden, Shown } open_columns = Beside::Hidden;
};

bool is_made_of(const Sources& column, const Hidden& hidden) {
  return std::ranges::any_of(hidden.sources, [&](const Source& source) {
    if (column.contains(source)) return true;
    if (hidden.open_columns == Hidden::Beside::Shown) return false;
    return std::ranges::any_of(column,
                               [&](const Source& own) { return own.ingredient == source.ingredient && (is_open(own) || is_open(source)); });
  });
}

class Hider {
 public:
  Hider(Tx& tx, const HidingPorts& ports, const Product& product, const Port& port)
      : tx_(tx), ports_(ports), product_(product), port_(port), tracer_(tx, ports.elements) {}

  Result<std::vector<std::string>> hide(const std::vector<std::string>& names) {
    std::vector<Sources> columns;
    for (const auto& column : port_.columns) columns.push_back(TRY(tracer_.trace(*product_.published, column, Follow::All)));
    auto hidden = names;
    for (const auto& name : names) {
      const auto sources = TRY(sources_of(name, columns));
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (is_made_of(columns[i], sources)) hidden.push_back(port_.columns[i].name);
      }
    }
    return hidden;
  }

 private:
  Result<Hidden> sources_of(std::string_view name, const std::vector<Sources>& columns) {
    if (auto now = TRY(find(*product_.published, name))) {
      Hidden hidden{std::move(*now)};
      if (!is_known(hidden.sources)) hidden.sources = named(hidden.sources, lower_case(name));
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (equal_ignoring_case(port_.columns[i].name, name) && std::ranges::any_of(columns[i], is_open))
          hidden.open_columns = Hidden::Beside::Shown;
      }
      return hidden;
    }
    return Hidden{TRY(sources_once(name))};
  }

  // Open ones taken for the ingredients' columns of the same name.
  static Sources named(const Sources& open, const std::string& name) {
    Sources sources;
    for (const auto& source : open) sources.insert({source.ingredient, name});
    return sources;
  }

  // What the columns of that name hand on, open only where nothing else is known; nullopt: no port has one.
  Result<std::optional<Sources>> find(const ProductDefinition& definition, std::string_view name) {
    std::optional<Sources> found;
    for (const auto& port : definition.ports) {
      for (const auto& column : port.columns) {
        if (!equal_ignoring_case(column.name, name)) continue;
        if (!found) found.emplace();
        found->merge(TRY(tracer_.trace(definition, column, Follow::HandedOn)));
      }
    }
    if (found && is_known(*found)) std::erase_if(*found, is_open);
    return found;
  }

  // The name was a column's when it was hidden. Versions are looked through on reads, so not without end: what is not found
  // keeps the port closed.
  Result<Sources> sources_once(std::string_view name) {
    const int oldest = std::max(product_.published_version - kMaxVersionsBack, 1);
    for (int number = product_.published_version - 1; number >= oldest; --number) {
      const auto definition = TRY(ports_.products.find_version(tx_, product_.id, number));
      if (!definition) continue;
      if (auto found = TRY(find(*definition, name))) return std::move(*found);
    }
    if (oldest == 1) return Sources{};
    return fail(ErrorKind::Denied, "data.port_closed",
                fmt::format("The grant hides the column '{}', which no port has had for {} versions.", name, kMaxVersionsBack),
                "Ask for the product anew: what is hidden is decided by the columns that there are now.");
  }

  Tx& tx_;
  const HidingPorts& ports_;
  const Product& product_;
  const Port& port_;
  Tracer tracer_;
};

}  // namespace

Result<std::vector<std::string>> hidden_columns(Tx& tx, const HidingPorts& ports, const Product& product, const Port& port,
                                                const std::vector<std::string>& names) {
  if (names.empty()) return names;
  return Hider(tx, ports, product, port).hide(names);
}

}  // namespace weft
