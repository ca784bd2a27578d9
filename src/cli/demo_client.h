// The demo's hands: the public API by HTTP, signed in as one person. Nothing of the server's insides is reachable from here.
#pragma once

#include "base/json.h"
#include "platform/http/http_client.h"

namespace weft {

struct DemoAddress {
  std::string local;       // where this process listens
  std::string public_url;  // what everybody else calls it
};

class DemoClient {
 public:
  explicit DemoClient(DemoAddress address) : address_(std::move(address)) {}

  // Errors: `demo.refused` with the server's own words when the status is not 2xx.
  [[nodiscard]] Result<json::value> get(const std::string& path);
  [[nodiscard]] Result<json::value> post(const std::string& path, const json::value& body);
  // The answer's status whatever it is, body unread: for reads that are meant to be refused.
  [[nodiscard]] Result<int> status_of(const std::string& path);

  void use_token(std::string token) { token_ = std::move(token); }
  // Signs in by name and password and makes a token; used from then on.
  [[nodiscard]] Result<std::string> make_token(const std::string& name, const std::string& password);

 private:
  [[nodiscard]] Result<http::ClientResponse> send(std::string method, const std::string& path, const json::value* body);

  DemoAddress address_;
  std::string token_, cookie_;
  http::HttpClient client_;
};

}  // namespace weft
