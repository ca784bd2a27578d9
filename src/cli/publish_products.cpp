// `weft products publish`: a product as its file says, made or changed, published, its first data waited for. Calling it
// again with the same file changes nothing.
#include <fstream>
#include <iostream>

#include "cli/keep_elements.h"
#include "cli/person_command.h"
#include "cli/terminal.h"
#include "cli/wait_for_run.h"
#include "mesh/product/product.h"
#include "platform/file/atomic_file.h"

namespace weft {

namespace {

constexpr std::size_t kMaxFileBytes = 1 << 20;

Result<ProductFile> read_product_file(const std::string& name) {
  if (name != "-") {
    auto text = read_small_file(name, kMaxFileBytes);
    if (!text && text.error().kind == ErrorKind::NotFound)
      return fail(ErrorKind::Invalid, "usage.file", fmt::format("There is no file {}.", name));
    if (!text) return fail(text.error());
    return parse_product_file(std::filesystem::path(name).filename().string(), std::move(*text));
  }
  std::string text;
  std::array<char, 65536> piece{};
  while (std::cin.read(piece.data(), piece.size()) || std::cin.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > kMaxFileBytes) return fail(ErrorKind::TooLarge, "usage.file", "Standard input has more than 1 MiB.");
  }
  return parse_product_file("standard input", std::move(text));
}

// As far as the file alone tells.
std::vector<FieldError> complaints_about(const json::object& definition) {
  const auto parsed = parse_product_definition(definition);
  return parsed ? publishing_violations(*parsed) : parsed.error().fields;
}

// The definition with ids, in the form that the server keeps it in; all complaints at once.
Result<json::object> settled_definition(MeshClient& client, const ProductFile& file) {
  auto definition = file.definition;
  std::vector<FieldError> complaints;
  CHECK(resolve_elements(client, file.domain, definition, "ingredients", complaints, {}));
  const auto parsed = parse_product_definition(definition);
  if (parsed && complaints.empty()) return to_json(*parsed);  // the rest the server checks, all at once
  std::ranges::move(complaints_about(definition), std::back_inserter(complaints));
  return fail(make_error(ErrorKind::Unprocessable, "product.not_publishable",
                         fmt::format("{} can't be published: {} {} open.", file.name, complaints.size(),
                                     complaints.size() == 1 ? "point is" : "points are"))
                  .with_fields(std::move(complaints)));
}

enum class Change { Made, Changed, None };

struct Draft {
  json::value product;
  Change change = Change::None;
};

Result<Draft> keep_draft(MeshClient& client, const ProductFile& file, const json::object& definition) {
  auto known = client.find_product({file.domain, file.product, ""});
  if (!known && known.error().kind != ErrorKind::NotFound) return fail(known.error());
  if (!known) {
    auto body = definition;
    body["domain"] = file.domain;
    body["name"] = file.product;
    return Draft{TRY(client.post("/api/v1/products", body)), Change::Made};
  }
  const auto path = "/api/v1/products/" + text_at(*known, "/id");
  const auto tagged = TRY(client.get_tagged(path));
  const auto* draft = tagged.value.as_object().if_contains("draft");
  if (draft == nullptr) {
    return fail(ErrorKind::Denied, "product.not_yours", fmt::format("{}/{} is not your product.", file.domain, file.product),
                "Only the owners of its domain change it.");
  }
  if (*draft == json::value(definition)) return Draft{tagged.value, Change::None};
  return Draft{TRY(client.change("PUT", path, definition, tagged.etag)), Change::Changed};
}

// Whether what is in service is this draft: nothing was changed since it was published.
bool is_published(const json::value& product) {
  const auto state = text_at(product, "/state");
  const auto published = text_at(product, "/published_at");
  return (state == "published" || state == "deprecated") && !published.empty() && text_at(product, "/updated_at") <= published;
}

Result<void> publish_draft(MeshClient& client, const json::value& product, Change change, const PublishOptions& options) {
  const auto name = text_at(product, "/domain") + "/" + text_at(product, "/name");
  if (change == Change::None && options.repeat == PublishOptions::Repeat::No && is_published(product)) {
    return print_object(json::object{{"product", product}, {"run", nullptr}}, options.person,
                        fmt::format("Unchanged: {} is published as version {}.\n", name, cell_at(product, "/version")));
  }
  const auto path = "/api/v1/products/" + text_at(product, "/id");
  auto run = TRY(client.post(path + "/publish", json::object{}));
  if (options.wait == PublishOptions::Wait::No) {
    return print_object(json::object{{"product", product}, {"run", run}}, options.person,
                        fmt::format("Publishing {}: run {}.\n", name, text_at(run, "/id")));
  }
  run = TRY(wait_for_run(client, text_at(run, "/id")));
  const auto published = TRY(client.get(path));
  return print_object(json::object{{"product", published}, {"run", run}}, options.person,
                      fmt::format("Published: {} version {}, {} rows.\n", name, cell_at(published, "/version"), cell_at(run, "/rows")));
}

Result<void> publish_file(MeshClient& client, const ProductFile& file, const PublishOptions& options) {
  auto kept = TRY(keep_elements(client, file));
  if (kept.fault) {  // all else that is wrong in the same go
    auto definition = file.definition;
    CHECK(resolve_elements(client, file.domain, definition, "ingredients", kept.fault->fields, kept.missing));
    std::ranges::move(complaints_about(definition), std::back_inserter(kept.fault->fields));
    return fail(std::move(*kept.fault));
  }
  const auto definition = TRY(settled_definition(client, file));
  const auto draft = TRY(keep_draft(client, file, definition));
  return publish_draft(client, draft.product, draft.change, options);
}

}  // namespace

Result<void> publish_products(const PublishOptions& options) {
  if (options.file.empty() == options.product.empty()) {
    return fail(ErrorKind::Invalid, "usage.publish", "Give either a file with -f or the product whose draft is to be published.",
                "For example `weft products publish -f product.yaml`.");
  }
  if (!options.file.empty()) {
    auto file = TRY(read_product_file(options.file));
    auto client = TRY(MeshClient::connect(options.person));
    file.domain = TRY(client.present_path(file.domain));  // a file may outlive its domain's old path
    if (auto published = publish_file(client, file, options); !published) return fail(with_places(file, published.error()));
    return {};
  }
  const auto reference = TRY(parse_product_reference(options.product));
  auto client = TRY(MeshClient::connect(options.person));
  return publish_draft(client, TRY(client.find_product(reference)), Change::None, options);
}

}  // namespace weft
