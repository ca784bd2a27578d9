// Adapter: inboxes and the outbox on the metadata store.
#pragma once

#include <memory>

#include "mesh/notification/notification.h"

namespace weft {

[[nodiscard]] std::unique_ptr<Outbox> make_sql_outbox();

}  // namespace weft
