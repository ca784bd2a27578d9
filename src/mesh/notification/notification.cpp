#include "mesh/notification/notification.h"

namespace weft {

namespace {

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string_view to_text(MailState state) {
  switch (state) {
    case MailState::Waiting: return "waiting";
    case MailState::Sent: return "sent";
    case MailState::Failed: return "failed";
  }
  return "";
}

Result<MailState> parse_mail_state(std::string_view text) {
  for (auto state : {MailState::Waiting, MailState::Sent, MailState::Failed}) {
    if (to_text(state) == text) return state;
  }
  return fail(ErrorKind::Invalid, "outbox.unknown_state", fmt::format("There is no state '{}'.", text),
              "States are waiting, sent and failed.");
}

std::int64_t mail_pause_seconds(int attempts) {
  constexpr std::int64_t kLongest = 6 * 3600;
  if (attempts >= 10) return kLongest;
  return std::min<std::int64_t>(kLongest, std::int64_t{60} << std::max(0, attempts - 1));
}

MailBodies render_mail(const Notification& notification, std::string_view recipient_name, std::string_view public_url) {
  const auto link = fmt::format("{}{}", public_url, notification.link);
  MailBodies bodies;
  bodies.text = fmt::format("Hello {},\n\n{}\n\n{}\n\n-- \nWeft\n", recipient_name, notification.text, link);
  std::string paragraphs;
  std::string_view rest = notification.text;
  while (!rest.empty()) {
    const auto end = rest.find("\n\n");
    auto paragraph = escape_html(rest.substr(0, end));
    for (std::size_t at = 0; (at = paragraph.find('\n', at)) != std::string::npos; at += 5) paragraph.replace(at, 1, "<br>\n");
    paragraphs += fmt::format("<p>{}</p>\n", paragraph);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 2);
  }
  bodies.html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title></head>\n"
      "<body style=\"font:16px/1.5 system-ui,sans-serif;color:#1b1f24;background:#f6f7f9;margin:0;padding:32px 16px\">\n"
      "<div style=\"max-width:560px;margin:0 auto;background:#fff;border:1px solid #dfe3e8;border-radius:8px;padding:24px 32px\">\n"
      "<h1 style=\"font-size:20px;margin:0 0 16px\">{0}</h1>\n<p>Hello {1},</p>\n{2}"
      "<p><a href=\"{3}\" style=\"display:inline-block;background:#2454d6;color:#fff;text-decoration:none;padding:10px "
      "20px;border-radius:6px\">Open in Weft</a></p>\n"
      "</div></body></html>\n",
      escape_html(notification.subject), escape_html(recipient_name), paragraphs, escape_html(link));
  return bodies;
}

}  // namespace weft
