#include "mesh/usage/hit_journal_file.h"

#include <fcntl.h>
#include <fmt/compile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <fstream>

namespace weft {

namespace {

namespace fs = std::filesystem;

// FNV-1a: finds a torn line; nobody forges the server's own files.
std::uint64_t checksum(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (unsigned char c : text) hash = (hash ^ c) * 1099511628211ULL;
  return hash;
}

std::string to_line(const Hit& hit, Timestamp at) {
  std::string line = fmt::format(FMT_COMPILE("{}\t{}\t{}\t{}\t{}\t{}\t{}"), at.micros, hit.product.text(), hit.port, hit.user.text(),
                                 hit.door, hit.rows, hit.bytes);
  fmt::format_to(std::back_inserter(line), FMT_COMPILE("\t{:016x}\n"), checksum(line));
  return line;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Hit> from_line(std::string_view line) {
  const auto last = line.rfind('\t');
  if (last == std::string_view::npos || line.substr(last + 1) != fmt::format("{:016x}", checksum(line.substr(0, last))))
    return std::nullopt;
  line = line.substr(0, last);
  std::vector<std::string_view> fields;
  while (true) {
    const auto tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) break;
    line.remove_prefix(tab + 1);
  }
  if (fields.size() != 7) return std::nullopt;
  const auto at = to_integer(fields[0]), rows = to_integer(fields[5]), bytes = to_integer(fields[6]);
  if (!at || !rows || !bytes) return std::nullopt;
  return Hit{
      {*at}, ProductId(std::string(fields[1])), std::string(fields[2]), UserId(std::string(fields[3])), std::string(fields[4]), *rows,
      *bytes};
}

class FileHitJournal final : public HitJournal {
 public:
  explicit FileHitJournal(HitJournalOptions options) : options_(std::move(options)) {}
  ~FileHitJournal() override {
    if (descriptor_ >= 0) full_.push_back(descriptor_);
    (void)synchronise(full_);
  }

  Result<void> open() {
    std::error_code failure;
    fs::create_directories(options_.folder, failure);
    if (failure) return unwritable(failure.message());
    CHECK(read_replica());
    segment_ = 1;
    for (fs::directory_iterator at(options_.folder, failure), end; !failure && at != end; at.increment(failure)) {
      if (auto number = segment_of(at->path())) segment_ = std::max(segment_, *number);
    }
    if (failure) return unwritable(failure.message());
    // A torn last line must not swallow the first one that follows it.
    CHECK(open_segment());
    if (size_ > 0) return write("\n");
    return {};
  }

  Result<void> append(const Hit& hit, Timestamp at) override {
    const auto line = to_line(hit, at);
    const std::scoped_lock lock(mutex_);
    if (size_ >= options_.segment_bytes) {
      if (descriptor_ >= 0) full_.push_back(std::exchange(descriptor_, -1));
      ++segment_;
      CHECK(open_segment());
    }
    // After a write that failed half a line may stand there.
    CHECK(write(broken_ ? "\n" + line : line));
    if (options_.sync == JournalSync::Always && ::fdatasync(descriptor_) != 0) return unwritable(std::strerror(errno));
    return {};
  }

  bool appends_at_once() const override { return options_.sync == JournalSync::Batch; }

  Result<void> check() override {
    if (!broken_.load(std::memory_order_relaxed)) return {};
    const std::scoped_lock lock(mutex_);
    if (descriptor_ < 0) CHECK(open_segment());
    return write("\n");  // an empty line is no hit; once it can be written again, the door opens again
  }

  Result<Batch> read(Position position, std::size_t limit) override {
    std::int64_t current = 0, size = 0;
    std::vector<int> written;
    {
      const std::scoped_lock lock(mutex_);
      current = segment_;
      size = size_;
      written.swap(full_);
      if (descriptor_ >= 0) written.push_back(::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0));
    }
    // What is folded is soon told to users: it must not be lost afterwards. Readers don't wait for it.
    CHECK(synchronise(written));
    Batch batch;
    batch.end = position;
    while (batch.hits.size() < limit) {
      std::error_code failure;
      const auto path = path_of(batch.end.segment);
      const auto end = batch.end.segment == current ? size : static_cast<std::int64_t>(fs::file_size(path, failure));
      // One that is not there was folded and forgotten before. One that can't be read now must not be passed over.
      if (failure && failure != std::errc::no_such_file_or_directory) return unreadable(failure.message());
      if (!failure && batch.end.offset < end) CHECK(read_segment(path, end, limit, batch));
      if (batch.hits.size() >= limit) break;
      if (batch.end.segment >= current) break;
      batch.end = {batch.end.segment + 1, 0};
    }
    return batch;
  }

  void forget_before(std::int64_t segment) override {
    std::error_code ignored;  // what can't be removed now is tried again the next time
    for (fs::directory_iterator at(options_.folder, ignored), end; !ignored && at != end; at.increment(ignored)) {
      std::error_code stays;
      if (auto number = segment_of(at->path()); number && *number < segment) fs::remove(at->path(), stays);
    }
  }

  const std::string& replica() const override { return replica_; }

 private:
  // Closes them, too.
  Result<void> synchronise(const std::vector<int>& descriptors) {
    int code = 0;
    for (const int descriptor : descriptors) {
      if (::fdatasync(descriptor) != 0) code = errno;
      if (descriptor >= 0) ::close(descriptor);
    }
    if (code != 0) return unwritable(std::strerror(code));
    return {};
  }

  static std::unexpected<Error> unreadable(std::string detail) {
    return fail(make_error(ErrorKind::Unavailable, "usage.journal_unreadable", "The journal of reads can't be read at the moment.")
                    .with_detail(std::move(detail)));
  }

  static Result<void> read_segment(const fs::path& path, std::int64_t end, std::size_t limit, Batch& batch) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return unreadable(std::strerror(errno));
    file.seekg(batch.end.offset);
    std::string line;
    while (batch.hits.size() < limit && batch.end.offset < end && std::getline(file, line)) {
      if (file.eof()) return {};  // no line end yet: torn, or still being written
      batch.end.offset += static_cast<std::int64_t>(line.size()) + 1;
      if (auto hit = from_line(line)) batch.hits.push_back(std::move(*hit));
    }
    if (file.bad()) return unreadable(std::strerror(errno));
    return {};
  }

  // A name that stays with the folder: a copied or restored database must not take another folder's positions for its own.
  Result<void> read_replica() {
    const auto path = options_.folder / "replica";
    std::ifstream(path) >> replica_;
    if (is_uuid(replica_)) return {};
    replica_ = new_uuid(SystemClock().now());
    std::ofstream file(path, std::ios::trunc);
    file << replica_ << '\n';
    file.flush();
    if (!file) return unwritable("replica");
    return {};
  }

  [[nodiscard]] fs::path path_of(std::int64_t segment) const { return options_.folder / fmt::format("hits-{:08}.log", segment); }

  static std::optional<std::int64_t> segment_of(const fs::path& path) {
    const auto name = path.filename().string();
    if (!name.starts_with("hits-") || !name.ends_with(".log")) return std::nullopt;
    return to_integer(std::string_view(name).substr(5, name.size() - 9));
  }

  Result<void> open_segment() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    descriptor_ = ::open(path_of(segment_).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat status{};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) return unwritable(std::strerror(errno));
    size_ = status.st_size;
    return sync_folder();
  }

  // A file whose name is lost is lost with all that was synced into it.
  Result<void> sync_folder() {
    const int folder = ::open(options_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = folder >= 0 && ::fsync(folder) == 0;
    const int code = errno;
    if (folder >= 0) ::close(folder);
    if (!synced) return unwritable(std::strerror(code));
    return {};
  }

  Result<void> write(std::string_view text) {
    if (descriptor_ < 0) CHECK(open_segment());
    const auto written = ::write(descriptor_, text.data(), text.size());
    if (written == static_cast<ssize_t>(text.size())) {
      size_ += written;
      broken_ = false;
      return {};
    }
    const int code = errno;
    // Half a line would spoil the next one.
    if (written > 0 && ::ftruncate(descriptor_, size_) != 0) size_ += written;
    return unwritable(written < 0 ? std::strerror(code) : "the disk is full");
  }

  Result<void> unwritable(std::string detail) {
    broken_ = true;
    return fail(
        make_error(ErrorKind::Unavailable, "usage.journal_unwritable", "Reads can't be counted at the moment, so none are answered.")
            .with_hint("The operator has to make room on the disk that holds the data folder.")
            .with_detail(std::move(detail)));
  }

  HitJournalOptions options_;
  std::mutex mutex_;
  std::string replica_;
  int descriptor_ = -1;
  std::vector<int> full_;  // segments before this one, to be brought to the disk
  std::int64_t segment_ = 1, size_ = 0;
  std::atomic<bool> broken_{false};
};

}  // namespace

Result<std::unique_ptr<HitJournal>> open_hit_journal(const HitJournalOptions& options) {
  auto journal = std::make_unique<FileHitJournal>(options);
  CHECK(journal->open());
  return journal;
}

}  // namespace weft
