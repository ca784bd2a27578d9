#include "mesh/delivery/resident_tables_duck.h"

#include <set>

#include "base/caught.h"

namespace weft {

namespace {

constexpr int kWishes = 3;  // a file that is read once is not worth it, nor is a key
constexpr std::int64_t kMinDistinctPart = 1000;
constexpr std::int64_t kMinIndexedRows = 10'000;
constexpr std::int64_t kIndexBytesPerRow = 40;
constexpr std::size_t kMaxEntries = 10'000;

}  // namespace

ResidentTable::~ResidentTable() {
  // A table that could not be dropped costs memory until the server ends.
  if (auto connection = instance_->connect()) (void)(*connection)->execute("DROP TABLE IF EXISTS " + duck::quote_identifier(name_));
}

ResidentTables::ResidentTables(std::shared_ptr<duck::Instance> instance, std::int64_t max_bytes)
    : instance_(std::move(instance)), max_bytes_(max_bytes), loader_([this] { fulfil_wishes(); }) {}

ResidentTables::~ResidentTables() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  loader_.join();
}

std::shared_ptr<const ResidentTable> ResidentTables::find(const std::filesystem::path& file, std::span<const std::string> keys) {
  if (max_bytes_ == 0) return nullptr;
  const std::scoped_lock lock(mutex_);
  if (entries_.size() >= kMaxEntries) forget_cold();
  auto& entry = entries_[file.string()];
  entry.last_use = ++uses_;
  wish(entry, file.string(), keys);
  return entry.table;
}

// REQUIRES: locked.
void ResidentTables::wish(Entry& entry, const std::string& file, std::span<const std::string> keys) {
  if (entry.state == Entry::State::Cold && ++entry.wishes >= kWishes) {
    entry.state = Entry::State::Loading;
    queue_.push_back({file, {}});
    changed_.notify_all();
  }
  if (entry.state != Entry::State::Resident) return;
  for (const auto& key : keys) {
    auto& wishes = entry.key_wishes[key];
    if (wishes >= kWishes || ++wishes < kWishes) continue;
    queue_.push_back({file, key});
    changed_.notify_all();
  }
}

void ResidentTables::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

void ResidentTables::forget_cold() {
  std::erase_if(entries_,
                [](const auto& entry) { return entry.second.state == Entry::State::Cold || entry.second.state == Entry::State::Refused; });
}

void ResidentTables::fulfil_wishes() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const auto wish = queue_.front();
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    const auto fulfilled = caught([&]() -> Result<void> {
      if (wish.key.empty()) {
        load_table(wish.file);
      } else {
        make_index(wish);
      }
      return {};
    });
    lock.lock();
    if (!fulfilled && wish.key.empty()) entries_[wish.file].state = Entry::State::Refused;
    busy_ = false;
    changed_.notify_all();
  }
}

void ResidentTables::load_table(const std::string& file) {
  const auto size = estimate(file);
  const bool possible = size && *size <= max_bytes_;
  bool fits = false;
  std::vector<std::shared_ptr<const ResidentTable>> gone;
  if (possible) {
    const std::scoped_lock lock(mutex_);
    gone = make_room(*size);
    fits = bytes_ + *size <= max_bytes_;
  }
  gone.clear();  // outside the lock
  const auto table = fits ? load(file) : Result<std::shared_ptr<const ResidentTable>>(nullptr);
  const std::scoped_lock lock(mutex_);
  auto& entry = entries_[file];
  entry.state = table && *table ? Entry::State::Resident : Entry::State::Refused;
  if (possible && !fits) {  // another time, when what is being read now is not any more
    entry.state = Entry::State::Cold;
    entry.wishes = 0;
  }
  if (entry.state != Entry::State::Resident) return;
  entry.table = *table;
  entry.bytes = *size;
  bytes_ += *size;
}

// An index takes room that is free, but drives out no table.
void ResidentTables::make_index(const Wish& wish) {
  std::shared_ptr<const ResidentTable> table;
  std::int64_t room = 0;
  {
    const std::scoped_lock lock(mutex_);
    const auto entry = entries_.find(wish.file);
    if (entry == entries_.end() || !entry->second.table) return;
    table = entry->second.table;
    room = max_bytes_ - bytes_;
  }
  const auto size = estimate_index(*table, wish.key);
  if (!size || *size > room) return;
  auto connection = instance_->connect();
  if (!connection) return;
  const auto made = (*connection)
                        ->execute(fmt::format("CREATE INDEX {} ON {} ({})", duck::quote_identifier(table->name() + " " + wish.key),
                                              duck::quote_identifier(table->name()), duck::quote_identifier(wish.key)));
  if (!made) return;
  const std::scoped_lock lock(mutex_);
  const auto entry = entries_.find(wish.file);
  if (entry == entries_.end() || entry->second.table != table) return;
  entry->second.bytes += *size;
  bytes_ += *size;
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

// DuckDB asks an index only where at most a thousandth of the rows have the value, and floats have several zeroes.
// As measured: some 40 bytes a row, and a text's letters.
Result<std::int64_t> ResidentTables::estimate_index(const ResidentTable& table, const std::string& key) {
  const auto column = duck::quote_identifier(key);
  auto connection = TRY(instance_->connect());
  auto cursor = TRY(connection->query(fmt::format(
      "SELECT count(*), approx_count_distinct({0}), CAST(sum(strlen(CAST({0} AS VARCHAR))) AS BIGINT), any_value(typeof({0})) FROM {1}",
      column, duck::quote_identifier(table.name()))));
  const auto facts = TRY(cursor->rows()).at(0);
  const auto rows = facts.at(0).to_number<std::int64_t>();
  static const std::set<std::string_view> kTypes{"TINYINT",   "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
                                                 "USMALLINT", "UINTEGER", "UBIGINT", "DATE",   "UUID",    "VARCHAR"};
  const bool selective = facts.at(1).to_number<std::int64_t>() * kMinDistinctPart >= rows;
  if (rows < kMinIndexedRows || !selective || !kTypes.contains(facts.at(3).as_string())) {
    return fail(ErrorKind::Conflict, "data.no_index", "An index would not help.");
  }
  return rows * kIndexBytesPerRow + facts.at(2).to_number<std::int64_t>();
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
