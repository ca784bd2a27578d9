// What a run is going to make and of what, worked out before any row moves: outputs, the ingredients that each is made of,
// and by which rights those are read.
#pragma once

#include "mesh/product/publish_product.h"
#include "mesh/run/run_ports.h"

namespace weft {

struct PlannedOutput {
  AssembledPort port;                // its target is set once there is a folder for it
  std::vector<std::size_t> made_of;  // positions in RunPlan::ingredients
};

struct RunPlan {
  SnapshotId snapshot;  // of what is made
  ReadingDomain reader;
  Rate rate;
  std::vector<Ingredient> wanted;
  std::vector<ResolvedIngredient> ingredients;  // of `wanted`, in that order
  std::vector<PlannedOutput> outputs;
  std::optional<Element> element;     // either: the view that is refreshed
  std::optional<Product> product;     // or the product, and
  PublishableDefinition publishable;  // what its ports are
};

// Errors: `element.not_found`, `product.not_found` where there is nothing to run for any more, those of resolve_for().
[[nodiscard]] Result<RunPlan> plan_run(Tx& tx, const RunPorts& ports, const Run& run);

// The ingredients as they are now. Errors: `run.ingredient_missing` with all that is missing or may not be read.
[[nodiscard]] Result<std::vector<ResolvedIngredient>> resolve_for(Tx& tx, const RunPorts& ports, const RunPlan& plan);

// All rights on which an output rests.
[[nodiscard]] std::vector<SourceRight> rights_of(const RunPlan& plan, const PlannedOutput& output);

// What an output's columns are made of, by the ingredients as they were read; nullopt: of one of those that is not known.
[[nodiscard]] std::optional<Provenance> provenance_of(const RunPorts& ports, const RunPlan& plan, const PlannedOutput& output,
                                                      const AssembledFile& made);

// What the ports of a product are made of, for the lineage that is published.
[[nodiscard]] std::vector<PortInput> inputs_of(const RunPlan& plan);

}  // namespace weft
