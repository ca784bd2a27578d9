// Which request or grant is meant. Shared by the commands that decide and that end.
#pragma once

#include "cli/person_command.h"

namespace weft {

// The id, as it was given, or that of the one subscription to the product that is in `state` and for the subject that was
// named. `own`: only those that one asked for or that are for oneself or one's domains count.
// Errors: `subscription.not_found`, `usage.several_subscriptions` with the ids.
enum class Whose { Anybodys, Own };
[[nodiscard]] Result<std::string> find_subscription(MeshClient& client, const SubscriptionChoice& choice, std::string_view state,
                                                    Whose whose);

}  // namespace weft
