#include "mesh/notification/notification_http.h"

namespace weft {

namespace {

json::value optional_time(const std::optional<Timestamp>& at) { return at ? json::value(to_rfc3339(*at)) : json::value(nullptr); }

json::value to_json(const InboxEntry& entry) {
  return json::object{{"id", entry.id.text()},
                      {"kind", entry.notification.kind},
                      {"subject", entry.notification.subject},
                      {"text", entry.notification.text},
                      {"link", entry.notification.link},
                      {"created_at", to_rfc3339(entry.created_at)},
                      {"read_at", optional_time(entry.read_at)}};
}

json::object to_json(const OutboxMail& mail) {
  return json::object{
      {"id", mail.id.text()},
      {"to", mail.recipient},
      {"to_name", mail.recipient_name},
      {"kind", mail.notification.kind},
      {"subject", mail.notification.subject},
      {"state", to_text(mail.state)},
      {"attempts", mail.attempts},
      {"created_at", to_rfc3339(mail.created_at)},
      {"next_attempt_at", mail.state == MailState::Waiting ? json::value(to_rfc3339(mail.next_attempt_at)) : json::value(nullptr)},
      {"sent_at", optional_time(mail.sent_at)},
      {"failure", mail.failure.empty() ? json::value(nullptr) : json::value(mail.failure)}};
}

Result<OutboxMail> get_mail(Call& call, Outbox& outbox) {
  auto mail = TRY(outbox.find_mail(call.tx(), NotificationId(call.path("id"))));
  if (!mail) return fail(ErrorKind::NotFound, "outbox.not_found", "There is no such mail.");
  return std::move(*mail);
}

}  // namespace

std::vector<Route> notification_routes(Outbox& outbox, const PublicUrl& url) {
  using http::Method;
  std::vector<Route> routes;
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/notifications",
                    .access = kSignedIn,
                    .query = {"limit", "cursor"},
                    .handle = [&outbox](Call& call) -> Result<http::Response> {
                      const auto request = TRY(call.page());
                      const auto page = cut_page(TRY(outbox.inbox(call.tx(), call.who().id, request)), request,
                                                 [](const InboxEntry& last) { return last.id.text(); });
                      json::array items;
                      for (const auto& entry : page.items) items.push_back(to_json(entry));
                      return json_response(200, json::object{{"items", std::move(items)},
                                                             {"unread", TRY(outbox.count_unread(call.tx(), call.who().id))},
                                                             {"next", call.next(page.next)}});
                    }});
  routes.push_back({.method = Method::Post,
                    .pattern = "/api/v1/notifications/{id}/read",
                    .access = kSignedIn,
                    .tx = CallTx::Write,
                    .handle = [&outbox](Call& call) -> Result<http::Response> {
                      CHECK(Form(TRY(call.body(true))).finish());
                      if (!TRY(outbox.mark_read(call.tx(), NotificationId(call.path("id")), call.who().id, call.context.now))) {
                        return fail(ErrorKind::NotFound, "notification.not_found", "There is no such entry in your inbox.");
                      }
                      return empty_response();
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/outbox",
                    .access = kAdministrators,
                    .query = {"state", "limit", "cursor"},
                    .handle = [&outbox](Call& call) -> Result<http::Response> {
                      std::optional<MailState> state;
                      if (auto text = call.parameter("state")) state = TRY(parse_mail_state(*text));
                      const auto page = TRY(call.page());
                      return list_response(
                          call,
                          cut_page(TRY(outbox.mails(call.tx(), state, page)), page, [](const OutboxMail& last) { return last.id.text(); }),
                          [](const OutboxMail& mail) { return json::value(to_json(mail)); });
                    }});
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/outbox/{id}",
                    .access = kAdministrators,
                    .handle = [&outbox, url](Call& call) -> Result<http::Response> {
                      const auto mail = TRY(get_mail(call, outbox));
                      auto object = to_json(mail);
                      const auto bodies = render_mail(mail.notification, mail.recipient_name, url());
                      object["text"] = bodies.text;
                      object["html"] = bodies.html;
                      return json_response(200, object);
                    }});
  // The mail as its reader sees it.
  routes.push_back({.method = Method::Get,
                    .pattern = "/api/v1/outbox/{id}/html",
                    .access = kAdministrators,
                    .handle = [&outbox, url](Call& call) -> Result<http::Response> {
                      const auto mail = TRY(get_mail(call, outbox));
                      auto response = http::text_response(200, "text/html; charset=utf-8",
                                                          render_mail(mail.notification, mail.recipient_name, url()).html);
                      response.set("Content-Security-Policy",
                                   "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups");
                      return response;
                    }});
  return routes;
}

}  // namespace weft
