// `weft approve`, `weft reject`.
#include "base/quantity.h"
#include "base/time.h"
#include "cli/find_subscription.h"

namespace weft {

namespace {

// `2030-01-31`, `2030-01-31T12:00:00Z`, or from now on: `90d`.
Result<std::string> parse_until(const std::string& text) {
  auto time = parse_rfc3339(text);
  if (!time) time = parse_rfc3339(text + "T00:00:00Z");
  if (time && *time <= SystemClock().now())
    return fail(ErrorKind::Invalid, "usage.until", fmt::format("--until: {} is over: the grant would have ended already.", text));
  if (time) return to_rfc3339(*time);
  if (auto duration = parse_duration(text); duration && duration->count() > 0)
    return to_rfc3339(SystemClock().now().plus_seconds(duration->count() / 1000));
  return fail(ErrorKind::Invalid, "usage.until", fmt::format("--until: '{}' is no point in time.", text),
              "Write 2030-01-31, 2030-01-31T12:00:00Z, or 90d for ninety days from now.");
}

}  // namespace

Result<void> decide_request(const DecideOptions& options) {
  json::object limits;
  if (!options.row_filter.empty()) limits["row_filter"] = options.row_filter;
  if (!options.hidden.empty()) limits["hidden_columns"] = json::array(options.hidden.begin(), options.hidden.end());
  if (!options.until.empty()) limits["ends_at"] = TRY(parse_until(options.until));
  const bool approves = options.decision == DecideOptions::Decision::Approve;
  json::object body{{"decision", approves ? "approve" : "reject"}, {"comment", options.comment}};
  if (!limits.empty()) body["limits"] = std::move(limits);
  auto client = TRY(MeshClient::connect(options.person));
  const auto id = TRY(find_subscription(client, options.choice, "pending", Whose::Anybodys));
  const auto decided = TRY(client.post(fmt::format("/api/v1/subscriptions/{}/decision", percent_encoded(id)), body));
  const auto product = text_at(decided, "/product/domain") + "/" + text_at(decided, "/product/name");
  const auto subject = text_at(decided, "/subject/name");
  auto text = approves ? fmt::format("Approved: {} may read {} from now on.\n", subject, product)
                       : fmt::format("Rejected: {} may not read {}, and is told why.\n", subject, product);
  for (const auto& [name, value] : QueryPairs{{"Rows", text_at(decided, "/limits/row_filter")},
                                              {"Hidden columns", cell_at(decided, "/limits/hidden_columns")},
                                              {"Until", cell_at(decided, "/limits/ends_at")}}) {
    if (!value.empty()) text += fmt::format("{}: {}\n", name, value);
  }
  return print_object(decided, options.person, text);
}

}  // namespace weft
