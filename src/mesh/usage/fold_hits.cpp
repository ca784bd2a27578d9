#include "mesh/usage/fold_hits.h"

namespace weft {

namespace {
constexpr std::size_t kBatch = 10'000;
}

Result<void> fold_hits(const UsagePorts& ports) {
  while (true) {
    auto reading = TRY(ports.transactor.begin(TxMode::Read));
    const auto from = TRY(ports.usage.position(*reading, ports.journal.replica()));
    reading.reset();
    const auto batch = TRY(ports.journal.read(from, kBatch));
    if (batch.end == from) return {};
    const auto folded = transact(ports.transactor, [&](Tx& tx) { return ports.usage.fold(tx, ports.journal.replica(), from, batch); });
    if (!folded && folded.error().id == "usage.folded_elsewhere") continue;  // another thread was faster: look again
    CHECK(folded);
    ports.journal.forget_before(batch.end.segment);
    if (batch.hits.size() < kBatch) return {};
  }
}

}  // namespace weft
