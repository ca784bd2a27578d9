// Adapter: data stores on the metadata store, their secrets sealed.
#pragma once

#include <memory>

#include "mesh/datastore/datastore_store.h"
#include "platform/crypto/crypto.h"

namespace weft {

[[nodiscard]] std::unique_ptr<DataStoreStore> make_sql_data_store_store(SecretBox box);

}  // namespace weft
