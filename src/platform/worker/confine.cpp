#include "platform/worker/confine.h"

#include <dlfcn.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "platform/worker/landlock.h"
#include "platform/worker/system_calls.h"

namespace weft {
namespace {

std::unexpected<Error> failed(const char* what, int error) {
  auto result = make_error(ErrorKind::Internal, "worker.confinement", "the worker could not confine itself");
  result.detail = std::string(what) + ": " + std::strerror(error);
  return fail(std::move(result));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // shadow memory takes terabytes of addresses; a thread may run before main()
#else
constexpr bool kSanitized = false;
#endif

Result<void> die_with(int server) {
  // The signal comes when the *thread* that started us ends; the pool starts workers from one that lives as long as it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("PR_SET_PDEATHSIG", errno);
  if (::getppid() != server) return failed("the server is gone", ESRCH);
  return {};
}

Result<void> be_alone() {
  std::error_code error;
  std::ptrdiff_t threads = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) threads += task.exists() ? 1 : 0;
  if (threads > 1 && !kSanitized) return failed("more than one thread before the confinement", EBUSY);
  return {};
}

void forget_the_outside(const Confinement& confinement) {
  ::umask(077);
  (void)::syscall(SYS_close_range, kWorkerSocket + 1, ~0U, 0);
  ::clearenv();
  const auto tmp = confinement.folder / "tmp";
  ::setenv("HOME", tmp.c_str(), 1);
  ::setenv("TMPDIR", tmp.c_str(), 1);
  ::setenv("LC_ALL", "C.UTF-8", 1);
  ::setenv("TZ", "UTC", 1);
  ::setenv("OPENSSL_CONF", "/dev/null", 1);
  ::signal(SIGPIPE, SIG_IGN);
}

// An extension names these, and a library that is loaded already is not looked for in folders that are closed by then.
void load_what_extensions_need() {
  for (const char* name : {"libpthread.so.0", "libdl.so.2", "librt.so.1", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libresolv.so.2"})
    (void)::dlopen(name, RTLD_NOW | RTLD_GLOBAL);
}

// When memory runs out it is a worker that the kernel should end, never the server. Its priority stays: on a busy machine a
// lower one would starve the spares before they are warm.
void step_back() {
  const FileDescriptor score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (score.valid() && ::write(score.get(), "800", 3) != 3) errno = 0;  // a courtesy only
}

Result<void> limit_resources(const Confinement& confinement) {
  struct Limit {
    __rlimit_resource resource;
    rlim_t value;
  };
  // The server watches resident memory; the limit on addresses only bounds what one leap between two looks can take.
  const auto addresses = static_cast<rlim_t>(confinement.memory_bytes) * 4 + (4ULL << 30);
  const Limit limits[] = {{RLIMIT_CORE, 0},
                          {RLIMIT_NOFILE, 1024},
                          {RLIMIT_MEMLOCK, 0},
                          {RLIMIT_FSIZE, static_cast<rlim_t>(confinement.disk_bytes)},
                          {RLIMIT_AS, kSanitized ? RLIM_INFINITY : addresses}};
  for (const auto& [resource, value] : limits) {
    rlimit now{};
    if (::getrlimit(resource, &now) != 0) return failed("getrlimit", errno);
    const rlim_t most = now.rlim_max < value ? now.rlim_max : value;
    const rlimit wanted{most, most};
    if (::setrlimit(resource, &wanted) != 0) return failed("setrlimit", errno);
  }
  return {};
}

// Root or not, no capability is left, but for a pull worker of root, who may read stores that belong to others: which
// of them, Landlock says.
Result<void> drop_privileges(WorkerKind kind) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS", errno);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, now) != 0) return failed("capget", errno);
  __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = {};
  if (kind == WorkerKind::Pull && landlock_version() > 0)
    kept[0].effective = kept[0].permitted = now[0].permitted & (1U << CAP_DAC_READ_SEARCH);
  if (::syscall(SYS_capset, &header, kept) != 0) return failed("capset", errno);
  return {};
}

// DuckDB asks its control group for a memory limit whenever it makes a configuration, and ends the process when the
// file is there and can't be read.
constexpr const char* kControlGroup = "/proc/self/cgroup";
constexpr const char* kControlGroups = "/sys/fs/cgroup";

// Landlock knows a file by its inode, and the kernel makes those of /proc anew once they are unused: this keeps one in
// use as long as the process lives.
void keep_control_group_known() { (void)::open(kControlGroup, O_PATH | O_CLOEXEC); }

FileRules rules_of(const Confinement& confinement, const std::vector<std::filesystem::path>& readable_folders) {
  FileRules rules;
  rules.readable = {confinement.folder / "in", "/usr/share/zoneinfo", "/dev/null", "/dev/urandom", kControlGroup, kControlGroups};
  if (!confinement.extensions.empty()) rules.readable.push_back(confinement.extensions);
  if (confinement.kind == WorkerKind::Pull) rules.readable.insert(rules.readable.end(), readable_folders.begin(), readable_folders.end());
  rules.writable = {confinement.folder / "out", confinement.folder / "tmp"};
  return rules;
}

}  // namespace

Result<Confined> confine(const Confinement& confinement) {
  CHECK(die_with(confinement.server));
  CHECK(be_alone());
  forget_the_outside(confinement);
  load_what_extensions_need();
  step_back();
  CHECK(limit_resources(confinement));
  if (::chdir((confinement.folder / "tmp").c_str()) != 0) return failed("chdir", errno);
  CHECK(drop_privileges(confinement.kind));
  keep_control_group_known();
  Confined confined;
  confined.landlock = landlock_version();
  if (confined.landlock == 0 && confinement.without_landlock == WithoutLandlock::Refuse) return failed("no Landlock", ENOSYS);
  CHECK(restrict_files(rules_of(confinement, confinement.readable_folders)));
  confined.connect_events = TRY(restrict_system_calls(confinement.kind));
  return confined;
}

Result<void> confine_to_folders(const Confinement& confinement, const std::vector<std::filesystem::path>& readable_folders) {
  return restrict_files(rules_of(confinement, readable_folders));
}

}  // namespace weft
