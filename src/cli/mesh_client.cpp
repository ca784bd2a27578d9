#include "cli/mesh_client.h"

#include <cstdlib>

#include "cli/saved_login.h"

namespace weft {

namespace {

constexpr auto kTimeout = std::chrono::minutes(5);  // checking a product's SQL may take a worker its time
constexpr std::int64_t kPage = 1000;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 401: return ErrorKind::Unauthenticated;
    case 403: return ErrorKind::Denied;
    case 404: return ErrorKind::NotFound;
    case 409: return ErrorKind::Conflict;
    case 412: return ErrorKind::PreconditionFailed;
    case 422: return ErrorKind::Unprocessable;
    case 429: return ErrorKind::TooManyRequests;
    case 503: return ErrorKind::Unavailable;
    default: return status >= 500 ? ErrorKind::Internal : ErrorKind::Invalid;
  }
}

std::string first_text(const json::object& object, std::initializer_list<std::string_view> keys) {
  for (auto key : keys) {
    const auto* value = object.if_contains(key);
    if (value != nullptr && value->is_string() && !value->get_string().empty()) return std::string(value->get_string());
  }
  return {};
}

Result<json::value> value_of(const http::ClientResponse& response) {
  if (response.status < 200 || response.status >= 300) return fail(error_of(response));
  if (response.body.empty()) return json::value(nullptr);
  return parse_json(response.body);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || c == '-' || c == '_' || c == '.' ||
        c == '~') {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

std::string with_query(std::string path, const QueryPairs& query) {
  char separator = '?';
  for (const auto& [name, value] : query) {
    path += fmt::format("{}{}={}", separator, percent_encoded(name), percent_encoded(value));
    separator = '&';
  }
  return path;
}

Error error_of(const http::ClientResponse& response) {
  auto error = make_error(kind_of(response.status), "server.refused", fmt::format("The server answered with status {}.", response.status));
  const auto body = parse_json(response.body);
  const auto* problem = body ? body->if_object() : nullptr;
  if (problem == nullptr) {
    error.hint = "Is that the address of a Weft server?";
    return error;
  }
  // At the data door `message` is PostgREST's and `detail` ours.
  if (auto text = first_text(*problem, {"detail", "message", "title"}); !text.empty()) error.message = text;
  if (auto code = first_text(*problem, {"code"}); !code.empty()) error.id = code;
  error.hint = first_text(*problem, {"hint"});
  if (response.status == 401) error.hint = "Sign in with `weft login`.";
  if (response.status >= 500) error.detail = "request " + first_text(*problem, {"request_id"});
  if (const auto* errors = problem->if_contains("errors"); errors != nullptr && errors->is_array()) {
    for (const auto& entry : errors->get_array()) {
      if (entry.is_object())
        error.fields.push_back({first_text(entry.get_object(), {"field"}), first_text(entry.get_object(), {"message"})});
    }
  }
  return error;
}

Result<MeshClient> MeshClient::connect(const PersonOptions& options) {
  auto server = options.server.empty() ? variable("WEFT_SERVER") : options.server;
  auto token = variable("WEFT_TOKEN");
  auto ca_file = options.ca_file;
  SavedLogins logins;
  if (auto loaded = load_logins()) {
    logins = std::move(*loaded);
  } else if (server.empty() || token.empty()) {
    return fail(loaded.error());
  }
  if (server.empty()) server = logins.current;
  if (server.empty()) {
    return fail(ErrorKind::Unauthenticated, "login.missing", "Nobody is signed in.",
                "Sign in with `weft login URL`, or name a server by --server or WEFT_SERVER.");
  }
  server = TRY(parse_server_url(server));
  if (auto login = logins.servers.find(server); login != logins.servers.end()) {
    if (token.empty()) token = login->second.token;
    if (ca_file.empty()) ca_file = login->second.ca_file;
  }
  return MeshClient(std::move(server), std::move(token), std::move(ca_file));
}

MeshClient::MeshClient(std::string url, std::string token, std::string ca_file)
    : url_(std::move(url)), token_(std::move(token)), client_({std::move(ca_file)}) {}

Result<http::ClientResponse> MeshClient::send(http::ClientRequest request, const std::string& path) {
  request.url = url_ + path;
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  return client_.send(request);
}

Result<json::value> MeshClient::get(const std::string& path, const QueryPairs& query) {
  return value_of(TRY(send({.timeout = kTimeout}, with_query(path, query))));
}

Result<json::value> MeshClient::post(const std::string& path, const json::value& body) {
  return value_of(TRY(send(
      {.method = "POST", .headers = {{"Content-Type", "application/json"}}, .body = json::serialize(body), .timeout = kTimeout}, path)));
}

Result<json::value> MeshClient::change(std::string method, const std::string& path, const json::value& body, const std::string& etag) {
  return value_of(TRY(send({.method = std::move(method),
                            .headers = {{"Content-Type", "application/json"}, {"If-Match", etag}},
                            .body = json::serialize(body),
                            .timeout = kTimeout},
                           path)));
}

Result<void> MeshClient::remove(const std::string& path) {
  CHECK(value_of(TRY(send({.method = "DELETE", .headers = {{"If-Match", "*"}}, .timeout = kTimeout}, path))));
  return {};
}

Result<MeshClient::Tagged> MeshClient::get_tagged(const std::string& path) {
  // A compressed answer's tag is another one's; the plain one's is what a change names.
  const auto response = TRY(send({.headers = {{"Accept-Encoding", "identity"}}, .timeout = kTimeout}, path));
  return Tagged{TRY(value_of(response)), std::string(response.header("etag").value_or("*"))};
}

Result<MeshClient::Walked> MeshClient::walk(const std::string& path, const QueryPairs& query, const Range& range,
                                            const std::function<Result<void>(const json::value&)>& take) {
  Walked walked{range.cursor, {}};
  auto& cursor = walked.next;
  std::int64_t taken = 0;
  do {
    auto page_query = query;
    page_query.emplace_back("limit", fmt::to_string(range.limit ? std::min(*range.limit - taken, kPage) : kPage));
    if (!cursor.empty()) page_query.emplace_back("cursor", cursor);
    auto page = TRY(get(path, page_query));
    const auto* items = page.is_object() ? page.get_object().if_contains("items") : nullptr;
    if (items == nullptr || !items->is_array()) {
      return fail(ErrorKind::Internal, "server.no_list", fmt::format("{} is not answered with a list.", path),
                  "Is that the address of a Weft server, of this version?");
    }
    for (const auto& item : items->get_array()) CHECK(take(item));
    taken += static_cast<std::int64_t>(items->get_array().size());
    cursor = text_at(page, "/next");
    page.as_object().erase("items");
    page.as_object().erase("next");
    walked.beside = std::move(page.as_object());
  } while (!cursor.empty() && (!range.limit || taken < *range.limit));
  return walked;
}

Result<json::array> MeshClient::all(const std::string& path, const QueryPairs& query) {
  json::array items;
  CHECK(walk(path, query, {}, [&](const json::value& item) -> Result<void> {
    items.push_back(item);
    return {};
  }));
  return items;
}

Result<std::string> MeshClient::present_path(const std::string& domain) {
  const auto known = get("/api/v1/domains/" + percent_encoded(domain));
  if (!known && known.error().kind == ErrorKind::NotFound) return domain;
  CHECK(known);
  return text_at(*known, "/path");
}

Result<json::value> MeshClient::find_product(const ProductReference& reference) {
  auto look_in = [&](const std::string& domain) -> Result<json::value> {
    json::value found;
    CHECK(walk("/api/v1/products", {{"domain", domain}}, {}, [&](const json::value& item) -> Result<void> {
      if (text_at(item, "/domain") == domain && text_at(item, "/name") == reference.name) found = item;
      return {};
    }));
    return found;
  };
  auto found = TRY(look_in(reference.domain));
  if (found.is_null()) {
    if (const auto path = TRY(present_path(reference.domain)); path != reference.domain) found = TRY(look_in(path));
  }
  if (!found.is_null()) return found;
  return fail(ErrorKind::NotFound, "product.not_found", fmt::format("There is no product {} that you may know of.", reference.text()),
              "`weft search` lists what there is.");
}

std::string text_at(const json::value& value, std::string_view pointer) {
  boost::system::error_code none;
  const auto* found = value.find_pointer(pointer, none);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string{};
}

}  // namespace weft
