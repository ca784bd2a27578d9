// By which right rows of a product came into what a domain builds on it. A snapshot remembers the rights of all that went
// into it, through views and other products alike; they are looked up again whenever it is read.
#pragma once

#include "mesh/domain/domain.h"
#include "mesh/product/product_id.h"

namespace weft {

using SubscriptionId = Id<struct SubscriptionTag>;

struct SourceRight {
  ProductId product;
  DomainId reader;                             // the domain that builds
  std::string reader_path;                     // of today, also after a move
  std::optional<SubscriptionId> subscription;  // none: the product is of that domain itself, or of one below it

  [[nodiscard]] friend bool operator==(const SourceRight& a, const SourceRight& b) {
    return a.product == b.product && a.reader == b.reader && a.subscription == b.subscription;
  }
};

// `rights` with those of `more` that are not among them yet.
void add_rights(std::vector<SourceRight>& rights, const std::vector<SourceRight>& more);

}  // namespace weft
