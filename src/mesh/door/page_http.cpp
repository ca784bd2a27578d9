#include "mesh/door/page_http.h"

#include <fstream>

#include "platform/crypto/crypto.h"

namespace weft {

namespace {

// Nothing from outside, no inline script. Swagger UI sets styles by script and draws with data: images.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

struct Page {
  std::string_view pattern, file, type;
};
// Browsers ask for each anew and are answered 304: a release changes them all at once.
constexpr std::array kPages{
    Page{"/", "pages/index.html", "text/html; charset=utf-8"},
    Page{"/docs", "pages/docs.html", "text/html; charset=utf-8"},
    Page{"/password", "pages/password.html", "text/html; charset=utf-8"},
    Page{"/requests/{id}", "pages/look.html", "text/html; charset=utf-8"},  // where mails point to
    Page{"/runs/{id}", "pages/look.html", "text/html; charset=utf-8"},
    Page{"/products/{domain}/{name}", "pages/look.html", "text/html; charset=utf-8"},
    Page{"/pages/page.css", "pages/page.css", "text/css; charset=utf-8"},
    Page{"/pages/page.js", "pages/page.js", "text/javascript; charset=utf-8"},
    Page{"/pages/docs.js", "pages/docs.js", "text/javascript; charset=utf-8"},
    Page{"/docs/swagger-ui.css", "swagger-ui/swagger-ui.css", "text/css; charset=utf-8"},
    Page{"/docs/swagger-ui-bundle.js", "swagger-ui/swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
};

class PageFile {
 public:
  PageFile(const std::filesystem::path& folder, const Page& page) : file_(folder / page.file), type_(page.type) {}

  Result<http::Response> answer() {
    std::call_once(once_, [this] { load(); });
    if (etag_.empty()) {
      return fail(ErrorKind::NotFound, "page.missing", "The pages are not installed beside the program.",
                  "share/weft/web belongs beside the binary. The API is at /api/v1.");
    }
    auto response = http::text_response(200, type_, bytes_);
    response.set("ETag", etag_).set("Cache-Control", "no-cache").set("Content-Security-Policy", std::string(kPolicy));
    return response;
  }

 private:
  void load() {
    std::ifstream file(file_, std::ios::binary);
    if (!file) return;
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    etag_ = fmt::format("\"{}\"", sha256_hex(bytes_).substr(0, 32));
  }

  std::filesystem::path file_;
  std::string type_;
  std::once_flag once_;
  std::string bytes_, etag_;  // empty tag: there is no such file
};

}  // namespace

std::vector<Route> page_routes(std::filesystem::path folder) {
  std::vector<Route> routes;
  for (const auto& page : kPages) {
    routes.push_back({.method = http::Method::Get,
                      .pattern = std::string(page.pattern),
                      .access = kPublic,
                      .tx = CallTx::None,
                      .handle = [file = std::make_shared<PageFile>(folder, page)](Call&) { return file->answer(); },
                      .documented = Route::Documented::No});
  }
  return routes;
}

}  // namespace weft
