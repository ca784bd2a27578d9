// A route of the API: its pattern, who may call it, what it takes. The table of all routes is the one list that the
// dispatcher, the API document's test and the walk of roles × routes read.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/page.h"
#include "base/transaction.h"
#include "mesh/identity/principal.h"
#include "platform/http/message.h"
#include "platform/http/server.h"

namespace weft {

// Who may call. The router checks this; what depends on the object (its domain's owners, its subject) is checked by
// the use case, in the same transaction.
struct Access {
  enum class Kind { Public, SignedIn, Roles };
  Kind kind = Kind::Roles;
  Roles roles;
};
inline constexpr Access kPublic{Access::Kind::Public, {}};
inline constexpr Access kSignedIn{Access::Kind::SignedIn, {}};  // a user without a role, too
inline constexpr Access kAnyRole{Access::Kind::Roles, Role::DomainAdministrator | Role::DomainOwner | (Role::Governance | Role::DataUser)};
inline constexpr Access kAdministrators{Access::Kind::Roles, Role::DomainAdministrator};
inline constexpr Access kOwners{Access::Kind::Roles, Role::DomainOwner | Role::DomainAdministrator};
inline constexpr Access kGovernance{Access::Kind::Roles, Role::Governance};

// What surrounds the handler.
enum class CallTx {
  None,   // the handler opens its own transactions (it waits for a worker, say)
  Read,   // one consistent view
  Write,  // one transaction: principal, idempotency key, effect, audit; committed when the answer is < 400
};

struct Route;

struct Call {
  const http::Request& request;
  const Route& route;
  std::vector<std::pair<std::string, std::string>> path_values;  // `{id}` → value, decoded
  std::vector<std::pair<std::string, std::string>> query;        // decoded, in order
  Tx* transaction = nullptr;                                     // null with CallTx::None
  Context context;
  std::string session_hash;  // of the caller's session; empty: bearer token or nobody
  // How long what is said here of the caller holds: at this epoch of the store, and before that instant.
  std::uint64_t epoch = 0;
  std::optional<Timestamp> credential_expires_at;
  std::string prepared;  // what Route::prepare made

  [[nodiscard]] Tx& tx() const { return *transaction; }
  [[nodiscard]] const Principal& who() const { return context.who; }
  // REQUIRES: the pattern has `{name}`.
  [[nodiscard]] const std::string& path(std::string_view name) const;
  // The first value of a query parameter. Repetition is refused before the handler runs.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
  // Errors: `query.invalid`.
  [[nodiscard]] Result<std::optional<Timestamp>> time_parameter(std::string_view name) const;
  // `limit` and `cursor`. Errors: `query.invalid`, `query.cursor`, also for a cursor that was given out for other filters.
  [[nodiscard]] Result<PageRequest> page() const;
  // The field `next` of a list: the cursor to the page behind `key`, or null.
  [[nodiscard]] json::value next(const std::optional<std::string>& key) const;
  // The body as strict JSON. Errors: `body.not_json_type` (415), those of parse_json. An absent body is `{}` where
  // `empty_is_object`.
  [[nodiscard]] Result<json::value> body(bool empty_is_object = false) const;
  // Compares If-Match with the object's version. Errors: `precondition.failed` (412). The router has seen to it that
  // the header is there.
  [[nodiscard]] Result<void> require_match(std::int64_t version) const;

 private:
  // What a cursor belongs to: the route, the object in its path, and the filters.
  [[nodiscard]] std::string list() const;
};

// The address by which people reach the mesh, without a slash at the end: `server.public_url`, or where it listens. Asked
// anew each time: which free port it is shows only once the server listens.
using PublicUrl = std::function<std::string()>;

using RouteHandler = std::function<Result<http::Response>(Call&)>;

struct Route {
  http::Method method;
  std::string pattern;  // `/api/v1/domains/{domain}`; a last `{name...}` takes the rest
  Access access;
  CallTx tx = CallTx::Read;
  std::vector<std::string_view> query;  // names of the parameters that it knows; others are 400
  RouteHandler handle;
  http::Pool pool = http::Pool::Control;
  enum class Query { Strict, Free } query_mode = Query::Strict;  // Free: the data door reads its own grammar
  // PUT, PATCH and DELETE want If-Match (428) unless the route says that there is nothing to lose.
  enum class Precondition { ByMethod, None } precondition = Precondition::ByMethod;
  enum class Documented { Yes, No } documented = Documented::Yes;
  // What no transaction may wait for, such as hashing a password: done before it opens, for a caller who may call, once. What
  // was looked up for it may have changed when the handler runs, which looks again.
  std::function<Result<std::string>(const Call&)> prepare;
  // An answer that needs no waiting, such as one that was given before to the same caller: asked for on an I/O thread,
  // before everything else. Null or nullopt: the request goes its way. It authorises by itself.
  std::function<std::optional<http::Response>(const http::RequestHead&)> at_hand;
  // What callers without one of the roles are told instead of 403: the same as of an object that is not there.
  std::optional<Error> unknown_to_others;
  // How an error looks on this route; unset: problem+json.
  std::function<http::Response(const Error&, const http::RequestHead&)> refuse;
};

// Routes whose pattern begins with `prefix` answer `unknown` to callers without one of their roles.
void hide_from_others(std::vector<Route>& routes, std::string_view prefix, const Error& unknown);

// A route for people and tests: {"method", "path", "access", "roles", "query"}. `access` is `everybody`, `signed in`,
// `any role` or the roles.
[[nodiscard]] json::object describe(const Route& route);

// Answers.
[[nodiscard]] http::Response json_response(int status, const json::value& value);
// With `ETag: "<version>"`.
[[nodiscard]] http::Response object_response(int status, const json::value& value, std::int64_t version);
// With an ETag of what it says, for those to whom the version would tell of changes that they may not see.
[[nodiscard]] http::Response content_response(int status, const json::value& value);
[[nodiscard]] http::Response empty_response(int status = 204);
// `{"items":[…],"next":…}`
template <typename T, typename ToJson>
[[nodiscard]] http::Response list_response(const Call& call, const Page<T>& page, ToJson to_json);

// An opaque cursor of a list (whatever names it with its filters) from a key, and back. Errors: `query.cursor`, also for a
// cursor of another list.
[[nodiscard]] std::string to_cursor(std::string_view list, std::string_view key);
[[nodiscard]] Result<std::string> from_cursor(std::string_view list, std::string_view cursor);

template <typename T, typename ToJson>
http::Response list_response(const Call& call, const Page<T>& page, ToJson to_json) {
  json::array items;
  items.reserve(page.items.size());
  for (const auto& item : page.items) items.push_back(to_json(item));
  return json_response(200, json::object{{"items", std::move(items)}, {"next", call.next(page.next)}});
}

}  // namespace weft
