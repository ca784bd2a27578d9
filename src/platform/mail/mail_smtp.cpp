// SMTP by libcurl, which stays in this file. A connection per mail: there are few, and none is ever stale.

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "platform/mail/mail.h"
#include "platform/mail/message.h"

namespace weft {

namespace {

// How far the dialogue came: what a refusal means depends on what was asked.
enum class Stage { Greeting, Login, Sender, Recipient, Content };
enum class Farewell { Unsaid, Said };  // after QUIT, replies matter no more

struct Dialogue {
  std::string_view unsent;
  Stage stage = Stage::Greeting;
  Farewell farewell = Farewell::Unsaid;
  std::string last_reply;  // the server's last line before that
};

std::size_t read_body(char* buffer, std::size_t size, std::size_t count, void* context) {
  auto& dialogue = *static_cast<Dialogue*>(context);
  dialogue.stage = Stage::Content;
  auto taken = dialogue.unsent.substr(0, size * count);
  std::ranges::copy(taken, buffer);
  dialogue.unsent.remove_prefix(taken.size());
  return taken.size();
}

// libcurl tells which command failed nowhere but here. Nothing of AUTH, which holds the password, is kept.
int watch(CURL*, curl_infotype type, char* data, std::size_t size, void* context) {
  constexpr std::size_t kMaxReplyBytes = 500;
  auto& dialogue = *static_cast<Dialogue*>(context);
  std::string_view line(data, size);
  if (type == CURLINFO_HEADER_OUT) {
    if (line.starts_with("AUTH")) dialogue.stage = Stage::Login;
    if (line.starts_with("MAIL FROM")) dialogue.stage = Stage::Sender;
    if (line.starts_with("RCPT TO")) dialogue.stage = Stage::Recipient;
    if (line.starts_with("DATA")) dialogue.stage = Stage::Content;
    if (line.starts_with("QUIT")) dialogue.farewell = Farewell::Said;
  } else if (type == CURLINFO_HEADER_IN && dialogue.farewell == Farewell::Unsaid) {
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    dialogue.last_reply = line.substr(line.rfind('\n') + 1, kMaxReplyBytes);
    std::ranges::replace_if(dialogue.last_reply, [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  }
  return 0;
}

class SmtpSender final : public MailSender {
 public:
  SmtpSender(SmtpOptions options, Mailbox from) : options_(std::move(options)), from_(std::move(from)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    if (options_.client_name.empty()) options_.client_name = from_.domain();
    auto host = options_.host.find(':') == std::string::npos ? options_.host : "[" + options_.host + "]";
    url_ =
        fmt::format("{}://{}:{}/{}", options_.security == SmtpSecurity::Tls ? "smtps" : "smtp", host, options_.port, options_.client_name);
  }

  Result<void> send(const Mail& mail, Timestamp at) override {
    auto message = TRY(format_message(mail, from_, at));
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), curl_easy_cleanup);
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(curl_slist_append(nullptr, fmt::format("<{}>", mail.to).c_str()),
                                                                           curl_slist_free_all);
    if (!easy || !recipients) return fail(ErrorKind::Unavailable, "mail.unavailable", "There is no memory for sending.");

    Dialogue dialogue{message};
    char problem[CURL_ERROR_SIZE] = "";
    set_up(easy.get(), recipients.get(), dialogue, problem);
    auto code = curl_easy_perform(easy.get());
    if (code == CURLE_OK) return {};
    long reply = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &reply);
    return failure(code, reply, dialogue, *problem != '\0' ? problem : curl_easy_strerror(code));
  }

 private:
  void set_up(CURL* easy, curl_slist* recipients, Dialogue& dialogue, char* problem) const {
    auto set = [&](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");  // the environment's proxies are for the web
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, problem);
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_TIMEOUT, static_cast<long>(options_.total_timeout.count()));
    set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(options_.total_timeout.count()));
    if (options_.security == SmtpSecurity::StartTls) set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    if (!options_.user.empty()) {
      set(CURLOPT_USERNAME, options_.user.c_str());
      set(CURLOPT_PASSWORD, options_.password.c_str());
    }
    set(CURLOPT_MAIL_FROM, fmt::format("<{}>", from_.address).c_str());  // copied by libcurl
    set(CURLOPT_MAIL_RCPT, recipients);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &read_body);
    set(CURLOPT_READDATA, static_cast<void*>(&dialogue));
    set(CURLOPT_VERBOSE, 1L);
    set(CURLOPT_DEBUGFUNCTION, &watch);
    set(CURLOPT_DEBUGDATA, static_cast<void*>(&dialogue));
  }

  [[nodiscard]] std::unexpected<Error> failure(CURLcode code, long reply, const Dialogue& dialogue, std::string_view problem) const {
    auto server = fmt::format("{}:{}", options_.host, options_.port);
    auto words = dialogue.last_reply.empty() ? std::string(problem) : dialogue.last_reply;
    bool refused = reply >= 500 && reply < 600 && code != CURLE_OPERATION_TIMEDOUT;
    auto detail = fmt::format("{} ({}), reply {}", problem, static_cast<int>(code), reply);
    auto error = [&](ErrorKind kind, std::string id, std::string message, std::string hint) {
      return fail(make_error(kind, std::move(id), std::move(message)).with_hint(std::move(hint)).with_detail(detail));
    };
    if (code == CURLE_LOGIN_DENIED || (refused && dialogue.stage == Stage::Login)) {
      return error(ErrorKind::Unavailable, "mail.login_refused", fmt::format("{} refused our name or password: {}", server, words),
                   "Check mail.smtp_user and mail.smtp_password.");
    }
    if (refused && (dialogue.stage == Stage::Recipient || dialogue.stage == Stage::Content)) {
      return error(ErrorKind::Unprocessable, "mail.refused", fmt::format("{} refused the mail: {}", server, words), {});
    }
    if (refused && dialogue.stage == Stage::Sender) {
      return error(ErrorKind::Unavailable, "mail.sender_refused", fmt::format("{} refused our sender {}: {}", server, from_.address, words),
                   "Check mail.from, and whether the server wants mail.smtp_user or mail.smtp_security.");
    }
    if (reply >= 400) {
      return error(ErrorKind::Unavailable, "mail.unavailable", fmt::format("{} answered: {}", server, words), {});
    }
    return error(ErrorKind::Unavailable, "mail.unavailable", fmt::format("{} could not be reached: {}", server, problem),
                 "Check mail.smtp_host, mail.smtp_port and mail.smtp_security.");
  }

  SmtpOptions options_;
  Mailbox from_;
  std::string url_;
};

}  // namespace

Result<std::unique_ptr<MailSender>> make_smtp_sender(SmtpOptions options) {
  auto from = parse_mailbox(options.from);
  if (!from) {
    return fail(ErrorKind::Invalid, "mail.bad_sender", "mail.from is no mail address", "Set it to an address such as weft@example.org.");
  }
  return std::make_unique<SmtpSender>(std::move(options), *std::move(from));
}

}  // namespace weft
