// The composition root: finds the command and hands over. A worker confines itself before anything else happens but that
// the standard descriptors are open.
#include <cstring>

#include "cli/command.h"
#include "mesh/datastore/pull_verbs_worker.h"
#include "mesh/run/profile_worker.h"
#include "mesh/run/transform_verbs_worker.h"
#include "platform/process/standard_descriptors.h"
#include "platform/worker/worker.h"

namespace {

int run_worker(int argc, char** argv) {
  auto verbs = weft::pull_verbs();
  std::ranges::move(weft::transform_verbs(), std::back_inserter(verbs));
  verbs.push_back(weft::profile_verb());
  return weft::worker_main(argc, argv, verbs);
}

}  // namespace

int main(int argc, char** argv) {
  if (!weft::open_missing_standard_descriptors()) return 1;
  if (argc > 1 && std::strcmp(argv[1], "worker") == 0) return run_worker(argc, argv);
  return weft::run_command(argc, argv);
}
