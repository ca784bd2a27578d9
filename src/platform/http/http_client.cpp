#include "platform/http/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <mutex>

#include "platform/http/field.h"

namespace weft::http {

namespace {

constexpr int kMaxRedirects = 5;
constexpr std::chrono::milliseconds kConnectTimeout{10'000};
constexpr long kStallSeconds = 120;  // without a byte, where there is no time-out

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

// scheme://host:port, lower-case where case does not matter; empty for what is no URL.
std::string origin_of(const std::string& text) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
  std::string origin;
  for (const auto part : {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT}) {
    char* raw = nullptr;
    if (curl_url_get(url.get(), part, &raw, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    const std::unique_ptr<char, FreeText> value(raw);
    for (const char* c = raw; *c != '\0'; ++c) origin.push_back(*c >= 'A' && *c <= 'Z' ? char(*c + 32) : *c);
    origin.push_back('\n');
  }
  return origin;
}

bool is_loopback(const std::string& origin) {
  return origin.find("\nlocalhost\n") != std::string::npos || origin.find("\n127.") != std::string::npos ||
         origin.find("\n[::1]\n") != std::string::npos;
}

}  // namespace

class HttpClient::Transfer {
 public:
  explicit Transfer(ClientOptions options) : options_(std::move(options)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    handle_.reset(curl_easy_init());
  }

  Result<ClientResponse> send(const ClientRequest& request) {
    auto url = request.url;
    for (int redirects = 0;; ++redirects) {
      auto response = run(request, url);
      if (!response || response->status < 300 || response->status > 399) return response;
      if ((request.method != "GET" && request.method != "HEAD") || redirects == kMaxRedirects) return response;
      char* next = nullptr;
      curl_easy_getinfo(handle_.get(), CURLINFO_REDIRECT_URL, &next);
      if (next == nullptr || origin_of(next) != origin_of(url)) return response;
      url = next;
    }
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_.get(), option, value);
  }

  Result<ClientResponse> run(const ClientRequest& request, const std::string& url) {
    if (!handle_) return fail(ErrorKind::Internal, "client.failed", "The HTTP client can't be set up.");
    request_ = &request;
    response_ = {};
    stopped_ = Stopped::No;
    std::array<char, CURL_ERROR_SIZE> text{};
    curl_easy_reset(handle_.get());  // keeps the connection
    set(CURLOPT_ERRORBUFFER, text.data());
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
    if (request.timeout.count() > 0) {
      set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    } else {
      set(CURLOPT_LOW_SPEED_LIMIT, 1L);
      set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
    }
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    if (is_loopback(origin_of(url))) set(CURLOPT_PROXY, "");  // whatever the environment says
    const auto headers = set_method_and_headers(request);
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    set(CURLOPT_HEADERDATA, this);

    const auto code = curl_easy_perform(handle_.get());
    if (code != CURLE_OK) return fail(explain(code, url, text.data()));
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }

  std::unique_ptr<curl_slist, FreeList> set_method_and_headers(const ClientRequest& request) {
    const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (request.method == "HEAD") set(CURLOPT_NOBODY, 1L);
    if (has_body) {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.c_str());
    }
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_slist* list = nullptr;
    for (const auto& [name, value] : request.headers) {
      // Curl's way of writing a header without a value.
      const auto line = value.empty() ? fmt::format("{};", name) : fmt::format("{}: {}", name, value);
      list = curl_slist_append(list, line.c_str());
    }
    // Curl's own guess would be a form; and it must not wait for `100 Continue`.
    if (has_body && !find_field(request.headers, "content-type")) list = curl_slist_append(list, "Content-Type:");
    list = curl_slist_append(list, "Expect:");
    return std::unique_ptr<curl_slist, FreeList>(list);
  }

  Error explain(CURLcode code, const std::string& url, const char* text) const {
    const std::string reason = *text != '\0' ? text : curl_easy_strerror(code);
    if (stopped_ == Stopped::TooLarge) {
      return make_error(ErrorKind::TooLarge, "client.too_large",
                        fmt::format("The answer of {} has more than {} bytes.", url, request_->max_body_bytes));
    }
    if (stopped_ == Stopped::ByCaller) {
      return make_error(ErrorKind::Invalid, "client.stopped", "The transfer was stopped.");
    }
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_CONNECT:
        return make_error(ErrorKind::Unavailable, "client.unreachable", fmt::format("{} can't be reached: {}.", url, reason))
            .with_hint("Is the server running, and is its address right?");
      case CURLE_OPERATION_TIMEDOUT:
        return make_error(ErrorKind::Timeout, "client.timeout", fmt::format("{} did not answer in time: {}.", url, reason));
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CONNECT_ERROR:
      case CURLE_SSL_CACERT_BADFILE:
        return make_error(ErrorKind::Unavailable, "client.tls", fmt::format("No trusted connection to {}: {}.", url, reason))
            .with_hint("Name the file of the authority that signed the server's certificate.");
      default: return make_error(ErrorKind::Unavailable, "client.failed", fmt::format("The request to {} failed: {}.", url, reason));
    }
  }

  static std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* self) {
    auto& response = static_cast<Transfer*>(self)->response_;
    const std::string_view line(bytes, size);
    if (line.starts_with("HTTP/")) response.headers.clear();  // of a 100 before
    const auto colon = line.find(':');
    if (colon != std::string_view::npos) {
      const auto end = line.find_last_not_of("\r\n");
      response.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1, end - colon)));
    }
    return size;
  }

  static std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto& request = *transfer.request_;
    long status = 0;
    curl_easy_getinfo(transfer.handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    try {
      if (request.on_body && status >= 200 && status < 300) {
        if (request.on_body({bytes, size})) return size;
        transfer.stopped_ = Stopped::ByCaller;
        return CURL_WRITEFUNC_ERROR;
      }
      if (transfer.response_.body.size() + size <= request.max_body_bytes) {
        transfer.response_.body.append(bytes, size);
        return size;
      }
      transfer.stopped_ = Stopped::TooLarge;
    } catch (const std::exception&) {
      transfer.stopped_ = Stopped::ByCaller;
    }
    return CURL_WRITEFUNC_ERROR;
  }

  enum class Stopped { No, TooLarge, ByCaller };

  ClientOptions options_;
  std::unique_ptr<CURL, FreeHandle> handle_;
  const ClientRequest* request_ = nullptr;
  ClientResponse response_;
  Stopped stopped_ = Stopped::No;
};

std::optional<std::string_view> ClientResponse::header(std::string_view name) const { return find_field(headers, name); }

HttpClient::HttpClient(ClientOptions options) : transfer_(std::make_unique<Transfer>(std::move(options))) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<ClientResponse> HttpClient::send(const ClientRequest& request) { return transfer_->send(request); }

}  // namespace weft::http
