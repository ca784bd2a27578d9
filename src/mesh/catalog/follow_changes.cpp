#include "mesh/catalog/follow_changes.h"

#include <charconv>

namespace weft {

namespace {

constexpr int kEntriesAtOnce = 1000;
constexpr auto kPatience = std::chrono::seconds(2);
// Another number whenever entries are indexed otherwise: then what is there is made anew.
constexpr int kIndexFormat = 5;

std::string mark_of(const AuditLog::Head& head) { return fmt::format("{}:{}:{}", kIndexFormat, head.sequence, head.hash); }

// The sequence number in a mark of this format; -1: it is none.
std::int64_t sequence_in(std::string_view mark) {
  const auto begin = fmt::format("{}:", kIndexFormat);
  std::int64_t sequence = -1;
  if (mark.starts_with(begin)) std::from_chars(mark.data() + begin.size(), mark.data() + mark.size(), sequence);
  return sequence;
}

std::unexpected<Error> filling() {
  return fail(ErrorKind::Unavailable, "catalog.filling", "The catalog's index is being made.", "Try again in a moment.");
}

std::unexpected<Error> stopped() { return fail(ErrorKind::Unavailable, "catalog.stopped", "The server is stopping."); }

// Calls `list` page after page.
template <typename List, typename Put>
Result<void> for_all(List list, Put put) {
  PageRequest request{kMaxPageSize, std::nullopt};
  while (true) {
    auto items = TRY(list(request));
    const bool more = items.size() > static_cast<std::size_t>(request.limit);
    if (more) items.resize(static_cast<std::size_t>(request.limit));
    for (const auto& item : items) CHECK(put(item));
    if (!more) return {};
    request.after = items.back().id.text();
  }
}

}  // namespace

class CatalogFollower::Turn {
 public:
  // Waits for `patience` at most; false afterwards: another thread has it still.
  Turn(CatalogFollower& follower, std::chrono::milliseconds patience) : follower_(follower) {
    std::unique_lock lock(follower_.mutex_);
    mine_ = follower_.turn_ended_.wait_for(lock, patience, [&] { return !follower_.taken_; });
    if (mine_) follower_.taken_ = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!mine_) return;
    {
      const std::scoped_lock lock(follower_.mutex_);
      follower_.taken_ = false;
    }
    follower_.turn_ended_.notify_one();
  }
  explicit operator bool() const { return mine_; }

 private:
  CatalogFollower& follower_;
  bool mine_ = false;
};

Result<void> CatalogFollower::follow() {
  const Turn turn(*this, kPatience);
  if (!turn) return filling();
  auto tx = TRY(ports_.transactor.begin(TxMode::Read));
  const auto head = TRY(ports_.audit.head(*tx));
  if (followed_.sequence < 0) CHECK(resume(*tx, head));
  while (followed_.sequence < head.sequence) {
    const auto entries = TRY(ports_.audit.scan(*tx, followed_.sequence + 1, kEntriesAtOnce));
    if (entries.empty()) return {};
    for (const auto& entry : entries) {
      if (stopping_) return stopped();
      CHECK(refresh(*tx, entry));
      followed_ = {entry.sequence, entry.hash};
    }
  }
  return {};
}

Result<void> CatalogFollower::save() {
  const Turn turn(*this, kPatience);
  if (!turn) return filling();
  auto mark = mark_of(followed_);
  if (followed_.sequence < 0 || mark == saved_) return {};
  CHECK(ports_.index.save(mark));
  saved_ = std::move(mark);
  return {};
}

// The mark names an entry of the log by number and hash: a log that has it not is another one (a store that was
// restored, say), and what the index holds is not its.
Result<void> CatalogFollower::resume(Tx& tx, const AuditLog::Head& head) {
  const auto mark = TRY(ports_.index.mark());
  const auto sequence = sequence_in(mark);
  if (sequence > 0 && sequence <= head.sequence) {
    const auto entries = TRY(ports_.audit.scan(tx, sequence, 1));
    if (!entries.empty() && mark == mark_of({sequence, entries[0].hash})) {
      followed_ = {sequence, entries[0].hash};
      saved_ = mark;
      return {};
    }
  }
  CHECK(ports_.index.clear());
  CHECK(fill(tx, std::nullopt));
  followed_ = head;
  return {};
}

Result<void> CatalogFollower::fill(Tx& tx, const std::optional<std::string>& within) {
  auto put = [this](const CatalogEntry& entry) -> Result<void> {
    if (stopping_) return stopped();
    return ports_.index.put(entry);
  };
  PageRequest request{kMaxPageSize, std::nullopt};
  while (true) {  // domains are paged by their path
    auto page = cut_page(TRY(ports_.domains.list(tx, {within}, request)), request, [](const Domain& last) { return last.path; });
    for (const auto& domain : page.items) CHECK(put(entry_of(domain)));
    if (!page.next) break;
    request.after = page.next;
  }
  CHECK(for_all([&](const PageRequest& page) { return ports_.products.list(tx, {within}, page); },
                [&](const Product& product) { return put(entry_of(product)); }));
  return for_all([&](const PageRequest& page) { return ports_.elements.list(tx, {within}, page); },
                 [&](const Element& element) { return put(entry_of(element)); });
}

Result<void> CatalogFollower::refresh(Tx& tx, const AuditEntry& record) {
  if (record.object_type == "product") {
    auto product = TRY(ports_.products.find(tx, ProductId(record.object_id)));
    return product ? ports_.index.put(entry_of(*product)) : ports_.index.remove(CatalogEntry::Type::Product, record.object_id);
  }
  if (record.object_type == "element") {
    auto element = TRY(ports_.elements.find(tx, ElementId(record.object_id)));
    return element ? ports_.index.put(entry_of(*element)) : ports_.index.remove(CatalogEntry::Type::Element, record.object_id);
  }
  if (record.object_type != "domain") return {};
  const auto domain = TRY(ports_.domains.find(tx, DomainId(record.object_id)));
  // A move gives everything below the domain a new path.
  if (domain && record.action == "domain.move") return fill(tx, domain->path);
  if (domain && domain->state == DomainState::Active) return ports_.index.put(entry_of(*domain));
  return ports_.index.remove(CatalogEntry::Type::Domain, record.object_id);
}

}  // namespace weft
