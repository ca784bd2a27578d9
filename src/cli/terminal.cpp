#include "cli/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>

namespace weft {

namespace {

constexpr auto kFirstShow = std::chrono::milliseconds(500);
constexpr auto kShowPause = std::chrono::milliseconds(100);
constexpr std::string_view kEraseLine = "\r\033[K";

int descriptor_of(Stream stream) {
  switch (stream) {
    case Stream::Input: return STDIN_FILENO;
    case Stream::Output: return STDOUT_FILENO;
    case Stream::Errors: break;
  }
  return STDERR_FILENO;
}

// What the signal handler puts in order. Signals may come at any moment: plain memory, and flags that are set last.
struct Disorder {
  std::array<char, 4096> unfinished{};
  volatile std::sig_atomic_t has_unfinished = 0;
  termios before{};
  volatile std::sig_atomic_t silenced = 0;
  volatile std::sig_atomic_t line_shown = 0;
};
Disorder disorder;  // NOLINT: a signal handler has nothing else

void put_in_order_and_end(int signal) {
  if (disorder.has_unfinished != 0) ::unlink(disorder.unfinished.data());
  if (disorder.silenced != 0) ::tcsetattr(STDIN_FILENO, TCSANOW, &disorder.before);
  if (disorder.line_shown != 0) (void)!::write(STDERR_FILENO, kEraseLine.data(), kEraseLine.size());
  // The shell shall see what happened: end by the signal itself.
  std::signal(signal, SIG_DFL);
  ::raise(signal);
}

std::unexpected<Error> not_written(std::string_view what) {
  return fail(ErrorKind::Internal, "output.failed", fmt::format("{} can't be written: {}.", what, std::strerror(errno)));
}

Result<void> write_all(int descriptor, std::string_view bytes, std::string_view what) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return fail(ErrorKind::Internal, "output.closed", "The reader of the output went away.");
    } else if (errno != EINTR) {
      return not_written(what);
    }
  }
  return {};
}

}  // namespace

bool is_terminal(Stream stream) { return ::isatty(descriptor_of(stream)) == 1; }

std::size_t terminal_columns() {
  constexpr std::size_t kUsual = 80, kLeast = 20;
  std::size_t columns = 0;
  if (const char* text = std::getenv("COLUMNS")) {
    const std::string_view number = text;
    if (std::from_chars(number.data(), number.data() + number.size(), columns).ec == std::errc() && columns >= kLeast) return columns;
  }
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= kLeast) return size.ws_col;
  return kUsual;
}

void prepare_terminal() {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, put_in_order_and_end);
}

Result<void> write_output(std::string_view bytes) { return write_all(STDOUT_FILENO, bytes, "The output"); }

void remark(std::string_view line) { (void)write_all(STDERR_FILENO, fmt::format("{}\n", line), "A remark"); }

Result<std::string> ask(std::string_view prompt, Echo echo) {
  const bool terminal = is_terminal(Stream::Input);
  if (terminal && echo == Echo::Hidden && ::tcgetattr(STDIN_FILENO, &disorder.before) == 0) {
    disorder.silenced = 1;
    auto silent = disorder.before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  // Only now: whoever answers at once must neither be shown nor flushed away.
  if (terminal) (void)write_all(STDERR_FILENO, prompt, "A question");
  // Byte by byte: what follows the line is not ours.
  std::string answer;
  char byte = 0;
  ssize_t got = 0;
  while ((got = ::read(STDIN_FILENO, &byte, 1)) == 1 && byte != '\n' && answer.size() < 64 * 1024) answer.push_back(byte);
  if (disorder.silenced != 0) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &disorder.before);
    disorder.silenced = 0;
    (void)write_all(STDERR_FILENO, "\n", "A question");
  }
  if (answer.ends_with('\r')) answer.pop_back();
  if (answer.empty() && got <= 0) return fail(ErrorKind::Invalid, "usage.no_answer", "Standard input ended before an answer came.");
  return answer;
}

void Progress::show(std::string_view text) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_terminal(Stream::Errors) || now - begun_ < kFirstShow || (shown_ && now - last_ < kShowPause)) return;
  last_ = now;
  shown_ = true;
  disorder.line_shown = 1;
  (void)write_all(STDERR_FILENO, fmt::format("{}{}", kEraseLine, text.substr(0, terminal_columns() - 1)), "Progress");
}

void Progress::erase() {
  if (!shown_) return;
  (void)write_all(STDERR_FILENO, kEraseLine, "Progress");
  shown_ = false;
  disorder.line_shown = 0;
}

Result<UnfinishedFile> UnfinishedFile::create(std::filesystem::path file) {
  auto part = file;
  part += fmt::format(".{}.part", ::getpid());
  const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return not_written(file.string());
  if (part.native().size() < disorder.unfinished.size()) {
    part.native().copy(disorder.unfinished.data(), part.native().size());
    disorder.unfinished[part.native().size()] = '\0';
    disorder.has_unfinished = 1;
  }
  return UnfinishedFile(std::move(file), std::move(part), descriptor);
}

UnfinishedFile::UnfinishedFile(UnfinishedFile&& other) noexcept
    : file_(std::move(other.file_)), part_(std::move(other.part_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

UnfinishedFile::~UnfinishedFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(part_.c_str());
  disorder.has_unfinished = 0;
}

Result<void> UnfinishedFile::write(std::string_view bytes) { return write_all(descriptor_, bytes, file_.string()); }

Result<void> UnfinishedFile::finish() {
  const int descriptor = std::exchange(descriptor_, -1);
  const bool closed = ::close(descriptor) == 0;
  if (!closed || ::rename(part_.c_str(), file_.c_str()) != 0) {
    auto failure = not_written(file_.string());
    ::unlink(part_.c_str());
    disorder.has_unfinished = 0;
    return failure;
  }
  disorder.has_unfinished = 0;
  return {};
}

}  // namespace weft
