#include "platform/file/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weft {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  [[nodiscard]] bool valid() const { return number_ >= 0; }
  [[nodiscard]] int number() const { return number_; }
  bool close() {
    if (number_ < 0) return true;
    bool closed = ::close(number_) == 0 || errno == EINTR;
    number_ = -1;
    return closed;
  }

 private:
  int number_;
};

std::unexpected<Error> system_failure(std::string id, std::string_view what, const std::filesystem::path& file) {
  int code = errno;
  return fail(code == ENOENT && id == "file.not_read" ? ErrorKind::NotFound : ErrorKind::Internal,
              code == ENOENT && id == "file.not_read" ? "file.missing" : std::move(id),
              fmt::format("{} can't be {}: {}", file.string(), what, std::strerror(code)));
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<void> write_file_atomically(const std::filesystem::path& file, std::string_view bytes, mode_t mode) {
  auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  auto beside = (folder / fmt::format(".{}.XXXXXX", file.filename().string())).string();
  Descriptor descriptor(::mkostemp(beside.data(), O_CLOEXEC));  // created 0600
  if (!descriptor.valid()) return system_failure("file.not_written", "written", file);
  bool written = write_all(descriptor.number(), bytes) && ::fchmod(descriptor.number(), mode) == 0 && ::fsync(descriptor.number()) == 0 &&
                 descriptor.close() && ::rename(beside.c_str(), file.c_str()) == 0;
  if (!written) {
    auto failure = system_failure("file.not_written", "written", file);
    ::unlink(beside.c_str());
    return failure;
  }
  Descriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.valid() || ::fsync(parent.number()) != 0) return system_failure("file.not_written", "flushed", file);
  return {};
}

Result<std::string> read_small_file(const std::filesystem::path& file, std::size_t max_bytes) {
  // Without O_NONBLOCK, the open of a pipe would wait for its writer.
  Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!descriptor.valid() || ::fstat(descriptor.number(), &status) != 0) {
    return system_failure("file.not_read", "read", file);
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::Internal, "file.not_read", fmt::format("{} can't be read: it is no file", file.string()));
  }
  std::string bytes(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    auto count = ::read(descriptor.number(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("file.not_read", "read", file);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > max_bytes) {
    return fail(ErrorKind::TooLarge, "file.too_large", fmt::format("{} is larger than {} bytes", file.string(), max_bytes));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace weft
