// What must still be true while an answer is under way, and whether it is. Not who may begin one: find_readable_port.h.
#pragma once

#include "mesh/delivery/delivery_http.h"

namespace weft {

// By what an answer was begun.
struct Right {
  Credential credential;
  std::string domain, product, port;
  std::optional<SubscriptionId> subscription;
  std::optional<Limits> limits;
  std::vector<SourceRight> sources;  // of the snapshot that is read, which need not be the one in service any more
};

// Asks anew whether the reader may go on; cheap while nothing was written since. `ports` outlive it.
class RightCheck {
 public:
  // It holds at `epoch`, and there until `until`.
  RightCheck(const DataDoorPorts& ports, Right right, std::uint64_t epoch, std::optional<Timestamp> until)
      : ports_(ports), right_(std::move(right)), epoch_(epoch), until_(until) {}

  // Errors: those of authenticating and of find_readable_port(), `data.not_granted`; of the store, which decide nothing.
  [[nodiscard]] Result<void> require();

 private:
  const DataDoorPorts& ports_;
  Right right_;
  std::uint64_t epoch_;
  std::optional<Timestamp> until_;
};

}  // namespace weft
