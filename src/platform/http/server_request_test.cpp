// What the server takes as a request, and what it refuses before a handler sees it.
#include <fmt/format.h>

#include "platform/http/server_fixture.h"

namespace weft::http {

namespace {

class RequestTest : public ServerTest {};

TEST_F(RequestTest, ArrivesAtTheHandlerAsSent) {
  handler.on_handle = [](Request&& request) {
    EXPECT_EQ(request.method, Method::Other);
    EXPECT_EQ(request.target, "/a%2Fb/c?d=e&f");
    EXPECT_EQ(request.path, "/a%2Fb/c");
    EXPECT_EQ(request.query, "d=e&f");
    EXPECT_EQ(request.header("x-many"), "one");
    EXPECT_EQ(request.peer_address, "127.0.0.1");
    EXPECT_FALSE(request.secure);
    EXPECT_EQ(request.request_id, "my-id");
    EXPECT_EQ(request.content_length, 5);
    EXPECT_GT(request.received_at.micros, 0);
    return text_response(201, "text/plain", request.body);
  };
  start();
  SocketClient client(server->port());
  const auto reply = client.exchange(
      "BREW /a%2Fb/c?d=e&f HTTP/1.1\r\nHost: x:80\r\nX-Many:\t one \r\nX-Many: two\r\nX-Request-Id: my-id\r\n"
      "Content-Length: 5\r\n\r\nhello");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(reply.header("x-request-id"), "my-id");
}

TEST_F(RequestTest, TakesOddButValidHeads) {
  handler.on_handle = [](Request&& request) {
    return text_response(200, "text/plain", request.path + "|" + std::string(request.header("host").value_or("none")));
  };
  start();
  const std::vector<std::pair<std::string, std::string>> heads{
      {"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "/|x"},
      {"GET http://b:80/c?d HTTP/1.1\r\nHost: a\r\n\r\n", "/c|b:80"},
      {"GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", "/|b"},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "*|a"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "/|"},
      {"GET / HTTP/1.1\r\nHost: [::1]:8\r\nA: \xc3\xa4\r\n\r\n", "/|[::1]:8"},
      {"GET / HTTP/1.0\r\n\r\n", "/|none"},
  };
  for (const auto& [head, body] : heads) {
    SocketClient client(server->port());
    EXPECT_EQ(client.exchange(head).body, body) << head;
  }
}

TEST_F(RequestTest, RequestIdIsOursUnlessItIsAPlainToken) {
  start();
  SocketClient client(server->port());
  for (const std::string& id : {std::string("a b"), std::string("\"x\""), std::string(65, 'a'), std::string()}) {
    const auto reply = client.exchange("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + id + "\r\n\r\n");
    EXPECT_EQ(reply.header("x-request-id").size(), 36) << id;
  }
}

TEST_F(RequestTest, ByteByByteIsTheSameRequest) {
  start();
  SocketClient client(server->port());
  const std::string request =
      "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n";
  for (char byte : request) client.send(std::string_view(&byte, 1));
  EXPECT_EQ(client.receive().body, "/slow|abcdefg");
  EXPECT_EQ(client.exchange("GET /again HTTP/1.1\r\nHost: x\r\n\r\n").body, "/again|");
}

TEST_F(RequestTest, PipelinedAreAnsweredInOrder) {
  start();
  SocketClient client(server->port());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    const auto body = std::string(static_cast<std::size_t>(i), 'b');
    requests += i % 3 == 0 ? fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", i)
                : i % 3 == 1
                    ? fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", i, i, body)
                    : fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n", i, i, body);
  }
  client.send(requests);
  for (int i = 0; i < 200; ++i) {
    const auto body = i % 3 == 0 ? std::string() : std::string(static_cast<std::size_t>(i), 'b');
    EXPECT_EQ(client.receive().body, fmt::format("/{}|{}", i, body));
  }
}

TEST_F(RequestTest, HalfClosedClientIsStillAnswered) {
  start();
  SocketClient client(server->port());
  client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  client.half_close();
  EXPECT_EQ(client.receive().body, "/a|");
  EXPECT_EQ(client.receive().body, "/b|");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(RequestTest, HalfClosedWithinTheHeadIsRefused) {
  start();
  SocketClient client(server->port());
  client.send("GET /a HTTP/1.1\r\nHo");
  client.half_close();
  EXPECT_EQ(problem_code(client.receive()), "request.incomplete");
}

TEST_F(RequestTest, ClientThatLeavesWithinTheBodyIsForgotten) {
  std::atomic<bool> admitted{false};
  handler.on_admit = [&](const RequestHead&) {
    admitted = true;
    return Admission{};
  };
  start();
  SocketClient client(server->port());
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(eventually([&] { return admitted.load(); }));
  client.vanish();
  ASSERT_TRUE(eventually([&] { return !seen().empty(); }));
  EXPECT_EQ(seen().front().status, 0);
  EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
}

TEST_F(RequestTest, ConnectionIsKeptAsTheVersionSays) {
  start();
  struct Case {
    std::string head, connection;
    bool kept;
  };
  for (const auto& [head, connection, kept] : {Case{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "(none)", true},
                                               Case{"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "close", false},
                                               Case{"GET / HTTP/1.0\r\nHost: x\r\n\r\n", "close", false},
                                               Case{"GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", "keep-alive", true}}) {
    SocketClient client(server->port());
    const auto reply = client.exchange(head);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("connection"), connection) << head;
    if (kept) {
      EXPECT_EQ(client.exchange(head).status, 200) << head;
    } else {
      EXPECT_TRUE(client.is_closed_by_server()) << head;
    }
  }
}

// ---- Bodies and their limits

TEST_F(RequestTest, BodyBeyondTheAdmittedSizeIsRefusedBeforeItIsRead) {
  handler.on_admit = [](const RequestHead&) { return Admission{.max_body_bytes = 10}; };
  start();
  SocketClient client(server->port());
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");  // no byte of the body
  const auto reply = client.receive();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(problem_code(reply), "request.body_too_large");
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_EQ(SocketClient(server->port()).exchange("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789").body,
            "/a|0123456789");
}

TEST_F(RequestTest, ChunkedBodyBeyondTheAdmittedSizeIsRefusedWhileItIsRead) {
  handler.on_admit = [](const RequestHead&) { return Admission{.max_body_bytes = 10}; };
  start();
  for (const std::string& chunks : {std::string("b\r\n"), std::string("6\r\n012345\r\n6\r\n"), std::string("fffffff\r\n")}) {
    SocketClient client(server->port());
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
    const auto reply = client.receive();
    EXPECT_EQ(reply.status, 413) << chunks;
    EXPECT_TRUE(client.is_closed_by_server());
  }
  EXPECT_EQ(SocketClient(server->port())
                .exchange("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n")
                .body,
            "/a|0123456789");
}

TEST_F(RequestTest, RefusalReachesAClientThatIsStillSending) {
  handler.on_admit = [](const RequestHead&) { return Admission{.max_body_bytes = 10}; };
  start();
  SocketClient client(server->port());
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
  client.send(std::string(4'000'000, 'x'));
  EXPECT_EQ(client.receive().status, 413);
}

TEST_F(RequestTest, LargeBodiesArrive) {
  handler.on_admit = [](const RequestHead&) { return Admission{.max_body_bytes = 8 << 20}; };
  handler.on_handle = [](Request&& request) { return text_response(200, "text/plain", fmt::to_string(request.body.size())); };
  start();
  SocketClient client(server->port());
  const std::string body(5'000'000, 'x');
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n");
  client.send(body);
  EXPECT_EQ(client.receive().body, "5000000");
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) client.send(fmt::format("{:x}\r\n{}\r\n", 1'000'000, body.substr(0, 1'000'000)));
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.receive().body, "5000000");
}

TEST_F(RequestTest, BodiesOfAllRequestsTogetherAreBounded) {
  options.max_buffered_body_bytes = 100'000;
  start();
  SocketClient first(server->port());
  SocketClient second(server->port());
  first.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 90001\r\n\r\n" + std::string(90'000, 'x'));
  // The share of the first is held once those bytes are read: until then the second may be let in.
  EXPECT_TRUE(eventually([&] {
    SocketClient other(server->port());
    return other.exchange("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + std::string(60'000, 'y')).status == 503;
  }));
  first.send("x");
  EXPECT_EQ(first.receive().status, 200);
  EXPECT_EQ(second.exchange("POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + std::string(60'000, 'y')).status, 200);
}

TEST_F(RequestTest, ContinueIsSentAfterAdmissionOnly) {
  std::atomic<bool> admitted{false};
  handler.on_admit = [&](const RequestHead& head) {
    admitted = true;
    Admission admission;
    if (head.path == "/no") admission.answer = text_response(403, "text/plain", "no");
    return admission;
  };
  start();
  {
    SocketClient client(server->port());
    client.send("POST /yes HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n");
    EXPECT_EQ(client.receive().status, 100);
    EXPECT_TRUE(admitted);
    client.send("abc");
    EXPECT_EQ(client.receive().body, "/yes|abc");
  }
  {
    SocketClient client(server->port());
    const auto reply = client.exchange("POST /no HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(reply.status, 403);
    EXPECT_TRUE(client.is_closed_by_server());
  }
  {
    SocketClient client(server->port());  // the body is there already: no need to say so
    EXPECT_EQ(client.exchange("POST /yes HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc").status, 200);
  }
}

TEST_F(RequestTest, RefusalIsAnsweredWithoutTheHandlerAndKeepsSmallBodiesApart) {
  handler.on_admit = [](const RequestHead&) {
    Admission admission;
    admission.answer = text_response(401, "text/plain", "who are you?");
    return admission;
  };
  handler.on_handle = [](Request&&) {
    ADD_FAILURE() << "the handler ran";
    return Response{};
  };
  start();
  SocketClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n");
    EXPECT_EQ(client.receive().status, 401);  // before the body
    client.send(std::string(3000, 'x'));
  }
  EXPECT_EQ(client.exchange("GET /b HTTP/1.1\r\nHost: x\r\n\r\n").status, 401);
  EXPECT_EQ(client.exchange("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n").header("connection"), "close");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(RequestTest, FullPoolSaysWhenToComeBack) {
  options.password_threads = 1;
  options.password_queue = 2;
  Gate gate;
  handler.on_admit = [](const RequestHead& head) { return Admission{.pool = head.path == "/slow" ? Pool::Password : Pool::Control}; };
  handler.on_handle = [&](Request&& request) {
    if (request.path == "/slow") gate.wait();
    return text_response(200, "text/plain", request.path);
  };
  start();
  std::vector<std::unique_ptr<SocketClient>> slow;
  for (int i = 0; i < 3; ++i) {
    slow.push_back(std::make_unique<SocketClient>(server->port()));
    slow.back()->send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return pool(Pool::Password).busy + pool(Pool::Password).queued == i + 1 && gate.waiting() == 1; }));
  }
  SocketClient client(server->port());
  const auto refused = client.exchange("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(problem_code(refused), "server.busy");
  EXPECT_EQ(client.exchange("GET /quick HTTP/1.1\r\nHost: x\r\n\r\n").body, "/quick");  // same connection, another pool
  gate.open();
  for (auto& one : slow) EXPECT_EQ(one->receive().body, "/slow");
}

// ---- Time-outs and numbers of connections

TEST_F(RequestTest, SlowHeadIsTimedOutAlthoughBytesKeepComing) {
  options.head_timeout = std::chrono::milliseconds(150);
  start();
  SocketClient client(server->port());
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(1000, 'a');
  std::size_t sent = 0;
  while (sent < head.size() && seen().empty()) {
    client.send(head.substr(sent++, 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_LT(sent, head.size());
  EXPECT_EQ(client.receive().status, 408);
  EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
}

TEST_F(RequestTest, StalledBodyIsTimedOut) {
  options.body_timeout = std::chrono::milliseconds(100);
  start();
  SocketClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  const auto reply = client.receive();
  EXPECT_EQ(reply.status, 408);
  EXPECT_EQ(problem_code(reply), "request.body_timeout");
}

TEST_F(RequestTest, TrickledBodyIsTimedOutAlthoughBytesKeepComing) {
  options.body_timeout = std::chrono::milliseconds(150);
  start();
  SocketClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  int sent = 0;
  while (sent < 1000 && seen().empty()) {
    client.send("x");
    ++sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_LT(sent, 1000);
  EXPECT_EQ(client.receive().status, 408);
}

TEST_F(RequestTest, IdleConnectionIsClosedInSilence) {
  options.idle_timeout = std::chrono::milliseconds(100);
  start();
  SocketClient fresh(server->port());
  std::unique_ptr<SocketClient> used;
  // Who was too slow for so short a time, as one may be on a busy machine, tries again.
  ASSERT_TRUE(eventually([&] {
    used = std::make_unique<SocketClient>(server->port());
    return used->exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status == 200;
  }));
  EXPECT_TRUE(used->is_closed_by_server());
  EXPECT_TRUE(fresh.is_closed_by_server());
  EXPECT_EQ(seen().size(), 1);
}

TEST_F(RequestTest, ConnectionsBeyondTheLimitAreToldSo) {
  options.max_connections = 2;
  start();
  auto first = std::make_unique<SocketClient>(server->port());
  SocketClient second(server->port());
  EXPECT_EQ(first->exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  EXPECT_EQ(second.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  SocketClient third(server->port());
  const auto refused = third.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_TRUE(third.is_closed_by_server());
  first.reset();
  EXPECT_TRUE(eventually([&] { return server->connections() <= 1; }));
  EXPECT_EQ(SocketClient(server->port()).exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

// ---- Proxies

TEST_F(RequestTest, OnlyATrustedProxyNamesTheClient) {
  handler.on_handle = [](Request&& request) {
    return text_response(200, "text/plain", request.peer_address + (request.secure ? " secure" : " plain"));
  };
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n";
  start();
  EXPECT_EQ(SocketClient(server->port()).exchange(request).body, "127.0.0.1 plain");
  server.reset();
  options.trusted_proxies = {"127.0.0.0/8"};
  start();
  const auto reply = SocketClient(server->port()).exchange(request);
  EXPECT_EQ(reply.body, "203.0.113.9 secure");
  EXPECT_NE(reply.header("strict-transport-security"), "(none)");
}

// ---- Start

TEST_F(RequestTest, StartNamesWhatIsWrong) {
  start();
  SystemClock clock;
  const auto code_of = [&](ServerOptions wrong) {
    const auto started = start_server(wrong, handler, clock, {});
    return started ? std::string("started") : started.error().id;
  };
  EXPECT_EQ(code_of({.port = server->port()}), "server.address_in_use");
  EXPECT_EQ(code_of({.host = "203.0.113.1", .port = 0}), "server.bind_failed");
  EXPECT_EQ(code_of({.port = 0, .certificate_file = "/nowhere.pem"}), "server.certificate");
  EXPECT_EQ(code_of({.port = 0, .certificate_file = "/nowhere.pem", .key_file = "/nowhere.key"}), "server.certificate");
  EXPECT_EQ(code_of({.port = 0, .trusted_proxies = {"10.0.0.0/33"}}), "server.trusted_proxies");
}

}  // namespace

}  // namespace weft::http
