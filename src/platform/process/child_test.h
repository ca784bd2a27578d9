// A child process for tests, which reports line by line over a pipe. No other thread may run when it is made.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>

namespace weft {

class Child {
 public:
  using Report = std::function<void(std::string_view line)>;
  // The child runs `body`, then exits with what it returns.
  explicit Child(const std::function<int(const Report&)>& body) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      int code = body([&](std::string_view line) {
        auto text = std::string(line) + "\n";
        if (::write(ends[1], text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(99);
      });
      ::_exit(code);
    }
    ::close(ends[1]);
    reports_ = ends[0];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) {
      kill(SIGKILL);
      wait();
    }
    ::close(reports_);
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void kill(int signal) const { ::kill(pid_, signal); }
  // Blocks. Empty when the child is gone.
  std::string report() const {
    std::string line;
    for (char c = 0; ::read(reports_, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }
  // Its exit code; minus the signal that ended it.
  int wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(std::exchange(pid_, -1), &status, 0) > 0, true);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int reports_ = -1;
};

}  // namespace weft
