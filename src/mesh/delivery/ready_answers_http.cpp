#include "mesh/delivery/ready_answers_http.h"

#include "platform/crypto/crypto.h"
#include "platform/http/compression.h"
#include "platform/http/field.h"

namespace weft {

namespace {

// All that an answer of the data door rests on, beside the store; the rest of a request's headers changes nothing.
constexpr std::string_view kHeaders[] = {"authorization", "cookie",     "accept",         "prefer",
                                         "range",         "range-unit", "accept-profile", "if-none-match"};

// A digest, so that no secret of a caller is kept.
std::string key_of(const http::RequestHead& head) {
  std::string text;
  text.reserve(512);
  text.append(http::to_text(head.method)).append(head.secure ? " s " : " ").append(head.target).push_back('\n');
  for (const auto& [name, value] : head.headers) {
    for (std::size_t i = 0; i < std::size(kHeaders); ++i) {
      if (!equal_ignoring_case(name, kHeaders[i])) continue;
      text.push_back(static_cast<char>('a' + i));
      text.append(value).push_back('\n');  // no value holds a line's end
    }
  }
  return sha256(text);
}

}  // namespace

std::optional<http::Response> ReadyAnswers::find(const http::RequestHead& head) {
  const auto epoch = transactor_.epoch();
  if (epoch == 0 || !journal_.appends_at_once()) return std::nullopt;
  const auto ready = answers_.find(key_of(head), epoch);
  if (!ready) return std::nullopt;
  const auto now = clock_.now();
  if (ready->until && now >= *ready->until) return std::nullopt;
  const auto answer = ready->answer.lock();
  if (!answer) return std::nullopt;
  // Compressing takes time that this thread has not.
  if (answer->body.size() >= http::kMinCompressedBytes && http::preferred_coding(head.headers) == http::Coding::Gzip) return std::nullopt;
  if (!journal_.append(ready->hit, now)) return std::nullopt;  // the long way says what is wrong
  http::Response response;
  response.status = answer->status;
  response.body = http::SharedAnswer{ready->head, std::shared_ptr<const std::string>(answer, &answer->body)};
  return response;
}

void ReadyAnswers::keep(const http::RequestHead& head, std::uint64_t epoch, ReadyAnswer answer) {
  if (epoch == 0) return;
  answers_.keep(key_of(head), epoch, std::make_shared<const ReadyAnswer>(std::move(answer)));
}

}  // namespace weft
