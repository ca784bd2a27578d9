#include "cli/person_command.h"

namespace weft {

Result<void> search(const SearchOptions& options) {
  auto client = TRY(MeshClient::connect(options.person));
  ListRequest request{
      "/api/v1/search",
      {},
      options.list,
      {{"TYPE", "/type"}, {"DOMAIN", "/domain"}, {"NAME", "/name"}, {"TITLE", "/title"}, {"STATE", "/state"}, {"TAGS", "/tags"}},
      "Nothing was found."};
  if (!options.words.empty()) request.query.emplace_back("q", fmt::format("{}", fmt::join(options.words, " ")));
  for (const auto& [name, value] : QueryPairs{{"domain", options.domain}, {"tag", options.tag}, {"type", options.type}}) {
    if (!value.empty()) request.query.emplace_back(name, value);
  }
  return print_list(client, request, options.person);
}

}  // namespace weft
