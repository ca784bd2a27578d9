#include "platform/http/request_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "platform/http/field.h"

namespace weft::http {

namespace {

using Checked = std::expected<void, Rejection>;

std::unexpected<Rejection> reject(int status, std::string id, std::string message, std::string hint = {}) {
  auto error = make_error(ErrorKind::Invalid, std::move(id), std::move(message));
  error.hint = std::move(hint);
  return std::unexpected(Rejection{status, std::move(error)});
}

std::unexpected<Rejection> malformed(std::string message) { return reject(400, "request.malformed", std::move(message)); }

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

// Loose about names and addresses, strict about what would make it something else: a path, a user, a blank.
bool is_host(std::string_view host) {
  return std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
  });
}

auto is_named(std::string_view name) {
  return [name](const auto& field) { return equal_ignoring_case(field.first, name); };
}

}  // namespace

RequestParser::RequestParser(std::size_t max_head_bytes) : scan_({max_head_bytes, std::min(max_head_bytes, kMaxRequestLineBytes)}) {}

std::expected<RequestParser::Progress, Rejection> RequestParser::parse_head(std::string_view bytes) {
  const auto scanned = scan_.scan(bytes);
  if (!scanned) return std::unexpected(scanned.error());
  if (*scanned == HeadScan::State::Incomplete) return Progress{};
  const auto lines = bytes.substr(scan_.begin(), scan_.end() - scan_.begin());
  CHECK(parse_lines(lines));
  return Progress{Progress::State::Complete, scan_.end()};
}

// REQUIRES: the scan has passed: lines end in CRLF, the last one is empty, none is folded, no control characters.
Checked RequestParser::parse_lines(std::string_view lines) {
  const auto take_line = [&] {
    const auto end = lines.find("\r\n");
    const auto line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    return line;
  };
  CHECK(parse_request_line(take_line()));
  for (auto line = take_line(); !line.empty(); line = take_line()) CHECK(parse_field(line));
  CHECK(parse_target());
  CHECK(check_host());
  CHECK(check_framing());
  CHECK(check_expectation());
  choose_persistence();
  incoming_.gzip_suffix = remove_gzip_suffixes(incoming_.head.headers);
  return {};
}

Checked RequestParser::parse_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return malformed("The request line is not of the form 'METHOD /target HTTP/1.1'.");
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method) || target.empty() || target.find(' ') != std::string_view::npos) {
    return malformed("The request line is not of the form 'METHOD /target HTTP/1.1'.");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return malformed("The request line does not end in HTTP/1.0 or HTTP/1.1.");
  incoming_.head.method = method_of(method);
  incoming_.head.target = std::string(target);
  incoming_.minor_version = version.back() - '0';
  return {};
}

Checked RequestParser::parse_field(std::string_view line) {
  auto& headers = incoming_.head.headers;
  if (headers.size() == kMaxFields) {
    return reject(431, "request.too_many_headers", fmt::format("There are more than {} headers.", kMaxFields));
  }
  const auto colon = line.find(':');
  // A blank before the colon is no token either: proxies have read such names in two ways.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return malformed("The name of a header is malformed.");
  headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  return {};
}

// Origin form, absolute form (whose authority replaces Host), and `*` of OPTIONS.
Checked RequestParser::parse_target() {
  auto& head = incoming_.head;
  std::string_view target = head.target;
  // Clients send what RFC 3986 wants encoded in a query as it is (curl all of it, browsers ` { } | ^); it means itself.
  // In a path it may be the start of something else.
  if (target.find('#') != std::string_view::npos || target.substr(0, target.find('?')).find_first_of("\"<>") != std::string_view::npos) {
    return reject(400, "request.bad_target", "The target of the request contains # or, in its path, one of \" < >.", "Percent-encode it.");
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const auto end = std::min(target.find_first_of("/?"), target.size());
    authority_ = std::string(target.substr(0, end));
    target.remove_prefix(end);
    break;
  }
  const auto question_mark = target.find('?');
  head.path = std::string(target.substr(0, question_mark));
  if (question_mark != std::string_view::npos) head.query = std::string(target.substr(question_mark + 1));
  if (authority_ && head.path.empty()) head.path = "/";
  if (head.path.starts_with('/') || (head.target == "*" && head.method == Method::Options)) return {};
  return reject(400, "request.bad_target", "The target of the request does not start with '/'.");
}

Checked RequestParser::check_host() {
  auto& headers = incoming_.head.headers;
  const auto count = std::ranges::count_if(headers, is_named("host"));
  if (count > 1) return reject(400, "request.host", "The header Host is given twice.");
  if (count == 0 && incoming_.minor_version >= 1) return reject(400, "request.host", "The header Host is missing.");
  if (authority_) {
    std::erase_if(headers, is_named("host"));
    headers.emplace_back("Host", *authority_);
  }
  const auto host = find_field(headers, "host");
  if (host && !is_host(*host)) return reject(400, "request.host", "The header Host does not name a host.");
  return {};
}

// Where the body ends must be said once, and in one way.
Checked RequestParser::check_framing() {
  const auto& headers = incoming_.head.headers;
  const auto encodings = std::ranges::count_if(headers, is_named("transfer-encoding"));
  if (encodings == 0) return check_length();
  if (std::ranges::any_of(headers, is_named("content-length"))) {
    return reject(400, "request.framing", "Content-Length and Transfer-Encoding contradict each other.");
  }
  if (incoming_.minor_version == 0) return reject(400, "request.framing", "HTTP/1.0 has no Transfer-Encoding.");
  const auto value = joined_field(headers, "transfer-encoding");
  const auto codings = list_elements(value);
  const auto is_chunked = [](std::string_view coding) { return equal_ignoring_case(coding, "chunked"); };
  if (std::ranges::count_if(codings, is_chunked) != 1 || !is_chunked(codings.back())) {
    return reject(400, "request.framing", "Transfer-Encoding does not end in one 'chunked'.");
  }
  if (!equal_ignoring_case(value, "chunked")) {
    return reject(501, "request.transfer_encoding", "The only Transfer-Encoding that is understood is 'chunked'.");
  }
  incoming_.framing = IncomingHead::Framing::Chunked;
  return {};
}

Checked RequestParser::check_length() {
  auto& head = incoming_.head;
  const auto count = std::ranges::count_if(head.headers, is_named("content-length"));
  if (count == 0) return {};
  if (count > 1) return reject(400, "request.framing", "The header Content-Length is given twice.");
  const auto value = *find_field(head.headers, "content-length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (value.empty() || error != std::errc() || end != value.data() + value.size()) {
    return reject(400, "request.framing", "Content-Length is not a number.");
  }
  head.content_length = length;
  if (length > 0) incoming_.framing = IncomingHead::Framing::Length;
  return {};
}

Checked RequestParser::check_expectation() {
  const auto expected = joined_field(incoming_.head.headers, "expect");
  if (expected.empty() || incoming_.minor_version == 0) return {};
  if (!equal_ignoring_case(expected, "100-continue")) {
    return reject(417, "request.expectation", "The only expectation that is met is 100-continue.");
  }
  incoming_.expectation = IncomingHead::Expectation::Continue;
  return {};
}

void RequestParser::choose_persistence() {
  const auto value = joined_field(incoming_.head.headers, "connection");
  const auto options = list_elements(value);
  const auto has = [&](std::string_view option) {
    return std::ranges::any_of(options, [&](auto given) { return equal_ignoring_case(given, option); });
  };
  const bool kept = !has("close") && (incoming_.minor_version >= 1 || has("keep-alive"));
  incoming_.persistence = kept ? Persistence::KeepAlive : Persistence::Close;
}

std::expected<RequestParser::Progress, Rejection> RequestParser::parse_body(std::string_view bytes, std::uint64_t max_bytes,
                                                                            std::string& body) {
  switch (incoming_.framing) {
    case IncomingHead::Framing::NoBody: break;
    case IncomingHead::Framing::Length: {
      const auto length = incoming_.head.content_length.value_or(0);
      if (length > max_bytes) return std::unexpected(body_too_large(max_bytes));
      const auto taken = bytes.substr(0, static_cast<std::size_t>(length - body.size()));
      body.append(taken);
      return Progress{body.size() == length ? Progress::State::Complete : Progress::State::NeedMore, taken.size()};
    }
    case IncomingHead::Framing::Chunked: {
      const auto taken = chunks_.decode(bytes, max_bytes, body);
      if (!taken) return std::unexpected(taken.error());
      return Progress{chunks_.complete() ? Progress::State::Complete : Progress::State::NeedMore, *taken};
    }
  }
  return Progress{Progress::State::Complete, 0};
}

}  // namespace weft::http
