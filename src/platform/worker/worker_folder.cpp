#include "platform/worker/worker_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <set>
#include <string>

#include "platform/worker/file_descriptor.h"

namespace weft {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxFiles = 100'000;
constexpr std::int64_t kTooMuch = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kBlockBytes = 512;  // of st_blocks
constexpr std::size_t kCopyBytes = 1U << 20;

std::unexpected<Error> failed(std::string_view what, const fs::path& path, int error) {
  auto result = make_error(ErrorKind::Internal, "worker.folder", "the server could not move a worker's files");
  result.detail = fmt::format("{} {}: {}", what, path.string(), std::strerror(error));
  return fail(std::move(result));
}

Result<void> check_name(const std::string& name) {
  const bool fine = !name.empty() && name.size() <= 200 && name != "." && name != ".." && name.find('/') == std::string::npos &&
                    name.find('\0') == std::string::npos;
  if (fine) return {};
  return fail(ErrorKind::Internal, "worker.folder", fmt::format("`{}` can't be the name of a worker's file", name));
}

// A part at a time, so that a cancelled job need not wait for the end.
Result<void> copy_file(const FileDescriptor& from, const fs::path& to, const std::function<bool()>& stop) {
  const FileDescriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
  if (!target.valid()) return failed("create", to, errno);
  while (true) {
    if (stop()) return fail(ErrorKind::Unavailable, "worker.cancelled", "the job was cancelled");
    const auto copied = ::copy_file_range(from.get(), nullptr, target.get(), nullptr, kCopyBytes, 0);
    if (copied == 0) return {};
    if (copied > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != ENOSYS && errno != EINVAL && errno != EOPNOTSUPP) return failed("copy to", to, errno);
    break;
  }
  std::string buffer(kCopyBytes, '\0');  // file systems that can't do it between themselves
  while (true) {
    if (stop()) return fail(ErrorKind::Unavailable, "worker.cancelled", "the job was cancelled");
    const auto got = ::read(from.get(), buffer.data(), buffer.size());
    if (got == 0) return {};
    if (got < 0) return failed("read for", to, errno);
    for (ssize_t done = 0; done < got;) {
      const auto put = ::write(target.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put <= 0) return failed("write", to, errno);
      done += put;
    }
  }
}

Result<void> put_one(const WorkerInput& input, const fs::path& to, const std::function<bool()>& stop) {
  // Opened first: what we link is then certainly a regular file, and it stays there however long a copy takes.
  const FileDescriptor from(::open(input.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!from.valid() || ::fstat(from.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    auto error = make_error(ErrorKind::Internal, "worker.input_missing", "a file that the job reads is not there");
    error.detail = fmt::format("{}: {}", input.file.string(), from.valid() ? "not a file" : std::strerror(errno));
    return fail(std::move(error));
  }
  if (::linkat(AT_FDCWD, input.file.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  if (errno != EXDEV && errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP) return failed("link to", to, errno);
  return copy_file(from, to, stop);
}

std::int64_t bytes_below(const fs::path& folder, std::size_t& files) {
  std::error_code error;
  std::int64_t bytes = 0;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (++files > kMaxFiles) return kTooMuch;
    struct stat status{};
    if (::lstat(at->path().c_str(), &status) == 0) bytes += status.st_blocks * kBlockBytes;
  }
  return bytes;
}

std::int64_t removed_but_open(int pid) {
  const fs::path folder = fmt::format("/proc/{}/fd", pid);
  std::error_code error;
  std::int64_t bytes = 0;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    struct stat status{};
    if (::stat(at->path().c_str(), &status) != 0) continue;
    if (S_ISREG(status.st_mode) && status.st_nlink == 0) bytes += status.st_blocks * kBlockBytes;
  }
  return bytes;
}

// What a worker left in out/ is taken only if it is a plain file with no other name: a link would let it choose what
// the server publishes.
Result<void> seal(const fs::path& made, const std::string& name) {
  const FileDescriptor file(::open(made.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1)
    return fail(ErrorKind::Internal, "worker.output_missing", fmt::format("the worker did not make `{}`", name));
  if (::fchmod(file.get(), 0400) != 0) return failed("chmod", made, errno);
  if (::fsync(file.get()) != 0) return failed("sync", made, errno);
  return {};
}

Result<void> sync_folder(const fs::path& folder) {
  const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid() || ::fsync(opened.get()) != 0) return failed("sync", folder, errno);
  return {};
}

Result<void> move_one(const fs::path& made, const fs::path& to) {
  if (::rename(made.c_str(), to.c_str()) == 0) return {};
  if (errno != EXDEV) return failed("move to", to, errno);
  auto near = to;
  near += ".part";
  ::unlink(near.c_str());
  const FileDescriptor from(::open(made.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from.valid()) return failed("open", made, errno);
  auto copied = copy_file(from, near, [] { return false; });
  if (copied) {
    const FileDescriptor file(::open(near.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() || ::fsync(file.get()) != 0 || ::rename(near.c_str(), to.c_str()) != 0) copied = failed("move to", to, errno);
  }
  if (!copied) ::unlink(near.c_str());
  return copied;
}

}  // namespace

Result<WorkerFolder> WorkerFolder::make(fs::path path) {
  for (const auto& folder : {path, path / "in", path / "out", path / "tmp"}) {
    if (::mkdir(folder.c_str(), 0700) != 0) {
      auto error = make_error(ErrorKind::Internal, "worker.root_unusable", "the folder for workers can't be used");
      error.detail = fmt::format("mkdir {}: {}", folder.string(), std::strerror(errno));
      error.hint = fmt::format("Make {} writable for the server.", path.parent_path().string());
      return fail(std::move(error));
    }
  }
  return WorkerFolder(std::move(path));
}

WorkerFolder::WorkerFolder(WorkerFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }

WorkerFolder::~WorkerFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<void> WorkerFolder::put(const std::vector<WorkerInput>& inputs, const std::function<bool()>& stop) const {
  for (const auto& input : inputs) {
    CHECK(check_name(input.name));
    CHECK(put_one(input, path_ / "in" / input.name, stop));
  }
  return {};
}

std::int64_t WorkerFolder::disk_bytes(int pid) const {
  std::size_t files = 0;
  std::int64_t bytes = removed_but_open(pid);
  for (const char* folder : {"out", "tmp"}) {
    const auto below = bytes_below(path_ / folder, files);
    if (below == kTooMuch) return kTooMuch;
    bytes += below;
  }
  return bytes;
}

Result<void> WorkerFolder::take(const std::vector<WorkerOutput>& outputs) const {
  for (const auto& output : outputs) {
    CHECK(check_name(output.name));
    CHECK(seal(path_ / "out" / output.name, output.name));
  }
  std::set<fs::path> folders;
  std::vector<fs::path> moved;
  const auto move_all = [&]() -> Result<void> {
    for (const auto& output : outputs) {
      CHECK(move_one(path_ / "out" / output.name, output.file));
      moved.push_back(output.file);
      folders.insert(output.file.parent_path());
    }
    for (const auto& folder : folders) CHECK(sync_folder(folder.empty() ? "." : folder));
    return {};
  };
  auto result = move_all();
  if (!result)
    for (const auto& file : moved) ::unlink(file.c_str());
  return result;
}

std::int64_t free_bytes(const fs::path& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) return kTooMuch;
  return static_cast<std::int64_t>(status.f_bavail) * static_cast<std::int64_t>(status.f_frsize);
}

}  // namespace weft
