// `weft show`: a product with its ports, columns and, when asked for, its public samples.
#include "cli/person_command.h"
#include "cli/table.h"

namespace weft {

namespace {

std::string columns_of(const json::value& port) {
  Table table({"COLUMN", "TYPE", "TAGS", "DESCRIPTION"});
  const auto* columns = port.get_object().if_contains("columns");
  if (columns == nullptr || !columns->is_array()) return {};
  for (const auto& column : columns->get_array()) {
    table.add({text_at(column, "/name"), text_at(column, "/type"), cell_at(column, "/tags"), text_at(column, "/description")});
  }
  return table.empty() ? std::string{} : table.render(table_width());
}

std::string rows_of(const json::value& sample) {
  const auto* rows = sample.is_object() ? sample.get_object().if_contains("rows") : nullptr;
  if (rows == nullptr || !rows->is_array() || rows->get_array().empty() || !rows->get_array()[0].is_object()) return "There is none.\n";
  std::vector<std::string> titles;
  for (const auto& cell : rows->get_array()[0].get_object()) titles.emplace_back(cell.key());
  Table table(titles);
  for (const auto& row : rows->get_array()) {
    std::vector<std::string> cells;
    for (const auto& title : titles) {
      const auto* cell = row.is_object() ? row.get_object().if_contains(title) : nullptr;
      cells.push_back(cell == nullptr ? "" : cell_of(*cell));
    }
    table.add(std::move(cells));
  }
  return table.render(table_width());
}

}  // namespace

Result<void> show_product(const ShowOptions& options) {
  const auto reference = TRY(parse_product_reference(options.product));
  auto client = TRY(MeshClient::connect(options.person));
  auto product = TRY(client.find_product(reference));
  const auto name = text_at(product, "/domain") + "/" + text_at(product, "/name");
  auto text = render_fields({{"Product", name},
                             {"Title", text_at(product, "/title")},
                             {"State", text_at(product, "/state")},
                             {"Version", cell_at(product, "/version")},
                             {"Published", cell_at(product, "/published_at")},
                             {"Data from", cell_at(product, "/snapshot/created_at")},
                             {"Refreshed next", cell_at(product, "/refresh/next_at")},
                             {"Last refresh", text_at(product, "/refresh/last/state")},
                             {"Owners", cell_at(product, "/owners")},
                             {"Tags", cell_at(product, "/tags")},
                             {"Description", text_at(product, "/description")},
                             {"Id", text_at(product, "/id")}});
  bool any = reference.port.empty();
  auto& object = product.as_object();
  if (auto* ports = object.if_contains("ports"); ports != nullptr && ports->is_array()) {
    for (auto& port : ports->get_array()) {
      const auto port_name = text_at(port, "/name");
      if (!reference.port.empty() && reference.port != port_name) continue;
      any = true;
      text += fmt::format("\nPort {}/{}", name, port_name);
      const auto rows = cell_at(product, "/snapshot/rows/" + port_name);
      text += rows.empty() ? "\n" : fmt::format(", {} rows\n", rows);
      text += columns_of(port);
      if (options.sample == ShowOptions::Sample::No) continue;
      auto sample = TRY(client.get(fmt::format("/api/v1/products/{}/ports/{}/sample", text_at(product, "/id"), port_name)));
      text += fmt::format("\nSample of {}\n{}", port_name, rows_of(sample));
      if (const auto withheld = cell_at(sample, "/withheld"); !withheld.empty()) text += fmt::format("Withheld: {}\n", printable(withheld));
      port.as_object()["sample_rows"] = std::move(sample);
    }
  }
  if (!any) return fail(ErrorKind::NotFound, "port.not_found", fmt::format("{} has no port {}.", name, reference.port));
  return print_object(product, options.person, text);
}

}  // namespace weft
