// A person's commands talk to a mesh through this: its public API over HTTP, signed in by token. Nothing of a server's
// insides is reachable from here.
#pragma once

#include <functional>

#include "base/json.h"
#include "cli/product_reference.h"
#include "platform/http/http_client.h"

namespace weft {

// What every command of a person takes.
struct PersonOptions {
  std::string server;   // empty: WEFT_SERVER, else that of the last login
  std::string ca_file;  // empty: that of the login, else the system's authorities
  enum class Form { Table, Json } form = Form::Table;
  [[nodiscard]] bool json() const { return form == Form::Json; }
};

using QueryPairs = std::vector<std::pair<std::string, std::string>>;

// `/path?name=value&…`, percent-encoded.
[[nodiscard]] std::string with_query(std::string path, const QueryPairs& query);
[[nodiscard]] std::string percent_encoded(std::string_view text);

// What the server said as an error of ours: problem+json's words, the kind by its status.
[[nodiscard]] Error error_of(const http::ClientResponse& response);

class MeshClient {
 public:
  // Where: --server, WEFT_SERVER, the last login. Who: WEFT_TOKEN, else the login at that server, else nobody; the token
  // of one server is never sent to another. Errors: `login.missing`, `usage.server`, those of the saved login.
  [[nodiscard]] static Result<MeshClient> connect(const PersonOptions& options);
  MeshClient(std::string url, std::string token, std::string ca_file);

  [[nodiscard]] const std::string& url() const { return url_; }

  [[nodiscard]] Result<json::value> get(const std::string& path, const QueryPairs& query = {});
  [[nodiscard]] Result<json::value> post(const std::string& path, const json::value& body);
  // For PUT and PATCH. `etag` as `tagged` gave it.
  [[nodiscard]] Result<json::value> change(std::string method, const std::string& path, const json::value& body, const std::string& etag);
  [[nodiscard]] Result<void> remove(const std::string& path);
  struct Tagged {
    json::value value;
    std::string etag;
  };
  [[nodiscard]] Result<Tagged> get_tagged(const std::string& path);
  // Any answer is success; `path` is put behind the server's address, the token is added.
  [[nodiscard]] Result<http::ClientResponse> send(http::ClientRequest request, const std::string& path);

  // Hands out the items of a list, page after page, until there are no more, or `limit` were handed out. Returns the cursor
  // to go on with (empty: that were all), and what the last page said beside its items.
  struct Range {
    std::optional<std::int64_t> limit;
    std::string cursor;  // where to begin; empty: with the first
  };
  struct Walked {
    std::string next;
    json::object beside;  // `total`, `facets`, `as_of`, …
  };
  [[nodiscard]] Result<Walked> walk(const std::string& path, const QueryPairs& query, const Range& range,
                                    const std::function<Result<void>(const json::value&)>& take);
  // All of them, for lists that are known to be short.
  [[nodiscard]] Result<json::array> all(const std::string& path, const QueryPairs& query);

  // The path that a domain has today, by one that it has or had; unchanged where there is none that one may know of.
  [[nodiscard]] Result<std::string> present_path(const std::string& domain);

  // A product as the API shows it, also by an old path of its domain.
  // Errors: `product.not_found` when there is none that one may know of.
  [[nodiscard]] Result<json::value> find_product(const ProductReference& reference);

 private:
  std::string url_, token_;
  http::HttpClient client_;
};

// The string at a JSON pointer (`/product/name`); empty where there is none.
[[nodiscard]] std::string text_at(const json::value& value, std::string_view pointer);

}  // namespace weft
