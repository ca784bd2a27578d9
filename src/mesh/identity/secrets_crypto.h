// Adapter: secrets by platform/crypto.
#pragma once

#include <memory>

#include "mesh/identity/secrets.h"

namespace weft {

[[nodiscard]] std::unique_ptr<Secrets> make_crypto_secrets();

}  // namespace weft
