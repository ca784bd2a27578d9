#include "mesh/delivery/resident_tables_duck.h"

namespace weft {

namespace {

constexpr int kWishes = 3;  // a file that is read once is not worth it
constexpr std::size_t kMaxEntries = 10'000;

}  // namespace

ResidentTable::~ResidentTable() {
  // A table that could not be dropped costs memory until the server ends.
  if (auto connection = instance_->connect()) (void)(*connection)->execute("DROP TABLE IF EXISTS " + duck::quote_identifier(name_));
}

ResidentTables::ResidentTables(std::shared_ptr<duck::Instance> instance, std::int64_t max_bytes)
    : instance_(std::move(instance)), max_bytes_(max_bytes), loader_([this] { load_what_is_wished(); }) {}

ResidentTables::~ResidentTables() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  loader_.join();
}

std::shared_ptr<const ResidentTable> ResidentTables::find(const std::filesystem::path& file) {
  if (max_bytes_ == 0) return nullptr;
  const std::scoped_lock lock(mutex_);
  if (entries_.size() >= kMaxEntries) forget_cold();
  auto& entry = entries_[file.string()];
  entry.last_use = ++uses_;
  if (entry.state == Entry::State::Cold && ++entry.wishes >= kWishes) {
    entry.state = Entry::State::Loading;
    queue_.push_back(file.string());
    changed_.notify_all();
  }
  return entry.table;
}

void ResidentTables::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

void ResidentTables::forget_cold() {
  std::erase_if(entries_,
                [](const auto& entry) { return entry.second.state == Entry::State::Cold || entry.second.state == Entry::State::Refused; });
}

void ResidentTables::load_what_is_wished() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const auto file = queue_.front();
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    const auto size = estimate(file);
    const bool possible = size && *size <= max_bytes_;
    lock.lock();
    auto gone = possible ? make_room(*size) : std::vector<std::shared_ptr<const ResidentTable>>{};
    const bool fits = possible && bytes_ + *size <= max_bytes_;
    lock.unlock();
    gone.clear();
    const auto table = fits ? load(file) : Result<std::shared_ptr<const ResidentTable>>(nullptr);
    lock.lock();
    auto& entry = entries_[file];
    entry.state = table && *table ? Entry::State::Resident : Entry::State::Refused;
    if (possible && !fits) {  // another time, when what is being read now is not any more
      entry.state = Entry::State::Cold;
      entry.wishes = 0;
    }
    if (entry.state == Entry::State::Resident) {
      entry.table = *table;
      entry.bytes = *size;
      bytes_ += *size;
    }
    busy_ = false;
    changed_.notify_all();
  }
}

// From the file's directory: fixed values take their width, texts a head of 16 bytes each beside their letters.
Result<std::int64_t> ResidentTables::estimate(const std::string& file) {
  auto connection = TRY(instance_->connect());
  auto cursor = TRY(connection->query(fmt::format(
      "SELECT CAST(coalesce(sum(CASE type WHEN 'BYTE_ARRAY' THEN num_values * 16 + total_uncompressed_size WHEN 'INT32' THEN num_values * "
      "4 "
      "WHEN 'FLOAT' THEN num_values * 4 WHEN 'BOOLEAN' THEN num_values ELSE num_values * 8 END), 0) AS BIGINT) FROM parquet_metadata({})",
      duck::quote_literal(file))));
  const auto rows = TRY(cursor->rows());
  return rows.at(0).at(0).to_number<std::int64_t>();
}

Result<std::shared_ptr<const ResidentTable>> ResidentTables::load(const std::string& file) {
  auto connection = TRY(instance_->connect());
  auto table = std::make_shared<const ResidentTable>(instance_, fmt::format("resident {}", ++loads_));
  CHECK(connection->execute(
      fmt::format("CREATE TABLE {} AS SELECT * FROM read_parquet({})", duck::quote_identifier(table->name()), duck::quote_literal(file))));
  return table;
}

std::vector<std::shared_ptr<const ResidentTable>> ResidentTables::make_room(std::int64_t bytes) {
  std::vector<std::shared_ptr<const ResidentTable>> gone;
  // find() hands tables out under the lock only.
  const auto is_free = [](const auto& entry) { return entry.second.table && entry.second.table.use_count() == 1; };
  std::int64_t held = 0;
  for (const auto& entry : entries_) held += entry.second.table && !is_free(entry) ? entry.second.bytes : 0;
  if (held + bytes > max_bytes_) return gone;  // in vain
  while (bytes_ + bytes > max_bytes_) {
    auto oldest = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (is_free(*entry) && (oldest == entries_.end() || entry->second.last_use < oldest->second.last_use)) oldest = entry;
    }
    if (oldest == entries_.end()) break;
    bytes_ -= oldest->second.bytes;
    gone.push_back(std::move(oldest->second.table));
    entries_.erase(oldest);
  }
  return gone;
}

}  // namespace weft
