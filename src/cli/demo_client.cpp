#include "cli/demo_client.h"

namespace weft {

namespace {

Result<json::value> value_of(const http::ClientResponse& response, std::string_view what) {
  auto body = response.body.empty() ? Result<json::value>(json::value(nullptr)) : parse_json(response.body);
  if (response.status >= 200 && response.status < 300) return body;
  return fail(make_error(ErrorKind::Internal, "demo.refused", fmt::format("{} was answered with {}.", what, response.status))
                  .with_detail(response.body.substr(0, 2000)));
}

}  // namespace

Result<http::ClientResponse> DemoClient::send(std::string method, const std::string& path, const json::value* body) {
  http::ClientRequest request;
  request.method = std::move(method);
  request.url = address_.local + path;
  request.timeout = std::chrono::minutes(5);
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
  if (!cookie_.empty()) {
    request.headers.emplace_back("Cookie", cookie_);
    request.headers.emplace_back("Origin", address_.public_url);
  }
  if (body != nullptr) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = json::serialize(*body);
  }
  return client_.send(request);
}

Result<json::value> DemoClient::get(const std::string& path) { return value_of(TRY(send("GET", path, nullptr)), "GET " + path); }

Result<json::value> DemoClient::post(const std::string& path, const json::value& body) {
  return value_of(TRY(send("POST", path, &body)), "POST " + path);
}

Result<int> DemoClient::status_of(const std::string& path) { return TRY(send("GET", path, nullptr)).status; }

Result<std::string> DemoClient::make_token(const std::string& name, const std::string& password) {
  const json::value credentials = json::object{{"name", name}, {"password", password}};
  const auto signed_in = TRY(send("POST", "/api/v1/session", &credentials));
  CHECK(value_of(signed_in, "POST /api/v1/session"));
  const auto cookie = signed_in.header("set-cookie").value_or("");
  cookie_ = std::string(cookie.substr(0, cookie.find(';')));
  const auto made = TRY(post("/api/v1/tokens", json::object{{"name", "demo"}}));
  cookie_.clear();
  token_ = std::string(made.at("token").as_string());
  return token_;
}

}  // namespace weft
