#include "cli/person_command.h"
#include "cli/table.h"

namespace weft {

Result<void> show_runs(const RunsOptions& options) {
  auto client = TRY(MeshClient::connect(options.person));
  if (!options.id.empty()) {
    const auto run = TRY(client.get("/api/v1/runs/" + percent_encoded(options.id)));
    auto text = render_fields({{"Run", text_at(run, "/id")},
                               {"Kind", text_at(run, "/kind")},
                               {"State", text_at(run, "/state")},
                               {"Of", text_at(run, "/object/domain") + "/" + text_at(run, "/object/name")},
                               {"Asked by", text_at(run, "/requested_by/name")},
                               {"Rows", cell_at(run, "/rows")},
                               {"Begun", cell_at(run, "/started_at")},
                               {"Milliseconds", cell_at(run, "/duration_ms")},
                               {"Failure", text_at(run, "/failure/message")},
                               {"What to do", text_at(run, "/failure/hint")}});
    if (const auto* log = run.as_object().if_contains("log"); log != nullptr && log->is_array()) {
      for (const auto& line : log->get_array()) text += fmt::format("  {}\n", printable(cell_of(line)));
    }
    return print_object(run, options.person, text);
  }
  ListRequest request{"/api/v1/runs",
                      {},
                      options.list,
                      {{"ID", "/id"},
                       {"KIND", "/kind"},
                       {"STATE", "/state"},
                       {"DOMAIN", "/object/domain"},
                       {"OF", "/object/name"},
                       {"ROWS", "/rows"},
                       {"MS", "/duration_ms"},
                       {"CREATED", "/created_at"}},
                      "There are no runs."};
  if (!options.domain.empty()) request.query.emplace_back("domain", options.domain);
  if (!options.state.empty()) request.query.emplace_back("state", options.state);
  if (!options.product.empty()) {
    const auto product = TRY(client.find_product(TRY(parse_product_reference(options.product))));
    request.query.emplace_back("object", text_at(product, "/id"));
  }
  return print_list(client, request, options.person);
}

}  // namespace weft
