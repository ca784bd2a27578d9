#include "mesh/domain/domain.h"

namespace weft {

std::string_view to_text(DomainState state) { return state == DomainState::Active ? "active" : "archived"; }

Result<DomainState> parse_domain_state(std::string_view text) {
  for (auto state : {DomainState::Active, DomainState::Archived}) {
    if (text == to_text(state)) return state;
  }
  return fail(ErrorKind::Invalid, "domain.unknown_state", fmt::format("There is no domain state '{}'.", text),
              "A domain is active or archived.");
}

Result<std::string> place_domain(std::string_view parent, std::string_view name, std::size_t depth_below) {
  auto refuse = [](std::string complaint) {
    return fail(make_error(ErrorKind::Invalid, "form.invalid", "name: " + complaint).with_fields({{"name", complaint}}));
  };
  if (!is_name(name)) return refuse(std::string(kNameRule));
  auto path = parent.empty() ? std::string(name) : fmt::format("{}.{}", parent, name);
  const auto depth = static_cast<std::size_t>(std::ranges::count(path, '.')) + 1 + depth_below;
  if (depth > kMaxDomainDepth) {
    return refuse(fmt::format("would make the tree {} levels deep; {} is the most", depth, kMaxDomainDepth));
  }
  return path;
}

Result<void> require_active(const Domain& domain) {
  if (domain.state == DomainState::Active) return {};
  return fail(ErrorKind::Conflict, "domain.archived", fmt::format("The domain {} is archived.", domain.path),
              "Archived domains stay as they are. Choose an active one.");
}

json::object to_json(const Domain& domain) {
  const auto dot = domain.path.rfind('.');
  json::value parent = nullptr;
  if (dot != std::string::npos) parent = json::string(std::string_view(domain.path).substr(0, dot));
  json::array owners;
  for (const auto& owner : domain.owners) owners.push_back(json::object{{"id", owner.id.text()}, {"name", owner.name}});
  return {{"id", domain.id.text()},
          {"path", domain.path},
          {"name", domain.name},
          {"parent", std::move(parent)},
          {"title", domain.title},
          {"description", domain.description},
          {"tags", json::array(domain.tags.begin(), domain.tags.end())},
          {"owners", std::move(owners)},
          {"state", to_text(domain.state)},
          {"created_at", to_rfc3339(domain.created_at)},
          {"updated_at", to_rfc3339(domain.updated_at)}};
}

}  // namespace weft
