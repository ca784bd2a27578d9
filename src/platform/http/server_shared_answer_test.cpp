// Answers whose bytes many get.
#include "platform/http/server_fixture.h"

namespace weft::http {

namespace {

// Whatever a client asks for, it can't tell whether others got the same bytes before.
TEST_F(ServerTest, SharedBytesAreAnsweredAsOwnOnes) {
  Headers headers{{"Content-Type", "text/plain"}, {"ETag", "\"1\""}, {"Vary", "Accept"}, {"Content-Length", "1"}, {"x-weft-route", "/r"}};
  const auto body = std::make_shared<const std::string>(5000, 'x');
  const auto shared_head = std::make_shared<const SharedHead>(206, headers);
  const auto ok_head = std::make_shared<const SharedHead>(200, headers);
  handler.on_admit = [&](const RequestHead& request) {
    Admission admission;
    auto& response = admission.answer.emplace();
    const bool partial = request.query.find("partial") != std::string::npos;
    if (request.path == "/shared") {
      response.set("x-weft-route", "/r");
      response.body = SharedAnswer{partial ? shared_head : ok_head, body};
    } else {
      response.status = partial ? 206 : 200;
      response.headers = headers;
      response.body = *body;
    }
    return admission;
  };
  options.trusted_proxies = {"127.0.0.0/8"};
  options.cors_origins = {"https://known.example"};
  start();
  const std::string requests[] = {
      "GET {} HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\n\r\n",
      "GET {} HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET {} HTTP/1.1\r\nHost: x\r\nOrigin: https://known.example\r\n\r\n",
      "GET {} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n",
      "GET {} HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"1\"\r\n\r\n",
      "GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      "GET {} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "HEAD {} HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET {} HTTP/1.1\r\nHost: x\r\n\r\n",
  };
  const auto ask = [&](const std::string& request, const std::string& path) {
    SocketClient client(server->port());
    client.send(fmt::format(fmt::runtime(request), path));
    auto reply = client.receive(request.starts_with("HEAD") ? SocketClient::Body::None : SocketClient::Body::AsFramed);
    std::erase_if(reply.headers, [](const auto& field) { return field.first == "X-Request-Id" || field.first == "Date"; });
    return reply;
  };
  for (const auto& request : requests) {
    for (const std::string query : {"", "?partial"}) {
      const auto own = ask(request, "/own" + query), shared = ask(request, "/shared" + query);
      EXPECT_EQ(shared.status, own.status) << request;
      EXPECT_EQ(shared.headers, own.headers) << request;
      EXPECT_EQ(shared.body, own.body) << request;
    }
  }
  ASSERT_TRUE(eventually([&] { return seen().size() == 2 * 2 * std::size(requests); }));
  for (const auto& seen : seen()) EXPECT_EQ(seen.route, "/r");
}

}  // namespace

}  // namespace weft::http
