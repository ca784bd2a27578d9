// `weft read`: rows of a port, streamed as they come. Only the table for a terminal is held in memory, and it is short.
#include <charconv>

#include "base/quantity.h"
#include "cli/person_command.h"
#include "cli/table.h"
#include "cli/terminal.h"

namespace weft {

namespace {

constexpr std::int64_t kTableRows = 50;
constexpr std::int64_t kMaxTableRows = 10'000;
constexpr std::array<std::string_view, 5> kFormats{"json", "csv", "ndjson", "parquet", "arrow"};

struct Source {
  std::string path;  // of the port
  QueryPairs query;
};

// Where the user did not say which port: the only one, or the one that is called like the product.
Result<std::string> port_of(MeshClient& client, const ProductReference& reference) {
  const auto product = TRY(client.find_product(reference));
  std::vector<std::string> names;
  if (const auto* ports = product.as_object().if_contains("ports"); ports != nullptr && ports->is_array()) {
    for (const auto& port : ports->get_array()) names.push_back(text_at(port, "/name"));
  }
  if (names.size() == 1) return names[0];
  if (std::ranges::find(names, reference.name) != names.end()) return reference.name;
  if (names.empty()) {
    return fail(ErrorKind::NotFound, "port.not_found", fmt::format("{} has no port that can be read.", reference.text()),
                "It may not be published yet: `weft show` says.");
  }
  return fail(ErrorKind::Invalid, "usage.port", fmt::format("{} has several ports: {}.", reference.text(), fmt::join(names, ", ")),
              fmt::format("Say which, for example {}/{}.", reference.text(), names[0]));
}

Result<QueryPairs> query_of(const ReadOptions& options) {
  QueryPairs query;
  for (const auto& [name, value] :
       QueryPairs{{"select", options.select}, {"order", options.order}, {"limit", options.limit}, {"offset", options.offset}}) {
    if (!value.empty()) query.emplace_back(name, value);
  }
  for (const auto& condition : options.where) {
    const auto equals = condition.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(ErrorKind::Invalid, "usage.where", fmt::format("--where: '{}' is no condition.", condition),
                  "Write column=operator.value, such as origin=eq.JFK; see docs/reference/data-door.md.");
    }
    query.emplace_back(condition.substr(0, equals), condition.substr(equals + 1));
  }
  return query;
}

// json, csv, …, or empty for a table.
Result<std::string> format_of(const ReadOptions& options) {
  auto format = options.format;
  if (format.empty() && options.person.json()) format = "json";
  if (format.empty() && !options.output.empty()) {
    const auto ending = std::filesystem::path(options.output).extension().string();
    if (ending.size() > 1 && std::ranges::find(kFormats, ending.substr(1)) != kFormats.end()) return ending.substr(1);
  }
  if (format.empty()) format = options.output.empty() && is_terminal(Stream::Output) ? "table" : "csv";
  if (options.output.empty() && is_terminal(Stream::Output) && (format == "parquet" || format == "arrow")) {
    return fail(ErrorKind::Invalid, "usage.binary", fmt::format("{} is not for a terminal.", format), "Write it to a file with -o FILE.");
  }
  return format == "table" ? std::string{} : format;
}

std::string progress_text(std::uint64_t bytes, std::chrono::steady_clock::time_point begun) {
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const auto mebibytes = static_cast<double>(bytes) / (1024.0 * 1024.0);
  return fmt::format("{:.1f} MiB, {:.1f} MiB/s, {:.0f} s", mebibytes, seconds > 0 ? mebibytes / seconds : 0.0, seconds);
}

using Sink = std::function<Result<void>(std::string_view)>;

Result<void> stream(MeshClient& client, const Source& source, const std::string& format, const ReadOptions& options, const Sink& sink) {
  // A progress line would stand in the middle of text on the same terminal.
  const bool shows_progress = !options.output.empty() || !is_terminal(Stream::Output);
  Progress progress;
  Result<void> written;
  std::uint64_t bytes = 0;
  const auto begun = std::chrono::steady_clock::now();
  http::ClientRequest request;
  request.timeout = std::chrono::milliseconds(0);
  if (options.transfer == ReadOptions::Transfer::Plain) request.headers.emplace_back("Accept-Encoding", "identity");
  request.on_body = [&](std::string_view piece) {
    written = sink(piece);
    bytes += piece.size();
    if (shows_progress) progress.show(progress_text(bytes, begun));
    return written.has_value();
  };
  auto response = client.send(std::move(request), with_query(source.path + "." + format, source.query));
  progress.erase();
  CHECK(written);
  if (!response && bytes > 0) {
    return fail(make_error(ErrorKind::Unavailable, "data.cut", fmt::format("The answer was cut after {} bytes: it is not whole.", bytes))
                    .with_hint("The grant may have been revoked, or the server stopped; read again.")
                    .with_detail(response.error().message));
  }
  if (!response) return fail(response.error());
  if (response->status >= 200 && response->status < 300) return {};
  auto error = error_of(*response);
  if (error.id == "PGRST100") error.id = "usage.grammar";  // what --select, --where or --order say can't be read
  return fail(std::move(error));
}

// Whoever may not read is told what he can do about it here rather than over HTTP.
Result<void> with_way_to_ask(Result<void> done, const ProductReference& reference) {
  // A retired product is not to be asked for.
  if (done || done.error().kind != ErrorKind::Denied || done.error().hint.find("/subscriptions") == std::string::npos) return done;
  done.error().hint = fmt::format("`weft request {} --purpose '…'` asks the governance team for it.", reference.text());
  return done;
}

Result<void> print_table(MeshClient& client, Source source, const ReadOptions& options) {
  std::int64_t limit = kTableRows;
  if (!options.limit.empty()) {
    const auto* end = options.limit.data() + options.limit.size();
    if (std::from_chars(options.limit.data(), end, limit).ptr != end || limit < 0 || limit > kMaxTableRows) {
      return fail(ErrorKind::Invalid, "usage.limit", fmt::format("--limit: a table has at most {} rows.", kMaxTableRows),
                  "For more choose a --format, or a file with -o.");
    }
  } else {
    source.query.emplace_back("limit", fmt::to_string(limit + 1));  // one more says whether there are more
  }
  std::string body;
  CHECK(stream(client, source, "json", options, [&](std::string_view piece) -> Result<void> {
    body += piece;
    return {};
  }));
  const auto rows = TRY(parse_json(body));
  if (!rows.is_array() || rows.get_array().empty()) {
    remark("No rows.");
    return {};
  }
  std::vector<std::string> titles;
  for (const auto& cell : rows.get_array()[0].as_object()) titles.emplace_back(cell.key());
  Table table(titles);
  for (const auto& row : rows.get_array()) {
    if (options.limit.empty() && table.size() == static_cast<std::size_t>(limit)) break;
    std::vector<std::string> cells;
    for (const auto& title : titles) cells.push_back(cell_of(row.as_object().at(title)));
    table.add(std::move(cells));
  }
  CHECK(write_output(table.render(table_width())));
  if (rows.get_array().size() > table.size()) remark(fmt::format("The first {} rows; --limit N shows more, -o FILE writes all.", limit));
  return {};
}

Result<void> read_port(MeshClient& client, const Source& source, const std::string& format, const ReadOptions& options) {
  if (format.empty()) return print_table(client, source, options);
  if (options.output.empty()) return stream(client, source, format, options, write_output);
  std::optional<UnfinishedFile> file;  // made with the first byte: a refusal leaves nothing
  CHECK(stream(client, source, format, options, [&](std::string_view piece) -> Result<void> {
    if (!file) file.emplace(TRY(UnfinishedFile::create(options.output)));
    return file->write(piece);
  }));
  if (!file) file.emplace(TRY(UnfinishedFile::create(options.output)));
  return file->finish();
}

}  // namespace

Result<void> read_product(const ReadOptions& options) {
  auto reference = TRY(parse_product_reference(options.product));
  Source source{"", TRY(query_of(options))};
  const auto format = TRY(format_of(options));
  auto client = TRY(MeshClient::connect(options.person));
  if (reference.port.empty()) reference.port = TRY(port_of(client, reference));
  source.path = fmt::format("/data/v1/{}/{}/{}", reference.domain, reference.name, reference.port);
  return with_way_to_ask(read_port(client, source, format, options), reference);
}

}  // namespace weft
