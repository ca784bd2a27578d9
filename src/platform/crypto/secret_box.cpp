#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "platform/crypto/crypto.h"

namespace weft {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyCharacters = 43;
constexpr std::string_view kForm = "v1.";
constexpr std::string_view kWrapping = "wrap";  // the purpose of the key that wraps data keys

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

Error key_error(std::string_view id, const std::filesystem::path& path, std::string_view what, std::string hint) {
  auto error = make_error(ErrorKind::Internal, std::string(id), fmt::format("The master key {} {}.", path.string(), what));
  error.hint = std::move(hint);
  return error;
}

Error cannot_make(const std::filesystem::path& path, int code) {
  return key_error("secret.key_missing", path, fmt::format("can't be made: {}", std::strerror(code)),
                   "Look whether its directory may be written by this user.");
}

Result<void> sync_folder(const std::filesystem::path& folder, const std::filesystem::path& key_file) {
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::fsync(opened.descriptor()) != 0) return fail(cannot_make(key_file, errno));
  return {};
}

Result<void> make_folder(const std::filesystem::path& folder, const std::filesystem::path& key_file) {
  if (::mkdir(folder.c_str(), 0700) == 0) return sync_folder(folder.parent_path().empty() ? "." : folder.parent_path(), key_file);
  if (errno != EEXIST) return fail(cannot_make(key_file, errno));
  return {};
}

// Appears whole and on the disk, or not at all: what is sealed with a key that a power cut took is lost. Two servers
// that start at once end up with the same key: link() lets one win.
Result<void> make_key(const std::filesystem::path& path) {
  const auto folder = path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
  CHECK(make_folder(folder, path));
  const auto draft = folder / fmt::format(".{}.{}", path.filename().string(), to_base64url(random_bytes(9)));
  const auto text = to_base64url(random_bytes(kKeyBytes)) + "\n";
  int code = 0;
  {
    const File file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open()) return fail(cannot_make(path, errno));
    if (::write(file.descriptor(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) || ::fsync(file.descriptor()) != 0) {
      code = errno;
    }
  }
  if (code == 0 && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST) code = errno;
  ::unlink(draft.c_str());
  if (code != 0) return fail(cannot_make(path, code));
  return sync_folder(folder, path);
}

Result<void> check_mode(const File& file, const std::filesystem::path& path) {
  struct stat status{};
  if (::fstat(file.descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(key_error("secret.key_malformed", path, "is not a file", "Put a file with 32 bytes in base64url there."));
  }
  // A file that root owns and hands to us by our group, as Kubernetes does, is as private as one of ours.
  const bool ours = status.st_uid == ::geteuid();
  const mode_t too_wide = ours ? 077 : 037;
  if ((status.st_mode & too_wide) != 0 || (!ours && status.st_uid != 0)) {
    return fail(key_error("secret.key_unsafe", path, "may be read or changed by others",
                          fmt::format("chmod 600 {}; if others could have read it, restore the data with a new key.", path.string())));
  }
  return {};
}

Result<std::string> read_key(const std::filesystem::path& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) {
    return fail(key_error("secret.key_missing", path, fmt::format("can't be read: {}", std::strerror(errno)),
                          "Restore it from its backup: without it, stored secrets can't be decrypted."));
  }
  CHECK(check_mode(file, path));
  std::array<char, 128> buffer{};
  const auto count = ::read(file.descriptor(), buffer.data(), buffer.size());
  std::string_view text(buffer.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto key = text.size() == kKeyCharacters ? from_base64url(text) : Result<std::string>(std::string());
  if (!key || key->size() != kKeyBytes) {
    return fail(key_error("secret.key_malformed", path, "is not 32 bytes in base64url (43 characters)", "Restore it from its backup."));
  }
  return key;
}

Error unreadable() {
  return make_error(ErrorKind::Internal, "secret.unreadable",
                    "A stored secret can't be decrypted: it was made with another key, or was changed.");
}

}  // namespace

Result<SecretBox> SecretBox::open(const std::filesystem::path& key_file, Missing missing) {
  std::error_code ignored;
  if (missing == Missing::Create && !std::filesystem::exists(key_file, ignored)) CHECK(make_key(key_file));
  return SecretBox(TRY(read_key(key_file)));
}

std::string SecretBox::seal(std::string_view plaintext, std::string_view context) const {
  // The data key is bound to its place, too: neither half can be moved.
  const auto data_key = random_bytes(kKeyBytes);
  const auto wrapped = weft::seal(derive(kWrapping), data_key, context);
  const auto sealed = weft::seal(data_key, plaintext, context);
  return fmt::format("{}{}.{}", kForm, to_base64url(wrapped), to_base64url(sealed));
}

Result<std::string> SecretBox::unseal(std::string_view sealed, std::string_view context) const {
  if (!sealed.starts_with(kForm)) return fail(unreadable());
  const auto body = sealed.substr(kForm.size());
  const auto dot = body.find('.');
  if (dot == std::string_view::npos) return fail(unreadable());
  const auto wrapped = from_base64url(body.substr(0, dot));
  const auto payload = from_base64url(body.substr(dot + 1));
  if (!wrapped || !payload) return fail(unreadable());
  const auto data_key = TRY(weft::unseal(derive(kWrapping), *wrapped, context));
  return weft::unseal(data_key, *payload, context);
}

std::string SecretBox::derive(std::string_view purpose) const {
  // RFC 5869 with no salt, for one block of output.
  const auto extracted = hmac_sha256(std::string(kKeyBytes, '\0'), key_);
  return hmac_sha256(extracted, fmt::format("weft {}\x01", purpose));
}

}  // namespace weft
