#include <fmt/format.h>

#include "platform/file/atomic_file.h"
#include "platform/mail/mail.h"
#include "platform/mail/message.h"

namespace weft {

namespace {

class FolderSender final : public MailSender {
 public:
  FolderSender(std::filesystem::path folder, Mailbox from, int keep)
      : folder_(std::move(folder)), from_(std::move(from)), keep_(static_cast<std::size_t>(std::max(keep, 1))) {
    std::error_code ignored;  // what can't be listed stays
    for (std::filesystem::directory_iterator at(folder_, ignored), end; !ignored && at != end; at.increment(ignored)) {
      if (at->path().extension() == ".eml") names_.insert(at->path().filename().string());
    }
  }

  Result<void> send(const Mail& mail, Timestamp at) override {
    auto message = TRY(format_message(mail, from_, at));
    auto written = write_file_atomically(folder_ / (mail.id + ".eml"), message, 0600);
    if (written) {
      forget_oldest(mail.id + ".eml");
      return {};
    }
    // A full disk passes.
    return fail(make_error(ErrorKind::Unavailable, "mail.unavailable", "The mail could not be written to the mail folder.")
                    .with_detail(written.error().message));
  }

 private:
  void forget_oldest(std::string name) {
    const std::scoped_lock lock(mutex_);
    names_.insert(std::move(name));
    while (names_.size() > keep_) {
      std::error_code ignored;  // somebody was faster
      std::filesystem::remove(folder_ / *names_.begin(), ignored);
      names_.erase(names_.begin());
    }
  }

  std::filesystem::path folder_;
  Mailbox from_;
  std::size_t keep_;
  std::mutex mutex_;
  std::set<std::string> names_;
};

}  // namespace

Result<std::unique_ptr<MailSender>> make_folder_sender(std::filesystem::path folder, std::string from, int keep) {
  auto sender = parse_mailbox(from);
  if (!sender) {
    return fail(ErrorKind::Invalid, "mail.bad_sender", "mail.from is no mail address", "Set it to an address such as weft@example.org.");
  }
  std::error_code problem;
  if (std::filesystem::create_directories(folder, problem)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, problem);
  }
  if (problem || !std::filesystem::is_directory(folder, problem)) {
    return fail(ErrorKind::Internal, "mail.folder",
                fmt::format("{} can't be made a folder for mail: {}", folder.string(), problem ? problem.message() : "it is no folder"));
  }
  return std::make_unique<FolderSender>(std::move(folder), *std::move(sender), keep);
}

}  // namespace weft
