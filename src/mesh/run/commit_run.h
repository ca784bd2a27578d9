// What a run leaves: snapshot, version, lineage, tags and its own end, in one transaction; or its failure. Its audit entry
// and what the owners are told go with it.
#pragma once

#include "mesh/run/plan_run.h"

namespace weft {

// What was made, before it is anybody's.
struct MadeOutputs {
  std::filesystem::path folder;             // of the snapshot, relative to the data folder
  std::vector<AssembledFile> files;         // of RunPlan::outputs, in that order
  std::map<std::string, Profile> profiles;  // of a product's ports
};

// Writes `run` as Succeeded. Rights and tags are looked up once more: what was read is kept only if it may be read still.
// Returns the files of snapshots that were forgotten, relative to the data folder.
// Errors: `run.right_changed`, `run.ingredient_missing`, `product.cycle`, `element.changed`, `product.retired`,
// `run.not_open` when it was ended or taken over elsewhere. REQUIRES: Write.
[[nodiscard]] Result<std::vector<std::string>> commit_run(Tx& tx, const RunPorts& ports, Run& run, RunPlan plan, const MadeOutputs& made);

// Writes `run`, Failed or Cancelled with its failure, and when its object is due again; tells the owners when it begins to
// fail. Errors: `run.not_open`. REQUIRES: Write.
[[nodiscard]] Result<void> commit_failure(Tx& tx, const RunPorts& ports, const Run& run);

}  // namespace weft
