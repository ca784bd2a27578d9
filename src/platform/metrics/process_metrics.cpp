#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <mutex>

#include "platform/metrics/metrics.h"

namespace weft::metrics {

namespace {

// The fields of /proc/self/stat after the process's name, which may hold blanks and brackets; [0] is field 3 of proc(5).
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<double> fields;
  auto at = text.rfind(')');
  while (at != std::string::npos && (at = text.find_first_not_of(") ", at)) != std::string::npos) {
    auto end = std::min(text.find(' ', at), text.size());
    double number = 0;
    std::from_chars(text.data() + at, text.data() + end, number);  // the state, a letter, stays 0
    fields.push_back(number);
    at = end;
  }
  return fields;
}

double field(const std::vector<double>& fields, std::size_t number) { return number - 3 < fields.size() ? fields[number - 3] : 0; }

double count_open_files() {
  auto* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  int count = 0;
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count - 3;  // `.`, `..` and the folder itself
}

// When the machine was started, in seconds since the epoch.
double boot_time() {
  timespec now{}, up{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  return static_cast<double>(now.tv_sec - up.tv_sec) + static_cast<double>(now.tv_nsec - up.tv_nsec) / 1e9;
}

}  // namespace

void add_process_metrics(Registry& registry) {
  auto gauge = [&](std::string name, std::string help) { return registry.gauge({std::move(name), std::move(help)}).with({}); };
  auto memory = gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  auto open_files = gauge("process_open_fds", "Number of open file descriptors.");
  auto max_files = gauge("process_max_fds", "Maximum number of open file descriptors.");
  auto threads = gauge("process_threads", "Number of threads.");
  auto started = gauge("process_start_time_seconds", "Start time of the process since the Unix epoch in seconds.");
  auto processor = registry.counter({"process_cpu_seconds_total", "User and system CPU time spent in seconds."}).with({});

  auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  started.set(boot_time() + field(stat_fields(), 22) / ticks);

  registry.before_render([=, spent = 0.0]() mutable {
    auto fields = stat_fields();
    memory.set(field(fields, 24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    threads.set(field(fields, 20));
    open_files.set(count_open_files());
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) max_files.set(static_cast<double>(limit.rlim_cur));
    double now_spent = (field(fields, 14) + field(fields, 15)) / ticks;
    if (now_spent > spent) processor.add(now_spent - spent);
    spent = std::max(spent, now_spent);
  });
}

}  // namespace weft::metrics
