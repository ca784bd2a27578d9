#include "platform/worker/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "platform/worker/file_descriptor.h"

namespace weft {
namespace {

// The header of Debian 12 knows version 2; the kernel that we run on may know more.
constexpr std::uint64_t kAccessTruncate = 1ULL << 14;     // version 3
constexpr std::uint64_t kAccessIoctlDevice = 1ULL << 15;  // version 5
constexpr std::uint64_t kNetworkBindAndConnect = 3;       // version 4
constexpr std::uint64_t kScopeAbstractAndSignal = 3;      // version 6

struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | kAccessTruncate;
constexpr std::uint64_t kOnFiles = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kAccessTruncate;

std::uint64_t handled_by(int version) {
  std::uint64_t handled = (1ULL << 13) - 1;
  if (version >= 2) handled |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) handled |= kAccessTruncate;
  if (version >= 5) handled |= kAccessIoctlDevice;
  return handled;
}

std::unexpected<Error> failed(std::string_view call, int error) {
  auto result = make_error(ErrorKind::Internal, "worker.landlock", "the worker could not confine itself");
  result.detail = std::string(call) + ": " + std::strerror(error);
  return fail(std::move(result));
}

Result<void> add_rule(int ruleset, const std::filesystem::path& path, std::uint64_t access) {
  const FileDescriptor beneath(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!beneath.valid()) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};
    return failed("open " + path.string(), errno);
  }
  struct stat status{};
  if (::fstat(beneath.get(), &status) != 0) return failed("fstat " + path.string(), errno);
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(status.st_mode) ? access : access & kOnFiles;
  rule.parent_fd = beneath.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return failed("landlock_add_rule " + path.string(), errno);
  return {};
}

}  // namespace

int landlock_version() {
  const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<void> restrict_files(const FileRules& rules) {
  const int version = landlock_version();
  if (version == 0) return {};
  RulesetAttributes attributes{};
  attributes.handled_access_fs = handled_by(version);
  std::size_t size = sizeof(attributes.handled_access_fs);
  if (version >= 4) {
    attributes.handled_access_net = kNetworkBindAndConnect;
    size += sizeof(attributes.handled_access_net);
  }
  if (version >= 6) {
    attributes.scoped = kScopeAbstractAndSignal;
    size += sizeof(attributes.scoped);
  }
  const FileDescriptor ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset.valid()) return failed("landlock_create_ruleset", errno);
  for (const auto& path : rules.readable) CHECK(add_rule(ruleset.get(), path, kRead));
  for (const auto& path : rules.writable) CHECK(add_rule(ruleset.get(), path, (kRead | kWrite) & attributes.handled_access_fs));
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return failed("landlock_restrict_self", errno);
  return {};
}

}  // namespace weft
