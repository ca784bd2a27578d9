// main() of the test program, which is also the worker of its own tests: pools start it as `<program> worker …`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>

#include "platform/worker/test_workers.h"

namespace weft {

std::vector<WorkerVerbEntry>& test_worker_verbs() {
  static std::vector<WorkerVerbEntry> verbs;
  return verbs;
}

TestFolder::TestFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "weft-worker-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TestFolder::write(const std::filesystem::path& name, std::string_view text) const {
  const auto file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

WorkerOptions test_worker_options(const TestFolder& folder) {
  WorkerOptions options;
  options.binary = "/proc/self/exe";
  options.root = folder.path() / "workers";
  options.memory_bytes = 512LL << 20;
  options.disk_bytes = 64LL << 20;
  options.without_landlock = WithoutLandlock::Allow;  // what tests of files need, they look for themselves
  return options;
}

namespace {

int serve_one_endless_job(const char* root) {
  WorkerOptions options;
  options.binary = "/proc/self/exe";
  options.root = root;
  auto pool = start_worker_pool(options);
  if (!pool) return 1;
  WorkerJob job;
  job.verb = "spin";
  // The verb's progress is the worker's pid.
  const auto result = (*pool)->run(job, Cancel(), [](std::int64_t pid) {
    std::printf("%lld\n", static_cast<long long>(pid));
    std::fflush(stdout);
  });
  return result ? 0 : 1;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "worker") return weft::worker_main(argc, argv, weft::test_worker_verbs());
  if (first == weft::kServeOneJob && argc == 3) return weft::serve_one_endless_job(argv[2]);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
