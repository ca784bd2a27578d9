#include "platform/http/answer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/caught.h"
#include "platform/http/conditional.h"
#include "platform/http/field.h"
#include "platform/http/problem.h"
#include "platform/http/status.h"

namespace weft::http {

namespace {

constexpr std::string_view kRouteHeader = "x-weft-route";

// What the server says itself, or must not be said at all.
bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 13> kReserved{"strict-transport-security",
                                                              "content-length",
                                                              "date",
                                                              "connection",
                                                              "keep-alive",
                                                              "transfer-encoding",
                                                              "server",
                                                              "trailer",
                                                              "upgrade",
                                                              "x-request-id",
                                                              "vary",
                                                              kRouteHeader,
                                                              "te"};
  return std::ranges::any_of(kReserved, [&](auto reserved) { return equal_ignoring_case(name, reserved); });
}

// `Sun, 06 Nov 1994 08:49:37 GMT`
std::string_view http_date(Timestamp now) {
  thread_local std::int64_t second = -1;
  thread_local std::string text;
  if (const auto current = now.micros / 1'000'000; current != second) {
    second = current;
    text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<std::time_t>(current)));
  }
  return text;
}

bool has_no_body(int status) { return status == 204 || status == 304; }

void remove_field(Headers& headers, std::string_view name) {
  std::erase_if(headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
}

// A handler that lets a client's bytes into a header must not let him write headers.
void append_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  const auto begin = head.size();
  head.append(value);
  std::replace_if(
      head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  head.append("\r\n");
}

std::string describe(const Error& error) { return fmt::format("{}: {} {}", error.id, error.message, error.detail); }

bool is_worth_compressing(const Headers& headers, std::uint64_t size) {
  const auto type = find_field(headers, "content-type");
  // A range of bytes is one of the plain bytes; a range of rows may be compressed as anything else.
  const bool byte_range = find_field(headers, "content-range").value_or("").starts_with("bytes");
  return size >= kMinCompressedBytes && type && is_compressible(*type) && !byte_range && !find_field(headers, "content-encoding") &&
         find_field(headers, "cache-control").value_or("").find("no-transform") == std::string_view::npos;
}

// Whether a request asks for nothing that would change the head or the body of an answer that others get, too.
bool is_plain(const IncomingHead& request) {
  const auto& head = request.head;
  return head.method == Method::Get && request.minor_version >= 1 && request.persistence == Persistence::KeepAlive &&
         preferred_coding(head.headers) == Coding::Identity && !find_field(head.headers, "origin") &&
         !find_field(head.headers, "if-none-match");
}

}  // namespace

Answer::Answer(const AnswerSettings& settings, const IncomingHead& request, Response&& response, Persistence wanted, Timestamp now)
    : persistence_(wanted) {
  if (const auto route = find_field(response.headers, kRouteHeader)) route_ = std::string(*route);
  if (auto* shared = std::get_if<SharedAnswer>(&response.body)) {
    if (persistence_ == Persistence::KeepAlive && is_plain(request)) {
      give_shared(settings, request, *shared, now);
      return;
    }
    response.status = shared->head->status();
    response.headers = shared->head->headers();
    response.body = std::string(*shared->body);
  }
  if (response.status < 200 || response.status > 599) {
    failure_ = fmt::format("a handler answered with status {}", response.status);
    response = problem(bug(failure_), request.head);
  }
  if (auto* stream = std::get_if<std::unique_ptr<BodyStream>>(&response.body)) {
    stream_ = std::move(*stream);
    response.body = std::string();
  }
  take_body(request, response);
  if (persistence_ == Persistence::KeepAlive && request.persistence == Persistence::Close) {
    persistence_ = Persistence::Close;
  }
  write_head(settings, request, response, now);
}

void Answer::give_shared(const AnswerSettings& settings, const IncomingHead& request, const SharedAnswer& shared, Timestamp now) {
  const auto& given = shared.head->headers();
  status_ = shared.head->status();
  shared_ = shared.body;
  length_ = source_bytes_ = shared_->size();
  framing_ = Framing::Length;
  varies_by_coding_ = is_worth_compressing(given, shared_->size());
  begin_head(request, now);
  head_ += shared.head->lines([&] { return head_fields(settings, request, given); });
}

void Answer::take_body(const IncomingHead& request, Response& response) {
  const bool head_only = request.head.method == Method::Head;
  if (answer_not_modified(request, response)) {
    finish(StreamEnd::Complete);
    return;
  }
  choose_coding(request, response);
  if (stream_ != nullptr) {
    if (has_no_body(response.status) || head_only) {
      if (coding_ == Coding::Identity && !has_no_body(response.status)) length_ = stream_->length();
      finish(StreamEnd::Complete);
      status_ = response.status;
      return;
    }
    take_first_chunk(request, response);
    if (stream_ != nullptr) return;
  }
  status_ = response.status;
  auto& body = std::get<std::string>(response.body);
  if (has_no_body(status_)) return;
  source_bytes_ = head_only ? 0 : body.size();
  bytes_ = coding_ == Coding::Gzip ? gzip(body) : std::move(body);
  length_ = bytes_.size();
  framing_ = Framing::Length;
  if (head_only) bytes_.clear();
}

bool Answer::answer_not_modified(const IncomingHead& request, Response& response) {
  const auto etag = find_field(response.headers, "etag");
  if (response.status == 200 && etag && has_current_version(request.head, *etag)) response.status = 304;
  if (response.status != 304) return false;
  status_ = 304;
  remove_field(response.headers, "content-type");
  remove_field(response.headers, "content-range");
  // The client's copy is the compressed one: it goes on to be.
  if (request.gzip_suffix == GzipSuffix::Removed && preferred_coding(request.head.headers) == Coding::Gzip) {
    for (auto& [name, value] : response.headers) {
      if (equal_ignoring_case(name, "etag")) value = with_gzip_suffix(value);
    }
  }
  varies_by_coding_ = true;
  return true;
}

void Answer::choose_coding(const IncomingHead& request, Response& response) {
  const auto size = stream_ != nullptr ? stream_->length().value_or(kMinCompressedBytes) : std::get<std::string>(response.body).size();
  if (has_no_body(response.status) || !is_worth_compressing(response.headers, size)) return;
  varies_by_coding_ = true;
  coding_ = preferred_coding(request.head.headers);
  if (coding_ == Coding::Identity) return;
  response.set("Content-Encoding", "gzip");
  for (auto& [name, value] : response.headers) {
    if (equal_ignoring_case(name, "etag")) value = with_gzip_suffix(value);
  }
}

Result<bool> Answer::pull(std::string& chunk) {
  chunk.clear();
  try {
    auto more = stream_->next(chunk);
    if (more && !*more) chunk.clear();
    pulled_bytes_ += chunk.size();
    if (more && length_ && (pulled_bytes_ > *length_ || (!*more && pulled_bytes_ < *length_))) {
      return fail(bug(fmt::format("a stream of {} bytes gave {}", *length_, pulled_bytes_)));
    }
    return more;
  } catch (const std::exception& exception) {
    return fail(bug(exception.what()));
  } catch (...) {
    return fail(bug("an exception of unknown type"));
  }
}

void Answer::take_first_chunk(const IncomingHead& request, Response& response) {
  if (coding_ == Coding::Identity) length_ = stream_->length();
  std::string chunk;
  const auto more = pull(chunk);
  if (!more) {
    if (status_of(more.error().kind) >= 500) failure_ = describe(more.error());
    finish(StreamEnd::Abandoned);
    response = problem(more.error(), request.head);
    coding_ = Coding::Identity;
    varies_by_coding_ = false;
    length_.reset();
    return;
  }
  status_ = response.status;
  if (!*more) length_ = 0;
  if (length_) {
    framing_ = Framing::Length;
  } else if (request.minor_version >= 1) {
    framing_ = Framing::Chunked;
  } else {
    framing_ = Framing::UntilClose;
    persistence_ = Persistence::Close;
  }
  if (coding_ == Coding::Gzip && *more) gzip_ = std::make_unique<GzipWriter>(GzipWriter::Speed::Fast);
  if (!*more) {
    // An empty body is not compressed, whatever the headers promise for longer ones.
    remove_field(response.headers, "content-encoding");
    return;
  }
  frame(std::move(chunk), GzipWriter::Flush::Piece);
  state_ = length_ && pulled_bytes_ == *length_ ? State::Last : State::MoreLater;
}

void Answer::frame(std::string&& chunk, GzipWriter::Flush flush) {
  source_bytes_ = chunk.size();
  if (gzip_ != nullptr) {
    bytes_.clear();
    if (!chunk.empty() || flush == GzipWriter::Flush::Finish) gzip_->write(chunk, flush, bytes_);
  } else {
    std::swap(bytes_, chunk);
  }
  prefix_.clear();
  suffix_ = {};
  if (framing_ == Framing::Chunked && !bytes_.empty()) {
    prefix_ = fmt::format("{:x}\r\n", bytes_.size());
    suffix_ = "\r\n";
  }
}

void Answer::advance() {
  head_.clear();
  std::string chunk = gzip_ != nullptr ? std::string() : std::move(bytes_);  // its memory serves again
  const auto more = pull(chunk);
  if (!more) {
    break_off(more.error());
  } else if (*more) {
    try {
      frame(std::move(chunk), GzipWriter::Flush::Piece);
      if (length_ && pulled_bytes_ == *length_) state_ = State::Last;
    } catch (const std::exception& exception) {
      break_off(bug(exception.what()));
    }
  } else {
    end_stream_body();
  }
}

void Answer::break_off(const Error& error) {
  state_ = State::Broken;
  failure_ = describe(error);
  prefix_.clear();
  bytes_.clear();
  suffix_ = {};
}

void Answer::end_stream_body() {
  state_ = State::Last;
  try {
    frame({}, GzipWriter::Flush::Finish);
  } catch (const std::exception& exception) {
    return break_off(bug(exception.what()));
  }
  if (framing_ == Framing::Chunked) suffix_ = bytes_.empty() ? "0\r\n\r\n" : "\r\n0\r\n\r\n";
}

void Answer::count_written(std::size_t bytes) {
  const auto before = head_.size() + prefix_.size();
  const auto size = body().size();
  const auto of_body = std::min(bytes > before ? bytes - before : 0, size);
  // Of a compressed piece that went out in part, the same part of what it was made of.
  if (size > 0) body_bytes_ += of_body == size ? source_bytes_ : source_bytes_ * of_body / size;
}

void Answer::finish(StreamEnd end) {
  if (stream_ == nullptr) return;
  stream_->finished(end, body_bytes_);
  stream_.reset();
}

void Answer::write_head(const AnswerSettings& settings, const IncomingHead& request, const Response& response, Timestamp now) {
  begin_head(request, now);
  head_ += head_fields(settings, request, response.headers);
}

// What differs from one exchange to the next.
void Answer::begin_head(const IncomingHead& request, Timestamp now) {
  head_.reserve(1024);
  head_.append("HTTP/1.1 ").append(fmt::format_int(status_).c_str()).append(" ").append(reason_phrase(status_));
  head_.append("\r\nDate: ").append(http_date(now)).append("\r\nServer: weft\r\nX-Request-Id: ");
  head_.append(request.head.request_id).append("\r\n");
  if (request.head.secure) head_.append("Strict-Transport-Security: max-age=31536000\r\n");
}

// The rest, up to the empty line.
std::string Answer::head_fields(const AnswerSettings& settings, const IncomingHead& request, const Headers& given) const {
  std::string fields;
  fields.reserve(768);
  const auto append_unless_given = [&](std::string_view name, std::string_view value) {
    if (!find_field(given, name)) append_field(fields, name, value);
  };
  for (const auto& [name, value] : given) {
    if (!is_reserved(name) && is_token(name)) append_field(fields, name, value);
  }

  auto vary = joined_field(given, "vary");
  const auto vary_by = [&](std::string_view name) {
    const auto listed = list_elements(vary);
    if (std::ranges::any_of(listed, [&](auto known) { return known == "*" || equal_ignoring_case(known, name); })) {
      return;
    }
    vary.append(vary.empty() ? "" : ", ").append(name);
  };
  if (varies_by_coding_) vary_by("Accept-Encoding");
  for (const auto& [name, value] : cors_headers(settings.cors_origins, request.head)) {
    if (name == "Vary") {
      vary_by(value);
    } else {
      append_unless_given(name, value);
    }
  }
  if (!vary.empty()) append_field(fields, "Vary", vary);

  append_unless_given("X-Content-Type-Options", "nosniff");
  append_unless_given("X-Frame-Options", "DENY");
  append_unless_given("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  // Not no-referrer: browsers would then send `Origin: null` with forms, which the check of the Origin refuses.
  append_unless_given("Referrer-Policy", "same-origin");
  if (request.head.path.starts_with("/api/") || status_ >= 400) append_unless_given("Cache-Control", "no-store");

  if (persistence_ == Persistence::Close) {
    append_field(fields, "Connection", "close");
  } else if (request.minor_version == 0) {
    append_field(fields, "Connection", "keep-alive");
  }
  if (framing_ == Framing::Chunked) {
    append_field(fields, "Transfer-Encoding", "chunked");
  } else if (length_ && !has_no_body(status_)) {
    append_field(fields, "Content-Length", fmt::to_string(*length_));
  }
  return fields.append("\r\n");
}

}  // namespace weft::http
