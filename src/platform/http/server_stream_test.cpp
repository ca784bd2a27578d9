// Streaming answers and the end of connections: back pressure, clients that stall or leave, draining.
#include <fmt/format.h>

#include "platform/http/server_fixture.h"

namespace weft::http {

namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;

// Far more than the kernel's buffers take.
constexpr int kChunksOfALongStream = 400;

FunctionStream::Next long_stream() {
  return [at = 0](std::string& chunk) mutable -> Result<bool> {
    chunk.assign(kChunkBytes, 'x');
    return at++ < kChunksOfALongStream;
  };
}

class StreamTest : public ServerTest {
 protected:
  void serve_long_streams() {
    handler.on_admit = [](const RequestHead& head) { return Admission{.pool = head.path == "/export" ? Pool::Query : Pool::Control}; };
    handler.on_handle = [this](Request&& request) {
      if (request.path == "/small") return text_response(200, "text/plain", "small");
      return stream_response("application/x-parquet", long_stream(), log);
    };
  }
  // Whether nothing moves any more: all streams wait for their sockets.
  bool is_stalled() {
    const auto asked = log.asked.load();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return asked > 0 && log.asked == asked && pool(Pool::Query).busy == 0 && pool(Pool::Query).queued == 0;
  }
};

TEST_F(StreamTest, StalledClientsHoldNoThread) {
  options.query_threads = 2;
  serve_long_streams();
  start();
  std::vector<std::unique_ptr<SocketClient>> stalled;
  for (int i = 0; i < 20; ++i) {
    stalled.push_back(std::make_unique<SocketClient>(server->port(), 8192));
    stalled.back()->send("GET /export HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  ASSERT_TRUE(eventually([&] { return log.asked >= 20 && is_stalled(); }));
  EXPECT_LT(log.asked, 20 * kChunksOfALongStream / 2) << "the server reads ahead of its clients";

  // Small requests on the very same pool find its threads free.
  handler.on_handle = [](Request&&) { return text_response(200, "text/plain", "small"); };
  SocketClient client(server->port());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.exchange("GET /export HTTP/1.1\r\nHost: x\r\n\r\n").body, "small");
  EXPECT_EQ(log.finished, 0);

  // Who goes on reading gets all of it.
  EXPECT_EQ(stalled.front()->receive().body.size(), kChunksOfALongStream * kChunkBytes);
  ASSERT_TRUE(eventually([&] { return log.finished == 1; }));
  EXPECT_EQ(log.end, StreamEnd::Complete);
  EXPECT_EQ(log.bytes_sent, kChunksOfALongStream * kChunkBytes);

  for (auto& one : stalled) one->vanish();
  ASSERT_TRUE(eventually([&] { return log.finished == 20; }));
  EXPECT_EQ(log.end, StreamEnd::Abandoned);
  EXPECT_LT(log.bytes_sent, kChunksOfALongStream * kChunkBytes);
}

TEST_F(StreamTest, ClientThatLeavesMidwayEndsItsStream) {
  serve_long_streams();
  start();
  SocketClient client(server->port(), 8192);
  client.send("GET /export HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.skip(3 * kChunkBytes));
  client.vanish();
  ASSERT_TRUE(eventually([&] { return log.finished == 1; }));
  EXPECT_EQ(log.end, StreamEnd::Abandoned);
  EXPECT_GE(log.bytes_sent, 3 * kChunkBytes - 10'000);  // what the client read, less head and framing
  EXPECT_LT(log.bytes_sent, kChunksOfALongStream * kChunkBytes);
  ASSERT_TRUE(eventually([&] { return seen().size() == 1; }));
  EXPECT_EQ(seen().front().status, 200);
  EXPECT_EQ(seen().front().body_bytes, log.bytes_sent);
}

TEST_F(StreamTest, ClientThatTakesNothingIsCut) {
  options.write_timeout = std::chrono::milliseconds(200);
  serve_long_streams();
  start();
  SocketClient client(server->port(), 8192);
  client.send("GET /export HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return log.finished == 1; }));
  EXPECT_EQ(log.end, StreamEnd::Abandoned);
  EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
}

TEST_F(StreamTest, SlowButSteadyClientIsNotCut) {
  // In all it takes longer than this; no single wait does, even on a busy machine.
  options.write_timeout = std::chrono::seconds(5);
  handler.on_handle = [this](Request&&) {
    return stream_response("application/x-parquet", chunks(std::vector<std::string>(30, std::string(kChunkBytes, 'x'))), log);
  };
  start();
  SocketClient client(server->port(), 8192);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(client.skip(kChunkBytes)) << i;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  ASSERT_TRUE(eventually([&] { return log.finished == 1; }));
  EXPECT_EQ(log.end, StreamEnd::Complete);
}

TEST_F(StreamTest, PipelinedStreamsFollowEachOther) {
  handler.on_handle = [this](Request&& request) {
    return stream_response("application/x-parquet", chunks({request.path, std::string(100'000, 'y')}), log);
  };
  start();
  SocketClient client(server->port());
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", i);
  client.send(requests);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.receive().body, fmt::format("/{}", i) + std::string(100'000, 'y'));
}

TEST_F(StreamTest, NextRunsOnThePoolOneAtATime) {
  std::atomic<int> running{0};
  std::atomic<bool> overlapped{false};
  const auto caller = std::this_thread::get_id();
  handler.on_handle = [&](Request&&) {
    return stream_response(
        "application/x-parquet",
        [&, at = 0](std::string& chunk) mutable -> Result<bool> {
          if (running.fetch_add(1) > 0 || std::this_thread::get_id() == caller) overlapped = true;
          chunk.assign(kChunkBytes, 'z');
          running.fetch_sub(1);
          return at++ < 20;
        },
        log);
  };
  start();
  EXPECT_EQ(SocketClient(server->port()).exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body.size(), 20 * kChunkBytes);
  EXPECT_FALSE(overlapped);
  ASSERT_TRUE(eventually([&] { return log.finished == 1; }));
}

TEST_F(StreamTest, RefusalMayBeAStream) {
  handler.on_admit = [this](const RequestHead&) {
    Admission admission;
    admission.pool = Pool::Query;
    admission.answer = stream_response("application/x-parquet", chunks({"abc", "def"}), log);
    return admission;
  };
  start();
  SocketClient client(server->port());
  for (int i = 1; i <= 2; ++i) {
    EXPECT_EQ(client.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz").body, "abcdef");
    ASSERT_TRUE(eventually([&] { return log.finished == i; }));
  }
}

TEST_F(StreamTest, ManyClientsOnSeveralThreads) {
  options.io_threads = 3;
  handler.on_handle = [this](Request&& request) {
    if (request.path == "/small") return text_response(200, "text/plain", request.body);
    return stream_response("application/x-parquet", chunks({request.body, request.body}), log);
  };
  start();
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&, i] {
      SocketClient client(server->port());
      for (int j = 0; j < 50; ++j) {
        const auto body = fmt::format("client {} request {}", i, j);
        const bool small = j % 2 == 0;
        const auto reply = client.exchange(
            fmt::format("POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", small ? "small" : "stream", body.size(), body));
        if (reply.body == (small ? body : body + body)) ++right;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(right, 16 * 50);
}

// ---- Long work whose client is gone

class LongWorkTest : public StreamTest {
 protected:
  // A handler that works until somebody tells it that its client left.
  void serve_long_work() {
    handler.on_handle = [this](Request&& request) {
      if (request.path != "/long") return text_response(200, "text/plain", "short");
      ++working_;
      told_ = eventually([&] { return request.client_left->cancelled(); });
      --working_;
      return text_response(200, "text/plain", "long");
    };
  }
  std::atomic<int> working_{0};
  std::atomic<bool> told_{false};
};

TEST_F(LongWorkTest, IsToldThatItsClientLeft) {
  serve_long_work();
  start();
  for (const bool politely : {true, false}) {
    told_ = false;
    auto client = std::make_unique<SocketClient>(server->port());
    client->send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return working_ == 1; }));
    SocketClient other(server->port());
    EXPECT_EQ(other.exchange("GET /short HTTP/1.1\r\nHost: x\r\n\r\n").body, "short");
    EXPECT_EQ(working_, 1) << "who waits is not gone";
    if (!politely) client->vanish();
    client.reset();
    ASSERT_TRUE(eventually([&] { return working_ == 0; }));
    EXPECT_TRUE(told_);
  }
}

TEST_F(LongWorkTest, IsToldWhenDrainingHasNoMorePatience) {
  serve_long_work();
  start();
  SocketClient client(server->port());
  client.send("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return working_ == 1; }));
  server->drain(std::chrono::milliseconds(50));
  EXPECT_TRUE(told_);
}

// ---- Draining

TEST_F(StreamTest, DrainLetsRunningRequestsFinishAndClosesTheRest) {
  Gate gate;
  handler.on_handle = [&](Request&& request) {
    if (request.path == "/slow") gate.wait();
    return text_response(200, "text/plain", request.path);
  };
  start();
  const auto port = server->port();
  SocketClient idle(port);
  EXPECT_EQ(idle.exchange("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  SocketClient busy(port);
  busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\nGET /pipelined HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return gate.waiting() == 1; }));

  std::thread drainer([&] { server->drain(std::chrono::minutes(1)); });
  EXPECT_TRUE(idle.is_closed_by_server());
  EXPECT_THROW(SocketClient{port}, std::runtime_error);
  gate.open();
  const auto reply = busy.receive();
  EXPECT_EQ(reply.body, "/slow");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(busy.is_closed_by_server());
  drainer.join();
  EXPECT_EQ(server->connections(), 0);
  server->drain(std::chrono::minutes(1));  // nothing more to do
}

TEST_F(StreamTest, DrainCutsWhatTakesLongerThanTheGrace) {
  serve_long_streams();
  start();
  SocketClient stalled(server->port(), 8192);
  stalled.send("GET /export HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return is_stalled(); }));
  server->drain(std::chrono::milliseconds(50));
  EXPECT_EQ(log.finished, 1);  // drain waits for it
  EXPECT_EQ(log.end, StreamEnd::Abandoned);
  EXPECT_EQ(server->connections(), 0);
}

TEST_F(StreamTest, DrainWaitsForHandlersThatRun) {
  std::atomic<bool> ended{false};
  Gate gate;
  handler.on_handle = [&](Request&&) {
    gate.wait();
    ended = true;
    return text_response(200, "text/plain", "x");
  };
  start();
  SocketClient client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return gate.waiting() == 1; }));
  std::thread opener([&] {
    // The client sees the cut although the handler still runs.
    EXPECT_TRUE(client.is_closed_by_server());
    gate.open();
  });
  server->drain(std::chrono::milliseconds(0));
  EXPECT_TRUE(ended);
  opener.join();
}

}  // namespace

}  // namespace weft::http
