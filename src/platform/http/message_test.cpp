#include "platform/http/message.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "platform/http/conditional.h"
#include "platform/http/field.h"
#include "platform/http/problem.h"

namespace weft::http {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(ParseQuery, KeepsOrderAndRepetition) {
  struct Case {
    std::string raw;
    Pairs expected;
  };
  for (const auto& [raw, expected] : {
           Case{"", {}},
           Case{"a=b", {{"a", "b"}}},
           Case{"a=b&a=c&b=", {{"a", "b"}, {"a", "c"}, {"b", ""}}},
           Case{"a", {{"a", ""}}},
           Case{"&&a=b&", {{"a", "b"}}},
           Case{"=b", {{"", "b"}}},
           Case{"a=b=c", {{"a", "b=c"}}},
           Case{"a+b=c+d%2B", {{"a b", "c d+"}}},
           Case{"%C3%A4=%e2%82%ac", {{"ä", "€"}}},
           Case{"a=%26%3D%25", {{"a", "&=%"}}},
       }) {
    const auto parsed = parse_query(raw);
    ASSERT_TRUE(parsed) << raw;
    EXPECT_EQ(*parsed, expected) << raw;
  }
}

TEST(ParseQuery, RefusesWhatIsNoText) {
  for (const std::string raw : {"a=%", "a=%2", "a=%zz", "a=%2z", "%", "a=%00", "a=%ff", "a=%c3", "a=%c0%80", "a=%ed%a0%80"}) {
    const auto parsed = parse_query(raw);
    ASSERT_FALSE(parsed) << raw;
    EXPECT_EQ(parsed.error().id, "query.malformed") << raw;
  }
  EXPECT_EQ(parse_query("a=" + std::string(16 * 1024, 'b')).error().id, "query.too_long");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a&";
  EXPECT_EQ(parse_query(many).error().id, "query.too_long");
  EXPECT_TRUE(parse_query(many.substr(2)));
}

TEST(DecodeSegment, DecodesButKeepsPlus) {
  EXPECT_EQ(decode_segment("a+b%2Fc%20d").value(), "a+b/c d");
  EXPECT_EQ(decode_segment("").value(), "");
  for (const auto* bad : {"%", "%1", "%gg", "a%00b", "%ff"}) EXPECT_EQ(decode_segment(bad).error().id, "path.malformed") << bad;
}

TEST(Header, IsFoundWithoutCase) {
  RequestHead head;
  head.headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  EXPECT_EQ(head.header("CONTENT-TYPE"), "a");
  EXPECT_EQ(head.header("content-typ"), std::nullopt);
  EXPECT_EQ(text_response(200, "text/plain", "x").header("content-type"), "text/plain");
}

TEST(ListElements, SplitsAtCommasOutsideQuotes) {
  using List = std::vector<std::string_view>;
  EXPECT_EQ(list_elements(""), List{});
  EXPECT_EQ(list_elements(" a ,, b\t,"), (List{"a", "b"}));
  EXPECT_EQ(list_elements("\"a,b\", c"), (List{"\"a,b\"", "c"}));
  EXPECT_EQ(list_elements("\"a,b"), (List{"\"a,b"}));
}

TEST(Condition, ComparesWeaklyAndForReadingOnly) {
  RequestHead head;
  head.headers = {{"If-None-Match", "\"a\""}, {"if-none-match", "W/\"b\", \"c,d\""}};
  for (const auto* known : {"\"a\"", "W/\"a\"", "\"b\"", "\"c,d\""}) EXPECT_TRUE(has_current_version(head, known)) << known;
  for (const auto* unknown : {"\"c\"", "\"d\"", "a", "\"\""}) EXPECT_FALSE(has_current_version(head, unknown)) << unknown;
  head.method = Method::Put;
  EXPECT_FALSE(has_current_version(head, "\"a\""));
}

TEST(Condition, ChangesCompareStrongly) {
  RequestHead head;
  head.method = Method::Put;
  EXPECT_FALSE(expects_version(head, "\"7\""));
  head.headers = {{"If-Match", "\"1\", \"7\""}, {"if-match", "W/\"8\", \"c,9\""}};
  for (const auto* known : {"\"1\"", "\"7\"", "\"c,9\""}) EXPECT_TRUE(expects_version(head, known)) << known;
  for (const auto* unknown : {"\"8\"", "\"9\"", "7", "\"\""}) EXPECT_FALSE(expects_version(head, unknown)) << unknown;
  head.headers = {{"If-Match", "*"}};
  EXPECT_TRUE(expects_version(head, "\"7\""));
  head.headers = {{"If-Match", "\"7.x\""}};
  EXPECT_TRUE(expects_version(head, "\"7\""));
  for (const auto* other : {"\"7.y\"", "\"77\"", "\"\""}) EXPECT_FALSE(expects_version(head, other)) << other;
}

TEST(Condition, GzipSuffixComesAndGoes) {
  EXPECT_EQ(with_gzip_suffix("\"a\""), "\"a-gzip\"");
  EXPECT_EQ(with_gzip_suffix("W/\"a\""), "W/\"a\"");
  EXPECT_EQ(with_gzip_suffix("nonsense"), "nonsense");
  EXPECT_EQ(with_gzip_suffix("\""), "\"");
  Headers headers{{"If-Match", "\"a-gzip\", \"b\", \"-gzip\""}, {"If-Range", "\"a-gzip\""}};
  EXPECT_EQ(remove_gzip_suffixes(headers), GzipSuffix::Removed);
  EXPECT_EQ(headers, (Headers{{"If-Match", "\"a\", \"b\", \"\""}, {"If-Range", "\"a-gzip\""}}));
  EXPECT_EQ(remove_gzip_suffixes(headers), GzipSuffix::Absent);
}

// ---- Problems

json::object body_of(const Response& response) { return parse_json(std::get<std::string>(response.body)).value().as_object(); }

TEST(Problem, SaysWhatTheClientMayKnow) {
  RequestHead head;
  head.request_id = "id-1";
  auto error = make_error(ErrorKind::Conflict, "domain.exists", "There is one.").with_hint("Take it.").with_detail("secret");
  error.fields = {{"name", "is taken"}};
  const auto response = problem(error, head);
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.header("content-type"), "application/problem+json");
  EXPECT_EQ(body_of(response), (json::object{{"type", "about:blank"},
                                             {"title", "Conflict"},
                                             {"status", 409},
                                             {"detail", "There is one."},
                                             {"code", "domain.exists"},
                                             {"hint", "Take it."},
                                             {"request_id", "id-1"},
                                             {"errors", {json::object{{"field", "name"}, {"message", "is taken"}}}}}));
}

TEST(Problem, AlwaysSaysWhatToDo) {
  auto with_fields = make_error(ErrorKind::Invalid, "form.invalid", "name: is required");
  with_fields.fields = {{"name", "is required"}};
  EXPECT_EQ(body_of(problem(with_fields, {})).at("hint"), "Mend the fields that are named, and send it again.");
  EXPECT_EQ(body_of(problem(make_error(ErrorKind::NotFound, "thing.not_found", "There is none."), {})).at("hint"),
            "It is not there, or you may not know of it: look at the id.");
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::Timeout); ++kind) {
    const auto body = body_of(problem(make_error(static_cast<ErrorKind>(kind), "thing.what", "It is so."), {}));
    EXPECT_FALSE(body.at("hint").as_string().empty()) << kind;
  }
}

TEST(Problem, EachKindHasItsStatusAndHeaders) {
  struct Case {
    ErrorKind kind;
    int status;
  };
  for (const auto& [kind, status] : {
           Case{ErrorKind::Invalid, 400},
           Case{ErrorKind::Unauthenticated, 401},
           Case{ErrorKind::Denied, 403},
           Case{ErrorKind::NotFound, 404},
           Case{ErrorKind::NotAcceptable, 406},
           Case{ErrorKind::Conflict, 409},
           Case{ErrorKind::PreconditionFailed, 412},
           Case{ErrorKind::TooLarge, 413},
           Case{ErrorKind::UnsupportedMediaType, 415},
           Case{ErrorKind::RangeNotSatisfiable, 416},
           Case{ErrorKind::Unprocessable, 422},
           Case{ErrorKind::PreconditionRequired, 428},
           Case{ErrorKind::TooManyRequests, 429},
           Case{ErrorKind::Internal, 500},
           Case{ErrorKind::Unavailable, 503},
           Case{ErrorKind::Timeout, 504},
       }) {
    const auto response = problem(make_error(kind, "a.b", "c"), {});
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.header("www-authenticate").has_value(), status == 401);
    EXPECT_EQ(response.header("retry-after").has_value(), status == 429 || status == 503);
    EXPECT_NE(body_of(response)["title"], "Unknown");
  }
  auto throttled = make_error(ErrorKind::TooManyRequests, "a.b", "c");
  throttled.retry_after_seconds = 17;
  EXPECT_EQ(problem(throttled, {}).header("retry-after"), "17");
}

TEST(Problem, BytesThatAreNoTextDoNotBreakTheJson) {
  const auto response = problem(make_error(ErrorKind::Invalid, "a.b", "The name '\xff\xc3' is no \"name\"."), {});
  EXPECT_EQ(body_of(response)["detail"], "The name '\xEF\xBF\xBD\xEF\xBF\xBD' is no \"name\".");
}

TEST(Problem, BecomesMethodNotAllowed) {
  auto response = problem(make_error(ErrorKind::Invalid, "a.b", "c"), {});
  become_method_not_allowed(response, "GET, PUT");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.header("allow"), "GET, PUT");
  EXPECT_EQ(body_of(response)["status"], 405);
  EXPECT_EQ(body_of(response)["title"], "Method Not Allowed");
}

}  // namespace

}  // namespace weft::http
