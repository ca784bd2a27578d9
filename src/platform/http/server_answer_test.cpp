// What becomes of a handler's Response: headers, HEAD, conditions, compression, bugs.
#include <zlib.h>

#include "base/json.h"
#include "platform/http/server_fixture.h"

namespace weft::http {

namespace {

// Takes nothing but one whole gzip member.
std::string gunzip(std::string_view bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string text(1 << 20, '\0');
  std::string compressed(bytes);
  stream.next_in = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string all;
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    result = inflate(&stream, Z_NO_FLUSH);
    all.append(text.data(), text.size() - stream.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0);
  inflateEnd(&stream);
  return all;
}

std::string lines(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += "line " + std::to_string(i) + " of a text that repeats itself\n";
  text.resize(bytes);
  return text;
}

class AnswerTest : public ServerTest {
 protected:
  Reply get(std::string_view headers = {}, std::string_view path = "/") {
    SocketClient client(server->port());
    return client.exchange("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n");
  }
  // The answer to a HEAD, and after it one to a GET on the same connection, which shows that no byte of a body was sent.
  Reply head(std::string_view headers = {}) {
    SocketClient client(server->port());
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n");
    auto reply = client.receive(SocketClient::Body::None);
    EXPECT_GT(client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 0);
    return reply;
  }
  void answer_with(Response (*make)()) {
    handler.on_handle = [make](Request&&) { return make(); };
  }
};

TEST_F(AnswerTest, HasTheHeadersThatEachAnswerHas) {
  start();
  for (const auto& reply : {get(), SocketClient(server->port()).exchange("nonsense\r\n\r\n")}) {
    EXPECT_EQ(reply.header("server"), "weft");
    EXPECT_EQ(reply.header("date").size(), 29);
    EXPECT_TRUE(reply.header("date").ends_with(" GMT"));
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(reply.header("x-frame-options"), "DENY");
    EXPECT_EQ(reply.header("referrer-policy"), "same-origin");
    EXPECT_EQ(reply.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    EXPECT_EQ(reply.header("strict-transport-security"), "(none)");
    EXPECT_EQ(reply.header("x-request-id").size(), 36);
  }
}

TEST_F(AnswerTest, HandlersChooseSecurityHeadersButNotFraming) {
  answer_with([] {
    auto response = text_response(200, "text/html", "hello");
    response.set("Content-Security-Policy", "default-src 'self'").set("Content-Length", "3").set("Date", "never");
    response.set("Connection", "close").set("Transfer-Encoding", "gzip").set("X-Request-Id", "fake");
    response.set("X-Evil", "a\r\nSet-Cookie: b=c").set("Bad Name", "x").set("x-weft-route", "/r/{id}");
    return response;
  });
  start();
  const auto reply = get();
  EXPECT_EQ(reply.header("content-security-policy"), "default-src 'self'");
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(reply.header("connection"), "(none)");
  EXPECT_EQ(reply.header("transfer-encoding"), "(none)");
  EXPECT_NE(reply.header("x-request-id"), "fake");
  EXPECT_EQ(reply.header("set-cookie"), "(none)");
  EXPECT_EQ(reply.header("x-evil"), "a  Set-Cookie: b=c");
  EXPECT_EQ(reply.header("bad name"), "(none)");
  EXPECT_EQ(reply.header("x-weft-route"), "(none)");
  ASSERT_TRUE(eventually([&] { return seen().size() == 1; }));
  EXPECT_EQ(seen().front().route, "/r/{id}");
  EXPECT_EQ(seen().front().body_bytes, 5);
}

TEST_F(AnswerTest, ApiAnswersAndErrorsAreNotStored) {
  handler.on_handle = [](Request&& request) {
    auto response = text_response(request.path == "/missing" ? 404 : 200, "text/plain", "x");
    if (request.query == "set") response.set("Cache-Control", "max-age=1");
    return response;
  };
  start();
  EXPECT_EQ(get({}, "/api/v1/x").header("cache-control"), "no-store");
  EXPECT_EQ(get({}, "/api/v1/x?set").header("cache-control"), "max-age=1");
  EXPECT_EQ(get({}, "/x").header("cache-control"), "(none)");
  EXPECT_EQ(get({}, "/missing").header("cache-control"), "no-store");
}

TEST_F(AnswerTest, HeadIsTheGetWithoutItsBody) {
  answer_with([] { return text_response(200, "text/plain", lines(5000)).set("ETag", "\"1\""); });
  start();
  for (const char* accept : {"", "Accept-Encoding: gzip\r\n"}) {
    const auto with_body = get(accept);
    const auto without = head(accept);
    EXPECT_EQ(without.status, 200);
    for (const char* name : {"content-length", "content-encoding", "etag", "vary", "content-type"}) {
      EXPECT_EQ(without.header(name), with_body.header(name)) << name;
    }
  }
}

TEST_F(AnswerTest, NoContentHasNoLength) {
  answer_with([] {
    Response response;
    response.status = 204;
    response.body = "ignored";
    return response;
  });
  start();
  EXPECT_EQ(get().header("content-length"), "(none)");
  EXPECT_EQ(head().status, 204);
}

TEST_F(AnswerTest, KnownVersionIsNotSentAgain) {
  answer_with(
      [] { return text_response(200, "text/plain", "hello").set("ETag", "\"7\"").set("Cache-Control", "private").set("X-Other", "y"); });
  start();
  for (const char* known : {"\"7\"", "W/\"7\"", "\"6\", \"7\"", "*"}) {
    const auto reply = get("If-None-Match: " + std::string(known) + "\r\n");
    EXPECT_EQ(reply.status, 304) << known;
    EXPECT_EQ(reply.header("etag"), "\"7\"");
    EXPECT_EQ(reply.header("cache-control"), "private");
    EXPECT_EQ(reply.header("content-length"), "(none)");
    EXPECT_EQ(reply.header("content-type"), "(none)");
    EXPECT_EQ(head("If-None-Match: " + std::string(known) + "\r\n").status, 304);
  }
  for (const char* unknown : {"\"8\"", "7", "\"7\"x", "\"77\"", "\"*\""}) {
    EXPECT_EQ(get("If-None-Match: " + std::string(unknown) + "\r\n").status, 200) << unknown;
  }
  EXPECT_EQ(SocketClient(server->port()).exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nIf-None-Match: \"7\"\r\n\r\n").status,
            200);
}

TEST_F(AnswerTest, CompressesWhatIsWorthItForWhoAsks) {
  struct Case {
    const char* accept;
    const char* type;
    std::size_t bytes;
    bool compressed;
  };
  Case current{};
  handler.on_handle = [&](Request&&) { return text_response(200, current.type, lines(current.bytes)); };
  start();
  for (const auto& row : {
           Case{"gzip", "application/json", 5000, true},
           Case{"gzip", "application/json; charset=utf-8", 5000, true},
           Case{"br, x-gzip;q=0.5", "text/csv", 5000, true},
           Case{"*", "application/x-ndjson", 5000, true},
           Case{"GZIP", "application/problem+json", 1024, true},
           Case{"gzip;q=0.001", "text/html", 1024, true},
           Case{"gzip", "application/json", 1023, false},
           Case{"gzip", "application/vnd.apache.parquet", 5000, false},
           Case{"gzip", "application/vnd.apache.arrow.stream", 5000, false},
           Case{"gzip", "image/png", 5000, false},
           Case{"gzip;q=0", "application/json", 5000, false},
           Case{"gzip;q=0.0, *", "application/json", 5000, false},
           Case{"*;q=0", "application/json", 5000, false},
           Case{"gzip;q=0.5, identity", "application/json", 5000, false},
           Case{"gzip;q=nonsense", "application/json", 5000, false},
           Case{"br", "application/json", 5000, false},
           Case{"", "application/json", 5000, false},
       }) {
    current = row;
    const auto reply = get("Accept-Encoding: " + std::string(row.accept) + "\r\n");
    const auto label = std::string(row.accept) + " " + row.type;
    EXPECT_EQ(reply.header("content-encoding"), row.compressed ? "gzip" : "(none)") << label;
    EXPECT_EQ(row.compressed ? gunzip(reply.body) : reply.body, lines(row.bytes)) << label;
    if (row.compressed) {
      EXPECT_LT(reply.body.size(), row.bytes / 2) << label;
    }
  }
  current = {"", "application/json", 5000, false};
  EXPECT_EQ(get().header("vary"), "Accept-Encoding");  // caches must know, whoever asked
  current.bytes = 100;
  EXPECT_EQ(get().header("vary"), "(none)");
}

TEST_F(AnswerTest, LeavesCodedAndForbiddenBodiesAlone) {
  handler.on_handle = [](Request&& request) {
    auto response = text_response(200, "text/plain", lines(5000));
    if (request.path == "/coded") response.set("Content-Encoding", "br");
    if (request.path == "/fixed") response.set("Cache-Control", "no-transform");
    if (request.path == "/bytes") response.set("Content-Range", "bytes 0-4999/9999");
    if (request.path == "/rows") response.set("Content-Range", "0-9/*").set("Vary", "Accept");
    return response;
  };
  start();
  const std::string accept = "Accept-Encoding: gzip\r\n";
  EXPECT_EQ(get(accept, "/coded").header("content-encoding"), "br");
  EXPECT_EQ(get(accept, "/fixed").body, lines(5000));
  EXPECT_EQ(get(accept, "/bytes").body, lines(5000));
  EXPECT_EQ(gunzip(get(accept, "/rows").body), lines(5000));
  EXPECT_EQ(get(accept, "/rows").header("vary"), "Accept, Accept-Encoding");
}

TEST_F(AnswerTest, CompressedAnswerHasAnEtagOfItsOwnThatHandlersNeverSee) {
  std::string if_match;
  handler.on_handle = [&](Request&& request) {
    if_match = request.header("if-match").value_or("");
    return text_response(200, "text/plain", lines(5000)).set("ETag", request.query == "weak" ? "W/\"7\"" : "\"7\"");
  };
  start();
  const std::string accept = "Accept-Encoding: gzip\r\n";
  EXPECT_EQ(get().header("etag"), "\"7\"");
  EXPECT_EQ(get(accept).header("etag"), "\"7-gzip\"");
  EXPECT_EQ(get(accept, "/?weak").header("etag"), "W/\"7\"");
  const auto known = get(accept + "If-None-Match: \"7-gzip\"\r\n");
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(known.header("etag"), "\"7-gzip\"");
  EXPECT_EQ(known.header("vary"), "Accept-Encoding");
  EXPECT_EQ(get(accept + "If-None-Match: \"7\"\r\n").status, 304);
  EXPECT_EQ(get("If-None-Match: \"7-gzip\"\r\n").header("etag"), "\"7\"");
  SocketClient(server->port()).exchange("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nIf-Match: \"6-gzip\", \"7-gzip\"\r\n\r\n");
  EXPECT_EQ(if_match, "\"6\", \"7\"");
}

TEST_F(AnswerTest, ExceptionsBecome500AndTheConnectionLives) {
  handler.on_handle = [](Request&& request) -> Response {
    if (request.path == "/throw") throw std::runtime_error("secret detail");
    if (request.path == "/throw-odd") throw 42;
    if (request.path == "/status") return text_response(99, "text/plain", "x");
    return text_response(200, "text/plain", "fine");
  };
  handler.on_admit = [](const RequestHead& head) {
    if (head.path == "/admit") throw std::runtime_error("secret detail");
    return Admission{};
  };
  start();
  SocketClient client(server->port());
  for (const std::string path : {"/throw", "/throw-odd", "/status", "/admit"}) {
    const auto reply = client.exchange("GET " + path + " HTTP/1.1\r\nHost: x\r\nX-Request-Id: id-1\r\n\r\n");
    EXPECT_EQ(reply.status, 500) << path;
    EXPECT_NE(reply.body.find("\"request_id\":\"id-1\""), std::string::npos) << reply.body;
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
    EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body, "fine");
  }
  EXPECT_EQ(failures().size(), 4);
  for (const auto& failure : failures()) EXPECT_NE(failure.find("id-1"), std::string::npos) << failure;
}

TEST_F(AnswerTest, SmallAnswerIsQuick) {
  // Head and body in two segments without TCP_NODELAY would wait 40 ms for the client's acknowledgement, each time.
  start();
  SocketClient client(server->port());
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(3));
}

TEST_F(AnswerTest, CorsForTheOriginsThatTheSettingNames) {
  options.cors_origins = {"https://bi.example.org"};
  std::atomic<int> handled{0};
  handler.on_handle = [&](Request&&) {
    ++handled;
    return text_response(200, "text/plain", "x");
  };
  start();
  const auto allowed = get("Origin: https://bi.example.org\r\n");
  EXPECT_EQ(allowed.header("access-control-allow-origin"), "https://bi.example.org");
  EXPECT_EQ(allowed.header("access-control-allow-credentials"), "true");
  EXPECT_EQ(allowed.header("vary"), "Origin");
  const auto foreign = get("Origin: https://evil.example.org\r\n");
  EXPECT_EQ(foreign.header("access-control-allow-origin"), "(none)");
  EXPECT_EQ(foreign.header("vary"), "Origin");
  EXPECT_EQ(handled, 2);

  const auto preflight = [&](std::string origin) {
    return SocketClient(server->port())
        .exchange("OPTIONS /any HTTP/1.1\r\nHost: x\r\nOrigin: " + origin +
                  "\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: if-match,content-type\r\n\r\n");
  };
  const auto answer = preflight("https://bi.example.org");
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.header("access-control-allow-origin"), "https://bi.example.org");
  EXPECT_NE(answer.header("access-control-allow-methods").find("PUT"), std::string::npos);
  EXPECT_EQ(answer.header("access-control-allow-headers"), "if-match,content-type");
  EXPECT_EQ(handled, 2);
  EXPECT_EQ(preflight("https://evil.example.org").header("access-control-allow-origin"), "(none)");
  EXPECT_EQ(handled, 3);  // to the handler, as any OPTIONS
}

TEST_F(AnswerTest, CorsForAllHasNoCredentials) {
  options.cors_origins = {"*"};
  start();
  const auto reply = get("Origin: https://a.example.org\r\n");
  EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
  EXPECT_EQ(reply.header("access-control-allow-credentials"), "(none)");
}

TEST_F(AnswerTest, NoCorsUnlessSet) {
  start();
  EXPECT_EQ(get("Origin: https://a.example.org\r\n").header("access-control-allow-origin"), "(none)");
}

// ---- Streams, as far as the answer goes

TEST_F(AnswerTest, StreamIsChunkedOn11AndEndsWithTheConnectionOn10) {
  handler.on_handle = [&](Request&&) { return stream_response("application/x-parquet", chunks({"abc", "", "defg"}), log); };
  start();
  const auto reply = get();
  EXPECT_EQ(reply.header("transfer-encoding"), "chunked");
  EXPECT_EQ(reply.header("content-length"), "(none)");
  EXPECT_EQ(reply.body, "abcdefg");
  ASSERT_TRUE(eventually([&] { return log.finished == 1; }));
  EXPECT_EQ(log.end, StreamEnd::Complete);
  EXPECT_EQ(log.bytes_sent, 7);
  const auto old = SocketClient(server->port()).exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.header("transfer-encoding"), "(none)");
  EXPECT_EQ(old.header("connection"), "close");
  EXPECT_EQ(old.body, "abcdefg");
}

TEST_F(AnswerTest, StreamOfKnownLengthSaysIt) {
  handler.on_handle = [&](Request&&) { return stream_response("application/x-parquet", chunks({"abc", "defg"}), log, 7); };
  start();
  EXPECT_EQ(get().header("content-length"), "7");
  EXPECT_EQ(get().body, "abcdefg");
  EXPECT_EQ(head().header("content-length"), "7");
}

TEST_F(AnswerTest, StreamThatBreaksItsLengthIsCut) {
  handler.on_handle = [&](Request&& request) {
    return stream_response("application/x-parquet", chunks({"abc", "defg"}), log, request.path == "/short" ? 8 : 5);
  };
  start();
  EXPECT_EQ(get({}, "/short").status, 0);
  EXPECT_EQ(get({}, "/long").status, 0);
  ASSERT_TRUE(eventually([&] { return log.finished == 2; }));
  EXPECT_EQ(log.end, StreamEnd::Abandoned);
}

TEST_F(AnswerTest, HeadAnd304OfAStreamAskItForNothing) {
  handler.on_handle = [&](Request&&) {
    auto response = stream_response("text/csv", chunks({"abc"}), log);
    response.set("ETag", "\"7\"");
    return response;
  };
  start();
  SocketClient client(server->port());
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive(SocketClient::Body::None).status, 200);
  EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"7\"\r\n\r\n").status, 304);
  EXPECT_EQ(log.finished, 2);
  EXPECT_EQ(log.asked, 0);
  EXPECT_EQ(log.end, StreamEnd::Complete);
  EXPECT_EQ(log.bytes_sent, 0);
}

TEST_F(AnswerTest, EmptyStreamIsAnEmptyBody) {
  handler.on_handle = [&](Request&&) { return stream_response("text/csv", chunks({}), log); };
  start();
  SocketClient client(server->port());
  for (const char* accept : {"", "Accept-Encoding: gzip\r\n"}) {
    const auto reply = client.exchange("GET / HTTP/1.1\r\nHost: x\r\n" + std::string(accept) + "\r\n");
    EXPECT_EQ(reply.header("content-length"), "0");
    EXPECT_EQ(reply.header("content-encoding"), "(none)");
  }
}

TEST_F(AnswerTest, FailureBeforeTheFirstByteIsAnOrdinaryProblem) {
  handler.on_handle = [&](Request&& request) {
    auto response = stream_response(
        "text/csv",
        [throws = request.path == "/throw"](std::string&) -> Result<bool> {
          if (throws) throw std::runtime_error("bug");
          return fail(ErrorKind::NotFound, "snapshot.gone", "The snapshot is gone.");
        },
        log);
    response.set("x-weft-route", "/data");
    return response;
  };
  start();
  SocketClient client(server->port());
  const auto reply = client.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(reply.status, 404);
  EXPECT_NE(reply.body.find("snapshot.gone"), std::string::npos);
  EXPECT_EQ(client.exchange("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n").status, 500);
  EXPECT_EQ(log.finished, 2);
  EXPECT_EQ(log.end, StreamEnd::Abandoned);
  ASSERT_TRUE(eventually([&] { return seen().size() == 2; }));
  EXPECT_EQ(seen().front().route, "/data");
}

TEST_F(AnswerTest, FailureMidwayCutsTheConnection) {
  handler.on_handle = [&](Request&& request) {
    return stream_response(
        "text/csv",
        [at = 0, throws = request.path == "/throw"](std::string& chunk) mutable -> Result<bool> {
          if (at++ < 3) {
            chunk = "abc";
            return true;
          }
          if (throws) throw std::runtime_error("bug");
          return fail(ErrorKind::Denied, "grant.revoked", "The right was revoked.");
        },
        log);
  };
  start();
  for (const std::string version : {"1.1", "1.0"}) {
    for (const std::string path : {"/", "/throw"}) {
      const int before = log.finished;
      SocketClient client(server->port());
      client.send("GET " + path + " HTTP/" + version + "\r\nHost: x\r\n\r\n");
      // On 1.0 only a reset tells a part from the whole.
      errno = 0;
      const auto reply = client.receive();
      EXPECT_TRUE(reply.status == 0 || errno == ECONNRESET) << version;
      ASSERT_TRUE(eventually([&] { return log.finished == before + 1; }));
      EXPECT_EQ(log.end, StreamEnd::Abandoned);
      EXPECT_EQ(log.bytes_sent, 9);
    }
  }
  EXPECT_EQ(failures().size(), 4);
}

TEST_F(AnswerTest, StreamIsCompressedChunkByChunk) {
  Gate gate;
  handler.on_handle = [&](Request&&) {
    return stream_response(
        "application/x-ndjson",
        [&gate, at = 0](std::string& chunk) mutable -> Result<bool> {
          if (at == 1) gate.wait();
          chunk = lines(100'000);
          return at++ < 3;
        },
        log);
  };
  start();
  SocketClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return gate.waiting() == 1; }));
  gate.open();
  const auto reply = client.receive();
  EXPECT_EQ(reply.header("content-encoding"), "gzip");
  EXPECT_EQ(gunzip(reply.body), lines(100'000) + lines(100'000) + lines(100'000));
  ASSERT_TRUE(eventually([&] { return log.finished == 1; }));
  EXPECT_EQ(log.bytes_sent, 300'000);  // before compression
}

}  // namespace

}  // namespace weft::http
