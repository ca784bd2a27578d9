#include "platform/worker/system_calls.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace weft {
namespace {

// What DuckDB, its allocator and libraries of C and C++ from Debian 12 to 13 use to compute, to keep threads, and to work
// with files. Landlock decides which files. Calls that say whose process or which command they mean are below.
constexpr std::string_view kAllowed[] = {
    // files
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "close", "close_range", "lseek",
    "fstat", "stat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
    "getdents64", "getcwd", "chdir", "ftruncate", "fallocate", "fsync", "fdatasync", "sync_file_range", "fadvise64", "flock", "unlink",
    "unlinkat", "mkdir", "mkdirat", "rmdir", "rename", "renameat", "renameat2", "dup", "dup2", "dup3", "copy_file_range", "umask",
    // memory
    "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "mincore", "membarrier",
    // threads
    "futex", "futex_waitv", "set_robust_list", "get_robust_list", "set_tid_address", "rseq", "exit", "exit_group", "sched_yield",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "getcpu", "gettid",
    "getpid", "arch_prctl",
    // signals to itself
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack", "restart_syscall",
    "pause",
    // time and waiting
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times", "poll", "ppoll", "select", "pselect6",
    // who and where
    "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getppid", "getpgrp", "getpriority", "uname",
    "sysinfo", "getrusage", "getrlimit", "getrandom",
    // more of the same: a second Landlock layer can only take away
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"};

// On the one socket that the server gave.
constexpr std::string_view kAllowedToPull[] = {"sendto",     "recvfrom",    "sendmsg",     "recvmsg",
                                               "getsockopt", "getsockname", "getpeername", "shutdown"};

// Libraries may try these and must hear a clear no. chmod, chown and link matter most: an input is a hard link, so its
// mode and owner are those of the snapshot itself, and Landlock guards neither.
constexpr std::string_view kDenied[] = {"execve",
                                        "execveat",
                                        "fork",
                                        "vfork",
                                        "kill",
                                        "tkill",
                                        "rt_sigqueueinfo",
                                        "rt_tgsigqueueinfo",
                                        "pidfd_send_signal",
                                        "pidfd_open",
                                        "pidfd_getfd",
                                        "memfd_create",
                                        "memfd_secret",
                                        "shmget",
                                        "shmat",
                                        "msgget",
                                        "semget",
                                        "mq_open",
                                        "pipe",
                                        "pipe2",
                                        "chmod",
                                        "fchmod",
                                        "fchmodat",
                                        "chown",
                                        "fchown",
                                        "lchown",
                                        "fchownat",
                                        "truncate",
                                        "link",
                                        "linkat",
                                        "symlink",
                                        "symlinkat",
                                        "mknod",
                                        "mknodat",
                                        "utime",
                                        "utimes",
                                        "utimensat",
                                        "futimesat",
                                        "setxattr",
                                        "lsetxattr",
                                        "fsetxattr",
                                        "removexattr",
                                        "setuid",
                                        "setgid",
                                        "setreuid",
                                        "setregid",
                                        "setresuid",
                                        "setresgid",
                                        "setgroups",
                                        "setpriority",
                                        "setrlimit",
                                        "sched_setaffinity",
                                        "sched_setscheduler",
                                        "sched_setparam",
                                        "sched_setattr",
                                        "inotify_init1",
                                        "fanotify_init",
                                        "name_to_handle_at",
                                        "socketpair",
                                        "bind",
                                        "listen",
                                        "accept",
                                        "accept4",
                                        "setsockopt",
                                        "sendmmsg",
                                        "recvmmsg",
                                        "timer_create",
                                        "seccomp"};

constexpr std::string_view kDeniedToTransform[] = {"socket", "connect", "sendto", "recvfrom", "sendmsg", "recvmsg"};

constexpr std::string_view kDeadly[] = {"ptrace",
                                        "process_vm_readv",
                                        "process_vm_writev",
                                        "mount",
                                        "umount2",
                                        "pivot_root",
                                        "chroot",
                                        "move_mount",
                                        "open_tree",
                                        "fsopen",
                                        "fsconfig",
                                        "fsmount",
                                        "fspick",
                                        "mount_setattr",
                                        "bpf",
                                        "perf_event_open",
                                        "userfaultfd",
                                        "keyctl",
                                        "add_key",
                                        "request_key",
                                        "io_uring_setup",
                                        "io_uring_enter",
                                        "io_uring_register",
                                        "open_by_handle_at",
                                        "unshare",
                                        "setns",
                                        "init_module",
                                        "finit_module",
                                        "delete_module",
                                        "kexec_load",
                                        "kexec_file_load",
                                        "reboot",
                                        "swapon",
                                        "swapoff",
                                        "acct",
                                        "quotactl",
                                        "settimeofday",
                                        "clock_settime",
                                        "adjtimex",
                                        "iopl",
                                        "ioperm",
                                        "sethostname",
                                        "setdomainname",
                                        "vhangup",
                                        "syslog"};

constexpr int kFileCommands[] = {F_GETFD, F_SETFD, F_GETFL,  F_SETFL,     F_DUPFD,     F_DUPFD_CLOEXEC,
                                 F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW};
constexpr unsigned long kDeviceCommands[] = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO};
constexpr int kNameVirtualMemory = 0x53564d41;  // PR_SET_VMA: glibc 2.41 labels its mappings

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &seccomp_release) {
    if (context_ == nullptr) error_ = -ENOMEM;
  }

  template <std::size_t n>
  void add(std::uint32_t action, const std::string_view (&names)[n]) {
    for (const auto name : names) add(action, name);
  }
  void add(std::uint32_t action, std::string_view name, std::initializer_list<scmp_arg_cmp> when = {}) {
    if (error_ != 0) return;
    const int number = seccomp_syscall_resolve_name(name.data());
    // Unknown to this libseccomp, or not of this machine: ENOSYS it is.
    if (number == __NR_SCMP_ERROR || number < 0) return;
    error_ = seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(when.size()), when.begin());
    if (error_ != 0) where_ = name;
  }
  [[nodiscard]] int load() {
    if (error_ == 0) {
      (void)seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
      // The kernel's own error, not ECANCELED: busy is told from broken.
      (void)seccomp_attr_set(context_.get(), SCMP_FLTATR_API_SYSRAWRC, 1);
      error_ = seccomp_load(context_.get());
      where_ = "seccomp_load";
    }
    return error_;
  }
  [[nodiscard]] int listener() const { return seccomp_notify_fd(context_.get()); }
  [[nodiscard]] std::string problem() const { return std::string(where_) + ": " + std::strerror(-error_); }

 private:
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
  int error_ = 0;
  std::string_view where_ = "seccomp_init";
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) { return SCMP_CMP64(argument, SCMP_CMP_EQ, value); }
scmp_arg_cmp masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, mask, value);
}

// A new thread is fine, a new process or namespace is not. clone3 hides its flags behind a pointer: it does not exist
// (default), and the C library falls back to clone.
void add_threads(Filter& filter) {
  constexpr std::uint64_t kNamespaces =
      CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  filter.add(SCMP_ACT_ALLOW, "clone", {masked(0, CLONE_THREAD | kNamespaces, CLONE_THREAD)});
  filter.add(SCMP_ACT_ERRNO(EPERM), "clone", {masked(0, CLONE_THREAD, 0)});
}

void add_by_arguments(Filter& filter) {
  // A file without a name would escape the watch over the folder's size.
  constexpr std::uint64_t kNameless = O_TMPFILE & ~O_DIRECTORY;
  filter.add(SCMP_ACT_ALLOW, "open", {masked(1, kNameless, 0)});
  filter.add(SCMP_ACT_ALLOW, "openat", {masked(2, kNameless, 0)});
  // fcntl and ioctl can aim signals at other processes (F_SETOWN, FIOASYNC) and type into terminals (TIOCSTI).
  for (const int command : kFileCommands) filter.add(SCMP_ACT_ALLOW, "fcntl", {equals(1, static_cast<std::uint64_t>(command))});
  for (const auto command : kDeviceCommands) filter.add(SCMP_ACT_ALLOW, "ioctl", {equals(1, command)});
  for (const int option : {PR_SET_NAME, PR_GET_NAME, kNameVirtualMemory})
    filter.add(SCMP_ACT_ALLOW, "prctl", {equals(0, static_cast<std::uint64_t>(option))});
  // abort() and pthread_kill() send to the own process.
  filter.add(SCMP_ACT_ALLOW, "tgkill", {equals(0, static_cast<std::uint64_t>(::getpid()))});
  filter.add(SCMP_ACT_ALLOW, "prlimit64", {equals(0, 0), equals(2, 0)});
}

enum class Connect { Reported, Refused };

void add_socket(Filter& filter, Connect connect) {
  filter.add(SCMP_ACT_ALLOW, kAllowedToPull);
  constexpr std::uint64_t kType = 0xf;  // the rest are SOCK_CLOEXEC and SOCK_NONBLOCK
  filter.add(SCMP_ACT_ALLOW, "socket", {equals(0, AF_UNIX), masked(1, kType, SOCK_STREAM)});
  filter.add(SCMP_ACT_ERRNO(EPERM), "socket", {SCMP_CMP64(0, SCMP_CMP_NE, AF_UNIX)});
  filter.add(connect == Connect::Reported ? SCMP_ACT_NOTIFY : SCMP_ACT_ERRNO(EPERM), "connect");
}

Result<FileDescriptor> load(WorkerKind kind, Connect connect) {
  Filter filter;
  filter.add(SCMP_ACT_ALLOW, kAllowed);
  filter.add(SCMP_ACT_ERRNO(EPERM), kDenied);
  filter.add(SCMP_ACT_KILL_PROCESS, kDeadly);
  add_threads(filter);
  add_by_arguments(filter);
  if (kind == WorkerKind::Pull)
    add_socket(filter, connect);
  else
    filter.add(SCMP_ACT_ERRNO(EPERM), kDeniedToTransform);
  if (filter.load() != 0) {
    auto error = make_error(ErrorKind::Internal, "worker.seccomp", "the worker could not confine itself");
    error.detail = filter.problem();
    return fail(std::move(error));
  }
  const bool reported = kind == WorkerKind::Pull && connect == Connect::Reported;
  return FileDescriptor(reported ? filter.listener() : -1);
}

}  // namespace

Result<FileDescriptor> restrict_system_calls(WorkerKind kind) {
  if (kind == WorkerKind::Transform) return load(kind, Connect::Refused);
  // A kernel gives one listener to a process: a container's own supervisor may have taken it.
  auto listener = load(kind, Connect::Reported);
  return listener ? std::move(listener) : load(kind, Connect::Refused);
}

}  // namespace weft
