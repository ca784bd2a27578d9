// Looks after plans while DuckDB runs them: one that takes too long, or that nobody waits for any more, is interrupted.
// Not a queue and not a limit on how many run.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "mesh/delivery/row_reader.h"
#include "platform/duck/duck.h"

namespace weft {

// Thread-safe. Outlives what it watches.
class PlanWatch {
 public:
  explicit PlanWatch(std::chrono::milliseconds time_limit);
  PlanWatch(const PlanWatch&) = delete;
  PlanWatch& operator=(const PlanWatch&) = delete;
  ~PlanWatch();

  // What `work` gives, a few calls to DuckDB on `connection`; or why it was stopped: `data.too_slow`, or the error of
  // `still_wanted`. The connection is of no use after an error.
  template <typename Work>
  auto run(duck::Connection& connection, const StillWanted& still_wanted, Work work) -> decltype(work()) {
    Watched watched(*this, connection, still_wanted);
    auto done = work();
    if (auto why = watched.end()) return fail(*std::move(why));
    return done;
  }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // One plan that runs. Its mutex is held while it is looked at.
  struct Plan {
    std::mutex mutex;
    duck::Connection* connection = nullptr;  // null: over
    const StillWanted* still_wanted = nullptr;
    SteadyTime started;
    std::optional<Error> stopped;
  };

  class Watched {
   public:
    Watched(PlanWatch& watch, duck::Connection& connection, const StillWanted& still_wanted);
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() { (void)end(); }
    // Why it was stopped; nullopt: it was not.
    std::optional<Error> end();

   private:
    PlanWatch& watch_;
    std::shared_ptr<Plan> plan_;
  };

  void watch();
  void look_at(Plan& plan) const;

  const std::chrono::milliseconds time_limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Plan>> plans_;
  bool asleep_ = false, stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace weft
