// One worker process, seen from the server: started, watched, ended. Its folder and descriptors go with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/worker/file_descriptor.h"
#include "platform/worker/message.h"
#include "platform/worker/worker_folder.h"

namespace weft {

// Thread-compatible: one thread at a time.
class WorkerProcess {
 public:
  // Starts `binary` with an empty environment, `arguments` after its name, its end of the socket as descriptor 3, and
  // both outputs on a pipe to us. REQUIRES: called on a thread that lives as long as the worker shall (PDEATHSIG).
  // Errors: `worker.start_failed`.
  [[nodiscard]] static Result<std::unique_ptr<WorkerProcess>> start(const std::filesystem::path& binary,
                                                                    const std::vector<std::string>& arguments, WorkerFolder folder);
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();  // kills and reaps

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] int output() const { return output_.get(); }    // readable: call drain_output()
  [[nodiscard]] int end_event() const { return pidfd_.get(); }  // readable once it has ended
  [[nodiscard]] const WorkerFolder& folder() const { return folder_; }

  // It said that it is confined and warm.
  [[nodiscard]] bool ready() const { return ready_; }
  // Where it reports connect(), if it does; see system_calls.h.
  [[nodiscard]] int connect_events() const { return connect_events_.get(); }
  // Before the job only: takes its word that it is ready. False: it is gone or talks nonsense.
  [[nodiscard]] bool await_ready();
  [[nodiscard]] MessageReader& reader() { return reader_; }

  void drain_output();
  // The last of what it wrote to its outputs.
  [[nodiscard]] const std::string& last_words() const { return last_words_; }

  struct Usage {
    std::int64_t resident_bytes = 0;
    std::int64_t threads = 0;
  };
  [[nodiscard]] Usage usage() const;  // zeroes once it has ended

  struct End {
    int signal = 0;  // 0: it exited
    int code = 0;
  };
  void kill();
  // Waits up to `patience` for the end, then kills. Idempotent.
  End end(std::chrono::milliseconds patience);

 private:
  WorkerProcess(WorkerFolder folder) : folder_(std::move(folder)) {}

  int pid_ = -1;
  WorkerFolder folder_;
  FileDescriptor socket_, output_, pidfd_, connect_events_, statistics_;
  MessageReader reader_;
  bool ready_ = false;
  std::string last_words_;
  std::optional<End> ended_;
};

}  // namespace weft
