// Guesses from names and types which columns hold personal data. On the safe side: a person clears what is none.
#pragma once

#include "mesh/element/element.h"

namespace weft {

struct Suspicion {
  int confidence = 0;  // percent
  std::string why;
};

// nullopt: nothing speaks for it.
[[nodiscard]] std::optional<Suspicion> suspect_personal(std::string_view column, std::string_view type);

}  // namespace weft
