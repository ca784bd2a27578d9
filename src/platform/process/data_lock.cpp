#include "platform/process/data_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>

namespace weft {

namespace {

std::unexpected<Error> unusable(const std::filesystem::path& folder, std::string_view what) {
  int code = errno;
  return fail(ErrorKind::Internal, "data.unusable",
              fmt::format("The data folder {} can't be {}: {}.", folder.string(), what, std::strerror(code)));
}

// What the holder wrote; 0 when it has not come to that yet.
long holder(int descriptor) {
  char text[32] = "";
  auto size = ::pread(descriptor, text, sizeof text, 0);
  long pid = 0;
  if (size > 0) std::from_chars(text, text + size, pid);
  return pid;
}

}  // namespace

Result<DataLock> DataLock::take(const std::filesystem::path& folder) {
  int descriptor = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return unusable(folder, "locked");
  DataLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return unusable(folder, "locked");
    auto pid = holder(descriptor);
    return fail(
        ErrorKind::Conflict, "data.in_use",
        fmt::format("The data folder {} is in use by {}.", folder.string(), pid > 0 ? fmt::format("process {}", pid) : "another process"),
        "Stop that server first, or choose another folder with --data.");
  }
  auto text = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return unusable(folder, "written");
  }
  return lock;
}

DataLock::~DataLock() {
  if (descriptor_ < 0) return;
  // Whoever finds the lock taken must not be told of us any more. A lock that was not taken is not ours to change.
  if (holder(descriptor_) == ::getpid() && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) {
    static_cast<void>(::ftruncate(descriptor_, 0) == 0);
  }
  ::close(descriptor_);
}

}  // namespace weft
