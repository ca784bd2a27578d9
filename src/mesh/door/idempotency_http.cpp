#include "mesh/door/idempotency_http.h"

#include "platform/crypto/crypto.h"

namespace weft {

namespace {

constexpr std::size_t kMaxKeyBytes = 255;

Result<http::Response> replay(const RememberedAnswer& known, const KeyedRequest& keyed) {
  if (known.request_hash != keyed.hash) {
    return fail(ErrorKind::Unprocessable, "idempotency.reused", "That Idempotency-Key was sent before with another request.",
                "Use a new key for a new request.");
  }
  http::Response response;
  response.status = known.status;
  response.body = known.body;
  auto headers = TRY(parse_json(known.headers));
  for (const auto& [name, value] : headers.as_object()) response.set(std::string(name), std::string(value.as_string()));
  response.set("Idempotency-Replayed", "true");
  return response;
}

}  // namespace

Result<std::optional<KeyedRequest>> keyed_request(const http::Request& request, const Route& route, const Principal& who, Timestamp now) {
  const auto header = request.header("idempotency-key");
  if (!header || route.method != http::Method::Post || who.anonymous()) return std::nullopt;
  const bool printable = std::ranges::all_of(*header, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (header->empty() || header->size() > kMaxKeyBytes || !printable) {
    return fail(ErrorKind::Invalid, "idempotency.key", "Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.");
  }
  return KeyedRequest{&request, who.id, std::string(*header), sha256_hex(fmt::format("{}\n{}", request.target, request.body)), now};
}

Result<std::optional<http::Response>> IdempotentAnswers::find(Tx& tx, const KeyedRequest& keyed) {
  const auto known = TRY(store_.find(tx, keyed.user, keyed.key, keyed.now));
  if (!known) return std::nullopt;
  return TRY(replay(*known, keyed));
}

Result<void> IdempotentAnswers::keep(Tx& tx, const KeyedRequest& keyed, const http::Response& response) {
  const auto* text = std::get_if<std::string>(&response.body);
  if (text == nullptr) return {};
  json::object headers;
  for (const auto& [name, value] : response.headers) headers[name] = value;
  auto inserted = store_.insert(tx, keyed.user, keyed.key, {keyed.hash, response.status, json::serialize(headers), *text}, keyed.now);
  if (!inserted && inserted.error().id == "store.duplicate") {
    // Another request with this key was faster: run again, which finds its answer.
    return fail(ErrorKind::Unavailable, "store.busy", "Another request with this Idempotency-Key is running.");
  }
  return inserted;
}

Result<http::Response> IdempotentAnswers::once(const KeyedRequest& keyed, const std::function<Result<http::Response>()>& handle) {
  const auto turn = TRY(turns_.take(fmt::format("{} {}", keyed.user.text(), keyed.key)));
  auto reading = TRY(transactor_.begin(TxMode::Read));
  if (auto known = TRY(find(*reading, keyed))) return std::move(*known);
  reading.reset();
  auto response = TRY(handle());
  if (response.status >= 400) return response;
  const auto kept = transact(transactor_, [&](Tx& tx) { return keep(tx, keyed, response); });
  // It has happened: the answer stands, even where it can't be given a second time.
  if (!kept && log_failure_) log_failure_(*keyed.request, kept.error());
  return response;
}

}  // namespace weft
