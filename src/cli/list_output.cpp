#include "cli/list_output.h"

#include "base/time.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace weft {

namespace {

// `2026-11-25T01:24:44.123456Z` → `2026-11-25 01:24:44Z`
std::string short_time(const std::string& text) {
  if (text.size() < 20 || text[10] != 'T' || !text.ends_with('Z') || !parse_rfc3339(text)) return text;
  return fmt::format("{} {}Z", text.substr(0, 10), text.substr(11, 8));
}

Result<MeshClient::Walked> walk(MeshClient& client, const ListRequest& request, const MeshClient::Range& range,
                                const std::function<Result<void>(const json::value&)>& each) {
  auto walked = client.walk(request.path, request.query, range, each);
  if (walked || walked.error().id != "query.cursor") return walked;
  return fail(ErrorKind::Invalid, "usage.cursor", fmt::format("--cursor: '{}' is no place in this list.", request.options.cursor),
              "Give it what `next` of the same list in JSON says.");
}

Result<void> print_json_list(MeshClient& client, const ListRequest& request, const MeshClient::Range& range) {
  std::string_view before = "{\"items\":[";
  auto [next, beside] = TRY(walk(client, request, range, [&](const json::value& item) -> Result<void> {
    CHECK(write_output(fmt::format("{}{}", before, json::serialize(item))));
    before = ",\n";
    return {};
  }));
  beside["next"] = next.empty() ? json::value(nullptr) : json::value(next);
  // The list is open: what stands beside it follows, without the brace that opens it.
  return write_output(fmt::format("{}],{}\n", before == ",\n" ? "" : before, json::serialize(beside).substr(1)));
}

}  // namespace

std::optional<std::size_t> table_width() {
  if (!is_terminal(Stream::Output)) return std::nullopt;
  return terminal_columns();
}

std::string cell_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "";
    case json::kind::string: return short_time(std::string(value.get_string()));
    case json::kind::array: {
      std::string joined;
      for (const auto& item : value.get_array()) joined += fmt::format("{}{}", joined.empty() ? "" : ", ", cell_of(item));
      return joined;
    }
    case json::kind::object:
      for (const auto* name : {"name", "value"}) {
        if (const auto* found = value.get_object().if_contains(name)) return cell_of(*found);
      }
      return json::serialize(value);
    case json::kind::double_: return fmt::format("{}", value.get_double());
    default: return json::serialize(value);
  }
}

std::string cell_at(const json::value& value, std::string_view pointer) {
  boost::system::error_code none;
  const auto* found = value.find_pointer(pointer, none);
  return found == nullptr ? std::string{} : cell_of(*found);
}

Result<void> print_list(MeshClient& client, const ListRequest& request, const PersonOptions& options) {
  MeshClient::Range range{std::nullopt, request.options.cursor};
  if (request.options.extent == ListOptions::Extent::Limited) range.limit = request.options.limit.value_or(kUsualLimit);
  if (options.json()) return print_json_list(client, request, range);
  std::vector<std::string> titles;
  for (const auto& column : request.columns) titles.push_back(column.title);
  Table table(std::move(titles));
  Progress progress;
  const auto walked = TRY(walk(client, request, range, [&](const json::value& item) -> Result<void> {
    std::vector<std::string> cells;
    for (const auto& column : request.columns) cells.push_back(cell_at(item, column.pointer));
    table.add(std::move(cells));
    progress.show(fmt::format("{} items", table.size()));
    return {};
  }));
  progress.erase();
  if (table.empty()) {
    remark(request.nothing);
    return {};
  }
  CHECK(write_output(table.render(table_width())));
  if (!walked.next.empty()) remark(fmt::format("The first {}; --limit N or --all shows more.", table.size()));
  return {};
}

Result<void> print_object(const json::value& object, const PersonOptions& options, const std::string& text) {
  return write_output(options.json() ? json::serialize(object) + "\n" : text);
}

}  // namespace weft
