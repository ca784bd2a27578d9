#include "platform/http/request_parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

namespace weft::http {

namespace {

struct Parsed {
  std::string path;
  std::string body;
  int rejected = 0;  // the status, or 0
  std::string left;  // what belongs to the next request
};

// Feeds the bytes in pieces that end at `cuts` and at the end.
Parsed parse(std::string_view bytes, const std::vector<std::size_t>& cuts) {
  Parsed parsed;
  RequestParser parser(4096);
  std::string buffer;
  bool in_body = false;
  std::size_t fed = 0;
  const auto step = [&]() -> bool {  // true: go on with more bytes
    while (true) {
      const auto progress = in_body ? parser.parse_body(buffer, 1000, parsed.body) : parser.parse_head(buffer);
      if (!progress) {
        parsed.rejected = progress.error().status;
        return false;
      }
      EXPECT_LE(progress->consumed, buffer.size());
      buffer.erase(0, progress->consumed);
      if (progress->state == RequestParser::Progress::State::NeedMore) return true;
      if (in_body || parser.incoming().framing == IncomingHead::Framing::NoBody) return false;
      in_body = true;
    }
  };
  for (const auto end : cuts) {
    buffer.append(bytes.substr(fed, end - fed));
    fed = end;
    if (!step()) break;
  }
  if (fed < bytes.size() || cuts.empty()) {
    buffer.append(bytes.substr(fed));
    if (parsed.rejected == 0 && cuts.empty()) step();
  }
  parsed.path = parser.incoming().head.path;
  parsed.left = buffer;
  return parsed;
}

TEST(RequestParser, IsTheSameHoweverTheBytesArrive) {
  const std::string request = "POST /path HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\nhello0123456789";
  const auto with_next = request + "GET /next";
  for (std::size_t first = 1; first < request.size(); ++first) {
    for (std::size_t second = first; second <= request.size(); ++second) {
      const auto parsed = parse(with_next, {first, second, with_next.size()});
      EXPECT_EQ(parsed.rejected, 0) << first << " " << second;
      EXPECT_EQ(parsed.path, "/path");
      EXPECT_EQ(parsed.body, "hello0123456789");
      EXPECT_EQ(parsed.left, "GET /next");
    }
  }
}

TEST(RequestParser, AQueryIsTakenAsItIs) {
  const std::string query = R"("a.b"=gt.<5>&c={}|\^`)";
  RequestParser parser(32 * 1024);
  const auto head = parser.parse_head("GET /path?" + query + " HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(parser.incoming().head.path, "/path");
  EXPECT_EQ(parser.incoming().head.query, query);
}

TEST(RequestParser, ChunksAreTheSameHoweverTheyArrive) {
  const std::string request =
      "POST /path HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5\r\nhello\r\n00A ; ext=\"v\"\r\n0123456789\r\n000\r\nTrailer: x\r\nContent-Length: 7\r\n\r\n";
  const auto with_next = request + "GET /next";
  for (std::size_t first = 1; first < request.size(); ++first) {
    for (std::size_t second = first; second <= request.size(); ++second) {
      const auto parsed = parse(with_next, {first, second, with_next.size()});
      EXPECT_EQ(parsed.rejected, 0) << first << " " << second;
      EXPECT_EQ(parsed.body, "hello0123456789");
      EXPECT_EQ(parsed.left, "GET /next") << first << " " << second;
    }
  }
}

// Whatever the bytes are: an answer, no crash, and the same one whether they come at once or one by one.
TEST(RequestParser, NonsenseIsRefusedTheSameWayHoweverItArrives) {
  const std::vector<std::string> seeds{
      "POST /path?q=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;a=b\r\nabc\r\n0\r\nT: x\r\n\r\n",
      "POST /path HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nhello",
      "GET http://a:80/b HTTP/1.0\r\nConnection: keep-alive\r\nIf-Match: \"a-gzip\"\r\n\r\n",
  };
  const std::string alphabet = std::string("\r\n :;,\t/*\"%#AaXx019+-\x7f\x80\xff") + '\0';
  std::mt19937 random(20260301);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = seeds[below(seeds.size())];
    for (std::size_t change = 0; change <= below(3); ++change) {
      const auto at = below(bytes.size());
      switch (below(4)) {
        case 0: bytes[at] = alphabet[below(alphabet.size())]; break;
        case 1: bytes.insert(at, 1, alphabet[below(alphabet.size())]); break;
        case 2: bytes.erase(at, 1 + below(4)); break;
        default: bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(30))); break;
      }
      if (bytes.empty()) bytes = "x";
    }
    std::vector<std::size_t> each;
    for (std::size_t i = 1; i <= bytes.size(); ++i) each.push_back(i);
    const auto whole = parse(bytes, {bytes.size()});
    const auto pieces = parse(bytes, each);
    ASSERT_EQ(whole.rejected, pieces.rejected) << bytes;
    if (whole.rejected == 0) {
      ASSERT_EQ(whole.body, pieces.body) << bytes;
      ASSERT_EQ(whole.path, pieces.path) << bytes;
    }
  }
}

}  // namespace

}  // namespace weft::http
