// Snapshots that are read often, held as tables in the memory of the server's DuckDB, so that a page or a key costs no
// decoding of Parquet. Not a copy with a life of its own: a snapshot never changes, and whoever reads it plans the same SQL.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "platform/duck/duck.h"

namespace weft {

// A table with a file's rows in the file's order. It is dropped when nobody holds it any more.
class ResidentTable {
 public:
  ResidentTable(std::shared_ptr<duck::Instance> instance, std::string name) : instance_(std::move(instance)), name_(std::move(name)) {}
  ResidentTable(const ResidentTable&) = delete;
  ResidentTable& operator=(const ResidentTable&) = delete;
  ~ResidentTable();

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::shared_ptr<duck::Instance> instance_;
  std::string name_;
};

// Thread-safe. Never takes more than `max_bytes`. Room is made by letting go of what was used longest ago, save what is being
// read: that would stay in memory all the same. A file that is larger never comes in.
class ResidentTables {
 public:
  ResidentTables(std::shared_ptr<duck::Instance> instance, std::int64_t max_bytes);
  ResidentTables(const ResidentTables&) = delete;
  ResidentTables& operator=(const ResidentTables&) = delete;
  ~ResidentTables();

  // Null: not there; a file that is asked for again and again is loaded meanwhile. Hold it for as long as its SQL runs.
  // `keys`: columns whose value is given. One that is asked for again and again gets an index, where few rows share a value.
  [[nodiscard]] std::shared_ptr<const ResidentTable> find(const std::filesystem::path& file, std::span<const std::string> keys = {});
  // Until nothing is being loaded. For tests.
  void wait_until_idle();

 private:
  struct Entry {
    int wishes = 0;
    enum class State { Cold, Loading, Resident, Refused } state = State::Cold;
    std::shared_ptr<const ResidentTable> table;
    std::map<std::string, int> key_wishes;  // by column; at kWishes an index is made or was refused
    std::int64_t bytes = 0;
    std::uint64_t last_use = 0;
  };

  struct Wish {
    std::string file;
    std::string key;  // empty: the table itself
  };

  void wish(Entry& entry, const std::string& file, std::span<const std::string> keys);
  void fulfil_wishes();
  void load_table(const std::string& file);
  void make_index(const Wish& wish);
  [[nodiscard]] Result<std::int64_t> estimate(const std::string& file);
  [[nodiscard]] Result<std::shared_ptr<const ResidentTable>> load(const std::string& file);
  [[nodiscard]] Result<std::int64_t> estimate_index(const ResidentTable& table, const std::string& key);
  // Lets go of what nobody reads, the longest unused first, until so many bytes are free, if they can be; the tables that
  // end. REQUIRES: locked.
  [[nodiscard]] std::vector<std::shared_ptr<const ResidentTable>> make_room(std::int64_t bytes);
  void forget_cold();

  std::shared_ptr<duck::Instance> instance_;
  const std::int64_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;  // by file
  std::deque<Wish> queue_;
  std::int64_t bytes_ = 0;
  std::uint64_t uses_ = 0, loads_ = 0;
  bool busy_ = false, stopping_ = false;
  std::thread loader_;  // last: it uses the others
};

}  // namespace weft
