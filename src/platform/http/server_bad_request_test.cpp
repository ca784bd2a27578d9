// Bytes that are no request: each is refused with a reason, and the connection closed.
#include <fmt/format.h>

#include "platform/http/server_fixture.h"

namespace weft::http {

namespace {

struct BadRequest {
  std::string name;
  std::string bytes;
  int status = 400;
  std::string code;
};

class BadRequestTest : public ServerTest, public ::testing::WithParamInterface<BadRequest> {};

TEST_P(BadRequestTest, IsRefusedAndTheConnectionClosed) {
  start();
  SocketClient client(server->port());
  client.send(GetParam().bytes);
  const auto reply = client.receive();
  EXPECT_EQ(reply.status, GetParam().status);
  EXPECT_EQ(problem_code(reply), GetParam().code);
  const bool is_too_long = GetParam().code == "request.target_too_long" || GetParam().code == "request.head_too_large";
  EXPECT_EQ(reply.body.contains("Shorten it: "), is_too_long) << reply.body;
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_EQ(SocketClient(server->port()).exchange("GET /next HTTP/1.1\r\nHost: x\r\n\r\n").body, "/next|");
}

using namespace std::string_literals;

INSTANTIATE_TEST_SUITE_P(
    Table, BadRequestTest,
    ::testing::Values(
        BadRequest{"NoVersion", "GET /\r\n\r\n", 400, "request.malformed"},
        BadRequest{"UnknownVersion", "GET / HTTP/1.7\r\nHost: x\r\n\r\n", 400, "request.malformed"},
        BadRequest{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "request.malformed"},
        BadRequest{"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400, "request.tls_on_plain_port"},
        BadRequest{"Garbage", "\x80\x01\x02", 400, "request.not_http"},
        BadRequest{"EmptyLines", "\r\n\r\n\r\n\r\n\r\n", 400, "request.not_http"},
        BadRequest{"BareLineFeeds", "GET / HTTP/1.1\nHost: x\n\n", 400, "request.bad_character"},
        BadRequest{"CarriageReturnAlone", "GET / HTTP/1.1\rHost: x\r\n\r\n", 400, "request.line_ending"},
        BadRequest{"NulInTarget", "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n"s, 400, "request.bad_character"},
        BadRequest{"NulInValue", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s, 400, "request.bad_character"},
        BadRequest{"ControlInValue", "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n", 400, "request.bad_character"},
        BadRequest{"DeleteInValue", "GET / HTTP/1.1\r\nHost: x\r\nA: \x7f\r\n\r\n", 400, "request.bad_character"},
        BadRequest{"TabInRequestLine", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_character"},
        BadRequest{"NotAsciiInTarget", "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_character"},
        BadRequest{"FragmentInTarget", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_target"},
        BadRequest{"FragmentInQuery", "GET /a?b#c HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_target"},
        BadRequest{"QuoteInPath", "GET /a\"b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_target"},
        BadRequest{"BracketInPath", "GET /<a>?b HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_target"},
        BadRequest{"QuoteInAuthority", "GET http://a\"b/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_target"},
        BadRequest{"ControlInQuery", "GET /a?\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_character"},
        BadRequest{"SpaceInQuery", "GET /a?b c HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.malformed"},
        BadRequest{"HighByteInQuery", "GET /a?\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_character"},
        BadRequest{"RelativeTarget", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_target"},
        BadRequest{"AuthorityTarget", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_target"},
        BadRequest{"AsteriskOfGet", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.bad_target"},
        BadRequest{"TwoSpaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "request.malformed"},
        BadRequest{"MissingHost", "GET / HTTP/1.1\r\n\r\n", 400, "request.host"},
        BadRequest{"TwoHosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, "request.host"},
        BadRequest{"TwoHostsIn10", "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400, "request.host"},
        BadRequest{"HostWithPath", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400, "request.host"},
        BadRequest{"HostWithUser", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, "request.host"},
        BadRequest{"FoldedHeader", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400, "request.folded_header"},
        BadRequest{"SpaceBeforeFirst", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400, "request.folded_header"},
        BadRequest{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "request.malformed"},
        BadRequest{"NoColon", "GET / HTTP/1.1\r\nHost: x\r\nabc\r\n\r\n", 400, "request.malformed"},
        BadRequest{"EmptyName", "GET / HTTP/1.1\r\nHost: x\r\n: v\r\n\r\n", 400, "request.malformed"},
        BadRequest{"LengthAndChunks", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
                   "request.framing"},
        BadRequest{"ChunksAndLength", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400,
                   "request.framing"},
        BadRequest{"TwoLengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400, "request.framing"},
        BadRequest{"TwoDifferentLengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400,
                   "request.framing"},
        BadRequest{"ListOfLengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc", 400, "request.framing"},
        BadRequest{"SignedLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400, "request.framing"},
        BadRequest{"NegativeLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "request.framing"},
        BadRequest{"HugeLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, "request.framing"},
        BadRequest{"EmptyLength", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", 400, "request.framing"},
        BadRequest{"UnknownCoding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: br, chunked\r\n\r\n", 501,
                   "request.transfer_encoding"},
        BadRequest{"CodingAfterChunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, br\r\n\r\n", 400, "request.framing"},
        BadRequest{"ChunkedTwice", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400, "request.framing"},
        BadRequest{"TwoEncodings", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400,
                   "request.framing"},
        BadRequest{"XChunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", 400, "request.framing"},
        BadRequest{"ChunksIn10", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "request.framing"},
        BadRequest{"BadChunkSize", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "request.malformed_body"},
        BadRequest{"HugeChunkSize", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", 413,
                   "request.body_too_large"},
        BadRequest{"ManyDigitsInChunkSize",
                   "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000001\r\na\r\n0\r\n\r\n", 400,
                   "request.malformed_body"},
        BadRequest{"SignedChunkSize", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\na\r\n", 400,
                   "request.malformed_body"},
        BadRequest{"ChunkSizeInC", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", 400,
                   "request.malformed_body"},
        BadRequest{"ChunkTooLong", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", 400,
                   "request.malformed_body"},
        BadRequest{"EndlessChunkHead", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a=" + std::string(20'000, 'b'),
                   400, "request.malformed_body"},
        BadRequest{"UnknownExpectation", "POST / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n", 417,
                   "request.expectation"},
        BadRequest{"LongTarget", "GET /" + std::string(40'000, 'a'), 414, "request.target_too_long"},
        BadRequest{"LongHead", "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(40'000, 'a'), 431, "request.head_too_large"},
        BadRequest{"ManyHeaders",
                   [] {
                     std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
                     for (int i = 0; i < 200; ++i) head += fmt::format("A{}: b\r\n", i);
                     return head + "\r\n";
                   }(),
                   431, "request.too_many_headers"}),
    [](const auto& row) { return row.param.name; });

}  // namespace

}  // namespace weft::http
