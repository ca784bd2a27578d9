#include "mesh/catalog/follow_changes.h"

namespace weft {

namespace {

constexpr int kEntriesAtOnce = 1000;

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

Result<void> CatalogFollower::follow() {
  const std::scoped_lock lock(mutex_);
  auto tx = TRY(ports_.transactor.begin(TxMode::Read));
  const auto head = TRY(ports_.audit.head(*tx));
  if (sequence_ < 0) {
    CHECK(fill(*tx));
    sequence_ = head.sequence;
    return {};
  }
  while (sequence_ < head.sequence) {
    const auto entries = TRY(ports_.audit.scan(*tx, sequence_ + 1, kEntriesAtOnce));
    if (entries.empty()) return {};
    for (const auto& entry : entries) {
      CHECK(refresh(*tx, entry));
      sequence_ = entry.sequence;
    }
  }
  return {};
}

Result<void> CatalogFollower::fill(Tx& tx) {
  CHECK(ports_.index.clear());
  PageRequest request{kMaxPageSize, std::nullopt};
  while (true) {  // domains are paged by their path
    auto page = cut_page(TRY(ports_.domains.list(tx, {}, request)), request, [](const Domain& last) { return last.path; });
    for (const auto& domain : page.items) CHECK(ports_.index.put(entry_of(domain)));
    if (!page.next) break;
    request.after = page.next;
  }
  CHECK(for_all([&](const PageRequest& page) { return ports_.products.list(tx, {}, page); },
                [&](const Product& product) { return ports_.index.put(entry_of(product)); }));
  return for_all([&](const PageRequest& page) { return ports_.elements.list(tx, {}, page); },
                 [&](const Element& element) { return ports_.index.put(entry_of(element)); });
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
  // A move gives everything below the domain a new path.
  if (record.action == "domain.move") return fill(tx);
  auto domain = TRY(ports_.domains.find(tx, DomainId(record.object_id)));
  if (domain && domain->state == DomainState::Active) return ports_.index.put(entry_of(*domain));
  return ports_.index.remove(CatalogEntry::Type::Domain, record.object_id);
}

}  // namespace weft
