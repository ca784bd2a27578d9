// Requests of the data door that can be answered at once: the same request by the same caller, at the same epoch of the store
// as when it was decided, within the time that its rights last, while its answer is still known. Each is counted.
#pragma once

#include "base/remembered.h"
#include "base/transaction.h"
#include "mesh/delivery/answer_cache.h"
#include "mesh/usage/hit.h"
#include "platform/http/message.h"

namespace weft {

struct ReadyAnswer {
  std::shared_ptr<const http::SharedHead> head;
  std::weak_ptr<const KnownAnswer> answer;  // what holds it decides how much memory answers take
  Hit hit;                                  // but for its time
  std::optional<Timestamp> until;           // when a token or a grant that it rests on ends
};

// Thread-safe.
class ReadyAnswers {
 public:
  ReadyAnswers(const Transactor& transactor, HitJournal& journal, const Clock& clock)
      : transactor_(transactor), journal_(journal), clock_(clock) {}

  // Never waits. nullopt: the request has to go its way.
  [[nodiscard]] std::optional<http::Response> find(const http::RequestHead& head);
  // `epoch`: read before the caller was authenticated.
  void keep(const http::RequestHead& head, std::uint64_t epoch, ReadyAnswer answer);

 private:
  const Transactor& transactor_;
  HitJournal& journal_;
  const Clock& clock_;
  Remembered<ReadyAnswer> answers_{10'000};
};

}  // namespace weft
