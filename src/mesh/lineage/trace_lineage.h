// Walks from a product or an element through everything that it is made of or that is made of it, within limits.
#pragma once

#include "mesh/element/element_store.h"
#include "mesh/lineage/lineage.h"
#include "mesh/product/product_store.h"

namespace weft {

struct LineagePorts {
  ElementStore& elements;
  ProductStore& products;
};

inline constexpr int kMaxLineageDepth = 32;
inline constexpr int kDefaultLineageDepth = 16;
inline constexpr std::size_t kMaxLineageNodes = 500;

struct LineageRequest {
  LineageDirection direction = LineageDirection::Both;
  int depth = kDefaultLineageDepth;  // edges
};

// What `who` may know of it: published products like everybody, elements with their tables and stores where he keeps the
// domain. REQUIRES: he may know the root.
[[nodiscard]] Result<LineageGraph> trace_lineage(Tx& tx, const Principal& who, const LineagePorts& ports, const Product& root,
                                                 const LineageRequest& request);
[[nodiscard]] Result<LineageGraph> trace_lineage(Tx& tx, const Principal& who, const LineagePorts& ports, const Element& root,
                                                 const LineageRequest& request);

}  // namespace weft
