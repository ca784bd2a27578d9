// The name of a product, for those who only refer to one.
#pragma once

#include "base/id.h"

namespace weft {

using ProductId = Id<struct ProductTag>;

}  // namespace weft
