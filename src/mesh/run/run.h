// A run: one execution of a publish or a refresh. Its effect (snapshot, version) is committed together with its end, so
// that a run that is interrupted and taken up again has exactly one.
#pragma once

#include "mesh/product/product.h"

namespace weft {

using RunId = Id<struct RunTag>;

enum class RunKind { Publish, RefreshProduct, RefreshElement };
enum class RunState { Queued, Running, Succeeded, Failed, Cancelled };
enum class RunTrigger { Person, Schedule };
[[nodiscard]] std::string_view to_text(RunKind kind);  // `publish`, `refresh-product`, `refresh-element`
[[nodiscard]] std::string_view to_text(RunState state);
[[nodiscard]] std::string_view to_text(RunTrigger trigger);
[[nodiscard]] Result<RunKind> parse_run_kind(std::string_view text);
[[nodiscard]] Result<RunState> parse_run_state(std::string_view text);

struct RunFailure {
  std::string id, message, hint;
};

struct Run {
  RunId id;
  RunKind kind = RunKind::RefreshProduct;
  std::string object;  // id of the product or element
  std::string domain_path, object_name;
  RunState state = RunState::Queued;
  RunTrigger trigger = RunTrigger::Person;
  std::optional<OwnerName> requested_by;
  json::value input;  // Publish: the definition as it stood when it was asked for
  int attempts = 0;
  std::int64_t fence = 0;  // of the lease under which it was claimed
  std::int64_t rows = 0;   // so far, then in all
  std::optional<RunFailure> failure;
  std::vector<std::string> log;  // a line a step, with time and rows
  Timestamp created_at;
  std::optional<Timestamp> started_at, finished_at;
};

inline constexpr int kMaxRunAttempts = 3;

[[nodiscard]] json::object to_json(const Run& run);

// How an object is kept fresh.
struct RefreshState {
  std::optional<Timestamp> next_at;  // nullopt: by hand only, or one is under way
  // The newest refresh that is over; a publish that succeeded is one, too: it takes a snapshot.
  struct Last {
    RunId run;
    RunState state = RunState::Succeeded;
    Timestamp finished_at;
  };
  std::optional<Last> last;
};

[[nodiscard]] json::object to_json(const RefreshState& refresh);

}  // namespace weft
