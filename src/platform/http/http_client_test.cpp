#include "platform/http/http_client.h"

#include <fmt/format.h>

#include "platform/http/server_fixture.h"

namespace weft::http {

namespace {

class HttpClientTest : public ServerTest {
 protected:
  std::string url(std::string_view path) const { return fmt::format("http://127.0.0.1:{}{}", server->port(), path); }
  HttpClient client;
};

TEST_F(HttpClientTest, SendsWhatItIsGivenAndHandsBackWhatCame) {
  handler.on_handle = [](Request&& request) {
    auto response = text_response(409, "text/plain",
                                  fmt::format("{}|{}|{}", request.path, request.body, request.header("content-type").value_or("none")));
    response.set("X-Seen", std::string(request.header("x-mine").value_or("none")));
    return response;
  };
  start();
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const auto response = client.send({.method = method, .url = url("/a"), .headers = {{"X-Mine", "yes"}}, .body = "{}"});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 409);
    EXPECT_EQ(response->body, "/a|{}|none");
    EXPECT_EQ(response->header("x-seen"), "yes");
  }
  EXPECT_EQ(client.send({.url = url("/b")})->body, "/b||none");
  EXPECT_EQ(client.send({.method = "HEAD", .url = url("/b")})->body, "");
  EXPECT_EQ(client.send({.method = "POST", .url = url("/c")})->body, "/c||none");
  EXPECT_TRUE(eventually([&] { return seen().size() == 7; }));
}

TEST_F(HttpClientTest, KeepsItsConnection) {
  handler.on_handle = [](Request&& request) { return text_response(200, "text/plain", request.path); };
  start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.send({.url = url("/a")})->body, "/a");
  EXPECT_TRUE(eventually([&] { return seen().size() == 3; }));
  EXPECT_EQ(server->connections(), 1);
}

TEST_F(HttpClientTest, ReadsCompressedAnswersAndStreams) {
  const std::string text(100'000, 'a');
  handler.on_handle = [&](Request&& request) {
    if (request.path == "/stream") return stream_response("text/csv", chunks({text, "b"}), log);
    return text_response(200, "text/plain", text);
  };
  start();
  const auto response = client.send({.url = url("/")});
  EXPECT_EQ(response->body, text);
  EXPECT_EQ(response->header("content-encoding"), "gzip");
  std::string pieces;
  EXPECT_TRUE(client.send({.url = url("/stream"), .on_body = [&](std::string_view piece) {
                             pieces += piece;
                             return true;
                           }}));
  EXPECT_EQ(pieces, text + "b");
  const auto stopped = client.send({.url = url("/stream"), .on_body = [](std::string_view) { return false; }});
  EXPECT_EQ(stopped.error().id, "client.stopped");
  EXPECT_EQ(client.send({.url = url("/"), .max_body_bytes = 1000}).error().id, "client.too_large");
}

TEST_F(HttpClientTest, FollowsRedirectsOnTheSameServerOnly) {
  handler.on_handle = [this](Request&& request) {
    Response response = text_response(302, "text/plain", "");
    if (request.path == "/here") response.set("Location", "/target");
    if (request.path == "/there") response.set("Location", fmt::format("http://localhost:{}/target", server->port()));
    if (request.path == "/round") response.set("Location", "/round");
    if (request.path == "/target") response = text_response(200, "text/plain", "reached");
    return response;
  };
  start();
  EXPECT_EQ(client.send({.url = url("/here")})->body, "reached");
  EXPECT_EQ(client.send({.url = url("/there")})->status, 302);
  EXPECT_EQ(client.send({.url = url("/round")})->status, 302);
  EXPECT_EQ(client.send({.method = "POST", .url = url("/here")})->status, 302);
}

TEST_F(HttpClientTest, SaysWhatWentWrong) {
  Gate gate;
  handler.on_handle = [&](Request&&) {
    gate.wait();
    return text_response(200, "text/plain", "x");
  };
  start();
  const auto late = client.send({.url = url("/"), .timeout = std::chrono::milliseconds(50)});
  EXPECT_EQ(late.error().id, "client.timeout");
  EXPECT_NE(late.error().message.find(url("/")), std::string::npos);
  gate.open();
  const auto gone = url("/");
  server->drain(std::chrono::seconds(10));
  EXPECT_EQ(client.send({.url = gone}).error().id, "client.unreachable");
  EXPECT_EQ(client.send({.url = "file:///etc/passwd"}).error().id, "client.failed");
}

}  // namespace

}  // namespace weft::http
