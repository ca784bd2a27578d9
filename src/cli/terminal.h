// What a command has to do with the terminal: what it prints, what it asks, what it shows while it waits. Not for the
// server, which logs.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft {

enum class Stream { Input, Output, Errors };
[[nodiscard]] bool is_terminal(Stream stream);
// Of the terminal that standard output is; COLUMNS goes before it; 80 where nobody knows.
[[nodiscard]] std::size_t terminal_columns();

// From now on a signal that ends the program first puts the terminal back in order and removes an UnfinishedFile, and a
// reader that went away is an error of write(). Call it once, before anything else here.
void prepare_terminal();

// To standard output, unbuffered. Errors: `output.closed` (the reader went away, as `head` does: no failure),
// `output.failed`.
[[nodiscard]] Result<void> write_output(std::string_view bytes);
// A remark to the person, a line on standard error. Never part of a result.
void remark(std::string_view line);

// One line from the terminal, or from standard input where that is none.
// Errors: `usage.no_answer` at its end.
enum class Echo { Shown, Hidden };
[[nodiscard]] Result<std::string> ask(std::string_view prompt, Echo echo);

// A line on standard error that changes while something takes long, and goes away. Nothing where that is no terminal.
class Progress {
 public:
  Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { erase(); }
  // Shown at most ten times a second, and not in the first half of a second.
  void show(std::string_view text);
  void erase();

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now(), last_ = begun_;
  bool shown_ = false;
};

// A file that nobody shall take for whole before it is: written beside its name, renamed at the end, removed when it
// does not come to that. At most one at a time.
class UnfinishedFile {
 public:
  // Errors: `output.failed`.
  [[nodiscard]] static Result<UnfinishedFile> create(std::filesystem::path file);
  UnfinishedFile(UnfinishedFile&& other) noexcept;
  UnfinishedFile& operator=(UnfinishedFile&&) = delete;
  ~UnfinishedFile();

  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> finish();

 private:
  UnfinishedFile(std::filesystem::path file, std::filesystem::path part, int descriptor)
      : file_(std::move(file)), part_(std::move(part)), descriptor_(descriptor) {}

  std::filesystem::path file_, part_;
  int descriptor_ = -1;
};

}  // namespace weft
