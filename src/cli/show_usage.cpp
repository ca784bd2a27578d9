#include "base/time.h"
#include "cli/person_command.h"

namespace weft {

Result<void> show_usage(const UsageOptions& options) {
  // A day by itself is its first moment.
  auto time_of = [](const std::string& text) -> std::string {
    auto day = parse_rfc3339(text + "T00:00:00Z");
    return day ? to_rfc3339(*day) : text;
  };
  const bool by_domains = options.by == "domains";
  if (!by_domains && options.rollup == UsageOptions::Rollup::Yes)
    return fail(ErrorKind::Invalid, "usage.by", "--rollup: only domains have others below them.",
                "Leave it out, or say `weft usage domains`.");
  if (by_domains && !options.product.empty())
    return fail(ErrorKind::Invalid, "usage.by", "--product: sums by domains are of all their products.",
                "Say by what else, for example `weft usage readers --product " + options.product + "`.");
  auto client = TRY(MeshClient::connect(options.person));
  const auto key = options.by.substr(0, options.by.size() - 1);  // `domains` → `domain`
  std::vector<ListColumn> columns;
  std::string title = key;
  std::ranges::transform(title, title.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  columns.push_back({title, options.by == "products" ? "/name" : "/" + key});
  columns.insert(columns.end(), {{"HITS", "/hits"}, {"ROWS", "/rows"}, {"BYTES", "/bytes"}});
  ListRequest request{"/api/v1/usage/" + options.by, {}, options.list, columns, "Nobody has read anything."};
  if (!options.domain.empty()) request.query.emplace_back("domain", options.domain);
  if (!options.from.empty()) request.query.emplace_back("from", time_of(options.from));
  if (!options.to.empty()) request.query.emplace_back("to", time_of(options.to));
  if (options.rollup == UsageOptions::Rollup::Yes) request.query.emplace_back("rollup", "true");
  if (!options.product.empty()) {
    const auto product = TRY(client.find_product(TRY(parse_product_reference(options.product))));
    request.query.emplace_back("product", text_at(product, "/id"));
  }
  return print_list(client, request, options.person);
}

}  // namespace weft
