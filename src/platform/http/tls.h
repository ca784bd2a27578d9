// The server's side of TLS from files in PEM: 1.2 and 1.3, ALPN for http/1.1.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace weft::http {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

// Errors: `server.certificate`, saying which file and what is wrong with it.
[[nodiscard]] Result<TlsContext> load_tls(const std::string& certificate_file, const std::string& key_file);

}  // namespace weft::http
