#include "mesh/door/dispatch_http.h"

#include <stdexcept>

#include "base/ascii.h"
#include "base/caught.h"
#include "base/remembered.h"
#include "mesh/door/idempotency_http.h"
#include "platform/http/problem.h"

namespace weft {

namespace {

constexpr std::size_t kMaxCallers = 10'000;  // that are remembered at once

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

struct CompiledRoute {
  Route route;
  std::vector<std::string> segments;  // literal, or `{name}`
  bool takes_rest = false;

  [[nodiscard]] bool matches(std::span<const std::string_view> path) const {
    if (takes_rest ? path.size() < segments.size() : path.size() != segments.size()) return false;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (segments[i].starts_with('{') ? path[i].empty() : segments[i] != path[i]) return false;
    }
    return true;
  }
};

struct Match {
  const CompiledRoute* route = nullptr;
  const CompiledRoute* of_path = nullptr;  // one that matches but for the method
  std::string allow;                       // methods of all those
};

bool changes_something(http::Method method) {
  return method != http::Method::Get && method != http::Method::Head && method != http::Method::Options;
}

// `/data/v1/` of `/data/v1/{domain}`: what lies there answers in that door's way.
std::string_view beginning_of(std::string_view pattern) { return pattern.substr(0, pattern.find('{')); }

// scheme://host[:port] of an absolute URL as browsers write it: in small letters, without the scheme's own port.
std::string origin_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  auto origin = lower_case(url.substr(0, url.find('/', scheme + 3)));
  for (const auto& [begin, port] : {std::pair<std::string_view, std::string_view>{"http://", ":80"}, {"https://", ":443"}}) {
    if (origin.starts_with(begin) && origin.ends_with(port)) origin.resize(origin.size() - port.size());
  }
  return origin;
}

class Dispatcher final : public http::Handler {
 public:
  Dispatcher(std::vector<Route> routes, DispatchPorts ports, DispatchOptions options)
      : ports_(ports), options_(std::move(options)), answers_(ports_.idempotency, ports_.transactor, options_.log_failure) {
    std::set<std::string> known;
    for (auto& route : routes) {
      if (!known.insert(fmt::format("{} {}", http::to_text(route.method), route.pattern)).second) {
        throw std::logic_error(fmt::format("two routes for {} {}", http::to_text(route.method), route.pattern));
      }
      CompiledRoute compiled;
      for (auto segment : split_path(route.pattern)) compiled.segments.emplace_back(segment);
      compiled.takes_rest = compiled.segments.back().ends_with("...}");
      compiled.route = std::move(route);
      routes_.push_back(std::move(compiled));
    }
    // Literal segments before placeholders: `/users/me` is not the user `me`.
    std::ranges::stable_sort(routes_, [](const auto& a, const auto& b) {
      auto placeholders = [](const auto& r) { return std::ranges::count_if(r.segments, [](const auto& s) { return s.starts_with('{'); }); };
      return placeholders(a) < placeholders(b);
    });
    std::size_t longest = 0;
    for (const auto& route : routes_) longest = std::max(longest, route.segments.size());
    by_length_.resize(longest + 2);
    for (std::size_t length = 0; length < by_length_.size(); ++length) {
      for (const auto& route : routes_) {
        if (route.takes_rest ? route.segments.size() <= length : route.segments.size() == length) by_length_[length].push_back(&route);
      }
    }
  }

  http::Admission admit(const http::RequestHead& head) override {
    http::Admission admission;
    const auto* route = find(head).route;
    if (route == nullptr) return admission;
    admission.pool = route->route.pool;
    if (route->route.at_hand) {
      admission.answer = at_hand(route->route, head);
      if (admission.answer) admission.answer->set("x-weft-route", route->route.pattern);
    }
    return admission;
  }

  http::Response handle(http::Request&& request) override {
    if (comes_by_https()) request.secure = true;
    auto match = find(request);
    const Route* route = match.route != nullptr ? &match.route->route : nullptr;
    auto refuse = [&](const Error& error) {
      if (http::status_of(error.kind) >= 500 && options_.log_failure) options_.log_failure(request, error);
      return route != nullptr && route->refuse ? route->refuse(error, request) : http::problem(error, request);
    };
    http::Response response;
    try {
      if (route == nullptr) {
        response = no_route(request, match);
      } else {
        auto answer = attempt(request, *match.route);
        response = answer ? std::move(*answer) : refuse(answer.error());
      }
    } catch (const std::exception& exception) {
      response = refuse(bug(exception.what()));
    }
    response.set("x-weft-route", route != nullptr ? route->pattern : "none");
    return response;
  }

 private:
  // Where people come by https, a proxy speaks TLS for us, also one whose headers are not trusted.
  [[nodiscard]] bool comes_by_https() const { return options_.public_url.starts_with("https://"); }

  [[nodiscard]] std::optional<http::Response> at_hand(const Route& route, const http::RequestHead& head) const {
    if (head.secure || !comes_by_https()) return route.at_hand(head);
    auto secure = head;
    secure.secure = true;
    return route.at_hand(secure);
  }

  Match find(const http::RequestHead& head) const {
    auto path = split_path(head.path);
    auto method = head.method == http::Method::Head ? http::Method::Get : head.method;
    Match match;
    for (const auto* route : by_length_[std::min(path.size(), by_length_.size() - 1)]) {
      if (!route->matches(path)) continue;
      if (route->route.method == method) {
        match.route = route;
        return match;
      }
      match.of_path = route;
      const auto name = route->route.method == http::Method::Get ? "GET, HEAD" : http::to_text(route->route.method);
      if (match.allow.find(name) == std::string::npos) {
        match.allow += fmt::format("{}{}", match.allow.empty() ? "" : ", ", name);
      }
    }
    return match;
  }

  http::Response no_route(const http::Request& request, const Match& match) const {
    if (match.of_path == nullptr) {
      const auto error = make_error(ErrorKind::NotFound, "route.not_found", "There is nothing at this path.")
                             .with_hint("The API's routes are listed in /api/v1/openapi.json.");
      for (const auto& route : routes_) {
        if (route.route.refuse && request.path.starts_with(beginning_of(route.route.pattern))) return route.route.refuse(error, request);
      }
      return http::problem(error, request);
    }
    if (request.method == http::Method::Options) {
      http::Response response;
      response.status = 204;
      response.set("Allow", match.allow + ", OPTIONS");
      return response;
    }
    const auto error = make_error(ErrorKind::Invalid, "route.method_not_allowed", "This path does not know that method.")
                           .with_hint(fmt::format("It knows {}.", match.allow));
    const auto& refuse = match.of_path->route.refuse;
    auto response = refuse ? refuse(error, request) : http::problem(error, request);
    http::become_method_not_allowed(response, match.allow);
    return response;
  }

  Result<http::Response> attempt(const http::Request& request, const CompiledRoute& compiled) {
    std::string prepared;
    if (compiled.route.prepare) prepared = TRY(prepare(request, compiled));
    if (compiled.route.tx != CallTx::Write) return run(request, compiled, prepared);
    return again_while_busy([&] { return run(request, compiled, prepared); });
  }

  // Before any transaction, and again in it: the caller may have lost his right in between.
  Result<std::string> prepare(const http::Request& request, const CompiledRoute& compiled) {
    const Route& route = compiled.route;
    const auto now = ports_.clock.now();
    const auto credential = TRY(credential_for(request, route));
    auto found = authenticate_apart(credential, ports_.transactor.epoch(), now);
    if (!found && route.access.kind != Access::Kind::Public) return fail(found.error());
    const Caller caller = found ? std::move(*found) : Caller{};
    CHECK(check_caller(request, route, credential, caller.who));
    const Call call{request,
                    route,
                    TRY(path_values(request, compiled)),
                    TRY(query_of(request, route)),
                    nullptr,
                    Context{now, caller.who, request.request_id}};
    return route.prepare(call);
  }

  static Result<Credential> credential_for(const http::Request& request, const Route& route) {
    auto credential = credential_of(request);
    if (!credential && route.access.kind == Access::Kind::Public) return Credential{};
    return credential;
  }

  Result<void> check_caller(const http::Request& request, const Route& route, const Credential& credential, const Principal& who) const {
    CHECK(authorise(route, who));
    // Signing in has no cookie yet, but makes one: a foreign page must not put its own account into a browser.
    const bool from_a_page = route.access.kind == Access::Kind::Public && request.header("origin");
    if (credential.kind == Credential::Kind::Session || from_a_page) CHECK(check_origin(request));
    if (route.precondition == Route::Precondition::ByMethod && !request.header("if-match") &&
        (request.method == http::Method::Put || request.method == http::Method::Patch || request.method == http::Method::Delete)) {
      return fail(ErrorKind::PreconditionRequired, "precondition.required", "This change needs the header If-Match.",
                  "Send the ETag of the version that you have seen, or * for any.");
    }
    return {};
  }

  Result<http::Response> run(const http::Request& request, const CompiledRoute& compiled, const std::string& prepared) {
    const Route& route = compiled.route;
    const auto now = ports_.clock.now();
    const auto credential = TRY(credential_for(request, route));
    const auto epoch = ports_.transactor.epoch();
    std::unique_ptr<Tx> tx;
    if (route.tx != CallTx::None) tx = TRY(ports_.transactor.begin(route.tx == CallTx::Write ? TxMode::Write : TxMode::Read));
    auto found = tx ? authenticate(*tx, credential, ports_.users, ports_.credentials, now) : authenticate_apart(credential, epoch, now);
    if (!found && route.access.kind != Access::Kind::Public) return fail(found.error());
    const Caller caller = found ? std::move(*found) : Caller{};
    const Principal& principal = caller.who;
    CHECK(check_caller(request, route, credential, principal));
    std::optional<WorkSlot> slot;
    if (route.pool == http::Pool::Worker && ports_.slots != nullptr) slot.emplace(TRY(ports_.slots->take(principal.id.text())));

    Call call{request,
              route,
              TRY(path_values(request, compiled)),
              TRY(query_of(request, route)),
              tx.get(),
              Context{now, principal, request.request_id},
              credential.kind == Credential::Kind::Session ? credential.secret_hash : std::string{},
              epoch,
              caller.expires_at,
              prepared};

    const auto keyed = TRY(keyed_request(request, route, principal, now));
    if (keyed && !tx) return answers_.once(*keyed, [&] { return route.handle(call); });
    if (keyed) {
      if (auto known = TRY(answers_.find(*tx, *keyed))) return std::move(*known);
    }
    auto handled = route.handle(call);
    if (!handled && keyed && handled.error().kind == ErrorKind::Conflict) {
      // The request that is in the way may be this very one, sent twice at once: its answer is the answer.
      tx.reset();
      auto reading = TRY(ports_.transactor.begin(TxMode::Read));
      if (auto known = TRY(answers_.find(*reading, *keyed))) return std::move(*known);
    }
    auto response = TRY(std::move(handled));
    if (!tx || route.tx == CallTx::Read || response.status >= 400) return response;
    if (keyed) CHECK(answers_.keep(*tx, *keyed, response));
    CHECK(tx->commit());
    return response;
  }

  // For routes without a transaction around them. Where nothing was written since, the store need not be asked again; nor
  // for nobody: liveness must not need it.
  Result<Caller> authenticate_apart(const Credential& credential, std::uint64_t epoch, Timestamp now) {
    if (credential.kind == Credential::Kind::None) return Caller{};
    const auto key = fmt::format("{}{}", static_cast<int>(credential.kind), credential.secret_hash);
    if (const auto known = callers_.find(key, epoch); known && (!known->expires_at || now < *known->expires_at)) return *known;
    auto tx = TRY(ports_.transactor.begin(TxMode::Read));
    auto caller = TRY(authenticate(*tx, credential, ports_.users, ports_.credentials, now));
    callers_.keep(key, epoch, std::make_shared<const Caller>(caller));
    return caller;
  }

  static Result<void> authorise(const Route& route, const Principal& who) {
    if (route.access.kind == Access::Kind::Public) return {};
    if (who.anonymous()) {
      return fail(ErrorKind::Unauthenticated, "session.required", "Nobody is signed in.",
                  "Sign in with POST /api/v1/session, or send a token as Authorization: Bearer.");
    }
    if (route.access.kind == Access::Kind::SignedIn || who.roles.any_of(route.access.roles)) return {};
    if (route.unknown_to_others) return fail(*route.unknown_to_others);
    std::string needed;
    for (auto role : route.access.roles.list()) needed += fmt::format("{}{}", needed.empty() ? "" : ", ", to_text(role));
    return fail(ErrorKind::Denied, "role.missing", fmt::format("This needs one of the roles {}.", needed),
                "A domain administrator grants roles.");
  }

  Result<void> check_origin(const http::Request& request) const {
    if (!changes_something(request.method)) return {};
    auto origin = request.header("origin");
    const auto expected = options_.public_url.empty()
                              ? fmt::format("{}://{}", request.secure ? "https" : "http", request.header("host").value_or(""))
                              : origin_of(options_.public_url);
    if (origin && origin_of(*origin) == origin_of(expected)) return {};
    return fail(ErrorKind::Denied, "session.foreign_origin",
                fmt::format("A change with a session cookie must come from {}; the Origin is {}.", expected,
                            origin ? fmt::format("'{}'", *origin) : "missing"),
                "Programs use a token in Authorization: Bearer instead of a cookie.");
  }

  static Result<std::vector<std::pair<std::string, std::string>>> path_values(const http::Request& request, const CompiledRoute& compiled) {
    std::vector<std::pair<std::string, std::string>> values;
    auto segments = split_path(request.path);
    for (std::size_t i = 0; i < compiled.segments.size(); ++i) {
      std::string_view name = compiled.segments[i];
      if (!name.starts_with('{')) continue;
      name = name.substr(1, name.size() - 2);
      if (compiled.takes_rest && i + 1 == compiled.segments.size()) {
        std::string rest;
        for (std::size_t j = i; j < segments.size(); ++j) {
          rest += (j == i ? "" : "/") + TRY(http::decode_segment(segments[j]));
        }
        values.emplace_back(name.substr(0, name.size() - 3), std::move(rest));
      } else {
        values.emplace_back(name, TRY(http::decode_segment(segments[i])));
      }
    }
    return values;
  }

  static Result<std::vector<std::pair<std::string, std::string>>> query_of(const http::Request& request, const Route& route) {
    auto pairs = TRY(http::parse_query(request.query));
    if (route.query_mode == Route::Query::Free) return pairs;
    std::set<std::string_view> seen;
    for (const auto& [name, value] : pairs) {
      if (std::ranges::find(route.query, name) == route.query.end()) {
        std::string known;
        for (auto parameter : route.query) known += fmt::format("{}{}", known.empty() ? "" : ", ", parameter);
        return fail(ErrorKind::Invalid, "query.unknown_parameter", fmt::format("There is no query parameter '{}' here.", name),
                    known.empty() ? "This route takes none." : fmt::format("This route knows {}.", known));
      }
      if (!seen.insert(name).second) {
        return fail(ErrorKind::Invalid, "query.repeated_parameter", fmt::format("The query parameter '{}' is given twice.", name),
                    "Leave one of them.");
      }
    }
    return pairs;
  }

  std::vector<CompiledRoute> routes_;
  std::vector<std::vector<const CompiledRoute*>> by_length_;  // those that a path of so many segments may match; the last: of more
  DispatchPorts ports_;
  DispatchOptions options_;
  Remembered<Caller> callers_{kMaxCallers};
  IdempotentAnswers answers_;
};

}  // namespace

std::unique_ptr<http::Handler> make_dispatcher(std::vector<Route> routes, DispatchPorts ports, DispatchOptions options) {
  return std::make_unique<Dispatcher>(std::move(routes), ports, std::move(options));
}

}  // namespace weft
