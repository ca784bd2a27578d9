#include <fmt/format.h>

#include "platform/file/atomic_file.h"
#include "platform/mail/mail.h"
#include "platform/mail/message.h"

namespace weft {

namespace {

class FolderSender final : public MailSender {
 public:
  FolderSender(std::filesystem::path folder, Mailbox from) : folder_(std::move(folder)), from_(std::move(from)) {}

  Result<void> send(const Mail& mail, Timestamp at) override {
    auto message = TRY(format_message(mail, from_, at));
    auto written = write_file_atomically(folder_ / (mail.id + ".eml"), message, 0600);
    if (written) return {};
    // A full disk passes.
    return fail(make_error(ErrorKind::Unavailable, "mail.unavailable", "The mail could not be written to the mail folder.")
                    .with_detail(written.error().message));
  }

 private:
  std::filesystem::path folder_;
  Mailbox from_;
};

}  // namespace

Result<std::unique_ptr<MailSender>> make_folder_sender(std::filesystem::path folder, std::string from) {
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
  return std::make_unique<FolderSender>(std::move(folder), *std::move(sender));
}

}  // namespace weft
