#include "cli/wait_for_run.h"

#include <thread>

#include "cli/table.h"
#include "cli/terminal.h"

namespace weft {

namespace {

constexpr auto kFirstPause = std::chrono::milliseconds(50);
constexpr auto kLongestPause = std::chrono::milliseconds(1000);

std::string progress_of(const json::value& run, std::chrono::seconds waited) {
  const auto* log = run.is_object() ? run.get_object().if_contains("log") : nullptr;
  std::string last;
  if (log != nullptr && log->is_array() && !log->get_array().empty() && log->get_array().back().is_string())
    last = printable(std::string(log->get_array().back().get_string()));
  return fmt::format("{} of {}: {}, {} s{}{}", text_at(run, "/kind"), text_at(run, "/object/name"), text_at(run, "/state"), waited.count(),
                     last.empty() ? "" : ", ", last);
}

}  // namespace

Result<json::value> wait_for_run(MeshClient& client, const std::string& id) {
  Progress progress;
  const auto begun = std::chrono::steady_clock::now();
  for (std::chrono::milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto run = TRY(client.get("/api/v1/runs/" + percent_encoded(id)));
    const auto state = text_at(run, "/state");
    if (state == "succeeded") return run;
    if (state == "failed") {
      auto error = make_error(ErrorKind::Unprocessable, text_at(run, "/failure/code"), text_at(run, "/failure/message"));
      if (error.message.empty()) error.message = "The run failed.";
      error.hint = text_at(run, "/failure/hint");
      error.detail = "run " + id;
      return fail(std::move(error));
    }
    if (state == "cancelled") return fail(ErrorKind::Conflict, "run.cancelled", fmt::format("The run {} was cancelled.", id));
    progress.show(progress_of(run, std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begun)));
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace weft
