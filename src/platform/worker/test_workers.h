// For tests: pools whose workers are this test program itself, with verbs that tests add.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "platform/worker/worker.h"

namespace weft {

// The verbs of the test program as a worker; add to them in a static initializer.
std::vector<WorkerVerbEntry>& test_worker_verbs();

struct TestVerb {
  TestVerb(const std::string& name, const WorkerVerb& run) {
    test_worker_verbs().push_back({WorkerKind::Pull, name, run});
    test_worker_verbs().push_back({WorkerKind::Transform, name, run});
  }
};

// A new folder, removed with its owner. Below `/tmp` or TMPDIR.
class TestFolder {
 public:
  TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Writes a file, makes its folders; returns its path.
  std::filesystem::path write(const std::filesystem::path& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string read_file(const std::filesystem::path& file);

// Options that start this program as worker, with `folder`/workers as root.
[[nodiscard]] WorkerOptions test_worker_options(const TestFolder& folder);

// `argv` of the test program as a server that runs one endless job and prints `<worker's pid>` to its output.
inline constexpr const char* kServeOneJob = "serve-one-endless-job";

}  // namespace weft
