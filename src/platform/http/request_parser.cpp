#include "platform/http/request_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>

#include "platform/http/field.h"

namespace weft::http {

namespace beast = boost::beast;

namespace {

// The longest unfinished chunk header or trailer that is waited for.
constexpr std::size_t kMaxChunkHeadBytes = 8 * 1024;

std::unexpected<Rejection> reject(int status, std::string id, std::string message, std::string hint = {}) {
  auto error = make_error(ErrorKind::Invalid, std::move(id), std::move(message));
  error.hint = std::move(hint);
  return std::unexpected(Rejection{status, std::move(error)});
}

Method method_of(std::string_view name) {
  if (name == "GET") return Method::Get;
  if (name == "HEAD") return Method::Head;
  if (name == "POST") return Method::Post;
  if (name == "PUT") return Method::Put;
  if (name == "PATCH") return Method::Patch;
  if (name == "DELETE") return Method::Delete;
  if (name == "OPTIONS") return Method::Options;
  return Method::Other;
}

bool is_host(std::string_view host) {
  return std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
  });
}

std::string message_of(beast::error_code code) {
  using beast::http::error;
  if (code == error::bad_method || code == error::bad_target) return "The request line is malformed.";
  if (code == error::bad_version) return "The request line does not end in HTTP/1.0 or HTTP/1.1.";
  if (code == error::bad_field) return "The name of a header is malformed.";
  if (code == error::bad_value) return "The value of a header is malformed.";
  if (code == error::bad_content_length || code == error::multiple_content_length) {
    return "Content-Length is not one number.";
  }
  if (code == error::bad_transfer_encoding) return "Transfer-Encoding contradicts another header.";
  if (code == error::bad_chunk || code == error::bad_chunk_extension) return "The size of a chunk is malformed.";
  return fmt::format("The request is malformed ({}).", code.message());
}

}  // namespace

// Collects what Beast's grammar finds. Its callbacks run inside put().
class RequestParser::Grammar final : public beast::http::basic_parser<true> {
 public:
  Grammar() {
    body_limit(boost::none);                                  // counted here, once the handler has said how much it takes
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the scan before it has one
  }

  std::expected<void, Rejection> parse_head(std::string_view bytes) {
    beast::error_code error;
    const auto consumed = put({bytes.data(), bytes.size()}, error);
    if (rejection_) return std::unexpected(*std::move(rejection_));
    if (error) return reject(400, "request.malformed", message_of(error));
    if (!is_header_done() || consumed != bytes.size()) {
      return reject(400, "request.malformed", "The head of the request is malformed.");
    }
    eager(true);
    return check_head();
  }

  std::expected<Progress, Rejection> parse_body(std::string_view bytes, std::uint64_t max_bytes, std::string& body) {
    if (is_done()) return Progress{Progress::State::Complete, 0};
    if (bytes.empty()) return Progress{};
    body_ = &body;
    max_body_bytes_ = max_bytes;
    beast::error_code error;
    const auto consumed = put({bytes.data(), bytes.size()}, error);
    if (rejection_) return std::unexpected(*std::move(rejection_));
    if (error && error != beast::http::error::need_more) {
      return reject(400, "request.malformed_body", message_of(error));
    }
    if (is_done()) return Progress{Progress::State::Complete, consumed};
    if (bytes.size() - consumed > kMaxChunkHeadBytes) {
      return reject(400, "request.malformed_body",
                    fmt::format("The head of a chunk or the trailer has more than {} bytes.", kMaxChunkHeadBytes));
    }
    return Progress{Progress::State::NeedMore, consumed};
  }

  IncomingHead incoming;

 private:
  using error_code = beast::error_code;
  using string_view = beast::string_view;

  // Makes put() return, with our own reason.
  void stop(std::unexpected<Rejection> reason, error_code& error) {
    rejection_ = std::move(reason).error();
    error = beast::http::error::bad_value;
  }

  void on_request_impl(beast::http::verb, string_view method, string_view target, int version, error_code&) override {
    incoming.head.method = method_of({method.data(), method.size()});
    incoming.head.target.assign(target.data(), target.size());
    incoming.minor_version = version % 10;
  }

  void on_field_impl(beast::http::field, string_view name, string_view value, error_code& error) override {
    if (is_header_done()) return;  // a trailer: allowed, and nobody here wants one
    if (incoming.head.headers.size() == kMaxFields) {
      return stop(reject(431, "request.too_many_headers", fmt::format("There are more than {} headers.", kMaxFields)), error);
    }
    incoming.head.headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(string_view bytes, error_code& error) override { return append(bytes, error); }
  void on_chunk_header_impl(std::uint64_t size, string_view, error_code& error) override {
    if (size > max_body_bytes_ - std::min<std::uint64_t>(taken_, max_body_bytes_)) stop(too_large(), error);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& error) override { return append(bytes, error); }
  void on_finish_impl(error_code&) override {}

  // Responses only; never called.
  void on_response_impl(int, string_view, int, error_code&) override {}

  std::size_t append(string_view bytes, error_code& error) {
    if (bytes.size() > max_body_bytes_ - std::min<std::uint64_t>(taken_, max_body_bytes_)) {
      stop(too_large(), error);
      return 0;
    }
    taken_ += bytes.size();
    body_->append(bytes.data(), bytes.size());
    return bytes.size();
  }

  std::unexpected<Rejection> too_large() const { return std::unexpected(body_too_large(max_body_bytes_)); }

  std::expected<void, Rejection> check_head() {
    if (auto checked = check_target(); !checked) return checked;
    if (auto checked = check_host(); !checked) return checked;
    if (auto checked = check_framing(); !checked) return checked;
    incoming.persistence = keep_alive() ? Persistence::KeepAlive : Persistence::Close;
    const auto expect = joined_field(incoming.head.headers, "expect");
    if (!expect.empty() && incoming.minor_version >= 1) {
      if (!equal_ignoring_case(expect, "100-continue")) {
        return reject(417, "request.expectation", "The only expectation that is met is 100-continue.");
      }
      incoming.expectation = IncomingHead::Expectation::Continue;
    }
    incoming.gzip_suffix = remove_gzip_suffixes(incoming.head.headers);
    return {};
  }

  // Origin form, absolute form (whose authority replaces Host), and `*` of OPTIONS.
  std::expected<void, Rejection> check_target() {
    auto& head = incoming.head;
    std::string_view target = head.target;
    if (target.find_first_of("#\"<>") != std::string_view::npos) {
      return reject(400, "request.bad_target", "The target of the request contains one of # \" < >.", "Percent-encode it.");
    }
    for (std::string_view scheme : {"http://", "https://"}) {
      if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
      target.remove_prefix(scheme.size());
      const auto end = std::min(target.find_first_of("/?"), target.size());
      absolute_authority_ = std::string(target.substr(0, end));
      target.remove_prefix(end);
    }
    const auto question_mark = target.find('?');
    head.path = std::string(target.substr(0, question_mark));
    if (question_mark != std::string_view::npos) head.query = std::string(target.substr(question_mark + 1));
    if (absolute_authority_ && head.path.empty()) head.path = "/";
    if (head.path.starts_with('/') || (head.target == "*" && head.method == Method::Options)) return {};
    return reject(400, "request.bad_target", "The target of the request does not start with '/'.");
  }

  std::expected<void, Rejection> check_host() {
    auto& headers = incoming.head.headers;
    const auto is_host_field = [](const auto& field) { return equal_ignoring_case(field.first, "host"); };
    const auto count = std::ranges::count_if(headers, is_host_field);
    if (count > 1 || (count == 0 && incoming.minor_version >= 1)) {
      return reject(400, "request.host", count == 0 ? "The header Host is missing." : "The header Host is given twice.");
    }
    if (absolute_authority_) {
      std::erase_if(headers, is_host_field);
      headers.emplace_back("Host", *absolute_authority_);
    }
    const auto host = find_field(headers, "host");
    if (host && !is_host(*host)) return reject(400, "request.host", "The header Host does not name a host.");
    return {};
  }

  // Where the body ends must be said once, and in one way.
  std::expected<void, Rejection> check_framing() {
    const auto& headers = incoming.head.headers;
    const auto named = [&](std::string_view name) {
      return std::ranges::count_if(headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
    };
    const auto lengths = named("content-length");
    const auto encodings = named("transfer-encoding");
    if (lengths > 0 && encodings > 0) {
      return reject(400, "request.framing", "Content-Length and Transfer-Encoding contradict each other.");
    }
    if (lengths > 1) return reject(400, "request.framing", "The header Content-Length is given twice.");
    if (lengths == 1) {
      const auto value = *find_field(headers, "content-length");
      std::uint64_t length = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
      if (value.empty() || error != std::errc() || end != value.data() + value.size()) {
        return reject(400, "request.framing", "Content-Length is not a number.");
      }
      incoming.head.content_length = length;
      if (length > 0) incoming.framing = IncomingHead::Framing::Length;
      return {};
    }
    if (encodings == 0) return {};
    if (incoming.minor_version == 0) {
      return reject(400, "request.framing", "HTTP/1.0 has no Transfer-Encoding.");
    }
    const auto value = joined_field(headers, "transfer-encoding");
    const auto codings = list_elements(value);
    const auto chunked = std::ranges::count_if(codings, [](auto c) { return equal_ignoring_case(c, "chunked"); });
    if (chunked != 1 || !equal_ignoring_case(codings.back(), "chunked")) {
      return reject(400, "request.framing", "Transfer-Encoding does not end in one 'chunked'.");
    }
    if (codings.size() > 1 || encodings > 1) {
      return reject(501, "request.transfer_encoding", "The only Transfer-Encoding that is understood is 'chunked'.");
    }
    incoming.framing = IncomingHead::Framing::Chunked;
    return {};
  }

  std::optional<Rejection> rejection_;
  std::optional<std::string> absolute_authority_;
  std::string* body_ = nullptr;
  std::uint64_t max_body_bytes_ = 0;
  std::uint64_t taken_ = 0;
};

Rejection body_too_large(std::uint64_t max_bytes) {
  return reject(413, "request.body_too_large", fmt::format("The body has more than {} bytes.", max_bytes), "Send less at once.").error();
}

RequestParser::RequestParser(std::size_t max_head_bytes)
    : grammar_(std::make_unique<Grammar>()), scan_({max_head_bytes, std::min(max_head_bytes, kMaxRequestLineBytes)}) {}
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;
RequestParser::~RequestParser() = default;

std::expected<RequestParser::Progress, Rejection> RequestParser::parse_head(std::string_view bytes) {
  const auto scanned = scan_.scan(bytes);
  if (!scanned) return std::unexpected(scanned.error());
  if (*scanned == HeadScan::State::Incomplete) return Progress{};
  const auto parsed = grammar_->parse_head(bytes.substr(scan_.begin(), scan_.end() - scan_.begin()));
  if (!parsed) return std::unexpected(parsed.error());
  return Progress{Progress::State::Complete, scan_.end()};
}

IncomingHead& RequestParser::incoming() { return grammar_->incoming; }

std::expected<RequestParser::Progress, Rejection> RequestParser::parse_body(std::string_view bytes, std::uint64_t max_bytes,
                                                                            std::string& body) {
  return grammar_->parse_body(bytes, max_bytes, body);
}

}  // namespace weft::http
