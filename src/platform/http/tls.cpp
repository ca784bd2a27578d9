#include "platform/http/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <array>
#include <string_view>

namespace weft::http {

namespace {

constexpr std::string_view kHttp11 = "http/1.1";
// For TLS 1.2: forward secrecy and authenticated encryption only. Those of 1.3 are all good.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK";

std::string last_openssl_error() {
  const auto code = ERR_peek_last_error();
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  return code == 0 ? std::string("unknown") : std::string(text.data());
}

std::unexpected<Error> certificate_error(std::string message) {
  return fail(make_error(ErrorKind::Invalid, "server.certificate", std::move(message))
                  .with_hint("Give the certificate chain and its unencrypted private key as PEM files.")
                  .with_detail(last_openssl_error()));
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered, unsigned int offered_size,
                    void*) {
  const std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
  for (std::size_t at = 0; at < list.size();) {
    const auto size = static_cast<unsigned char>(list[at]);
    if (list.substr(at + 1, size) == kHttp11) {
      *chosen = offered + at + 1;
      *chosen_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1U + size;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Never asks a terminal for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

Result<TlsContext> load_tls(const std::string& certificate_file, const std::string& key_file) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return certificate_error("TLS can't be set up.");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
  static constexpr std::string_view kSessionContext = "weft";
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                 static_cast<unsigned>(kSessionContext.size()));

  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return certificate_error(fmt::format("The certificate file '{}' can't be read as PEM.", certificate_file));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return certificate_error(
        fmt::format("The key file '{}' can't be read as PEM, or does not belong to the certificate in '{}'.", key_file, certificate_file));
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return certificate_error(fmt::format("The key in '{}' does not belong to the certificate in '{}'.", key_file, certificate_file));
  }
  return context;
}

}  // namespace weft::http
