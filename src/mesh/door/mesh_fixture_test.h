// For tests only: the ground of the mesh (identity, audit, domains, the dispatcher) on a fresh database, with a clock that
// stands still. A noun's tests derive from MeshTest and add their own stores.
//
//   class DomainTest : public MeshTest {};
//   INSTANTIATE_TEST_SUITE_P(Stores, DomainTest, kBothDialects, dialect_name);
#pragma once

#include "mesh/audit/audit_sql.h"
#include "mesh/domain/domain_ports.h"
#include "mesh/domain/domain_sql.h"
#include "mesh/door/dispatch_http.h"
#include "mesh/identity/credential_sql.h"
#include "mesh/identity/identity_ports.h"
#include "mesh/identity/user_sql.h"
#include "platform/crypto/crypto.h"
#include "platform/db/database_fixture_test.h"

namespace weft {

class StandingClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override { return {micros_}; }
  void advance(std::int64_t seconds) { micros_ += seconds * 1'000'000; }

 private:
  std::atomic<std::int64_t> micros_ = 1'772'366'400'000'000;  // 2026-03-01T12:00:00Z
};

// Real secrets, but passwords that cost nothing.
class CheapSecrets final : public Secrets {
 public:
  std::string make_secret() override { return to_base64url(random_bytes(32)); }
  std::string digest(std::string_view secret) override { return sha256_hex(secret); }
  std::string hash_password(std::string_view password) override {
    if (meanwhile) meanwhile();
    return fmt::format("cheap:{}", password);
  }
  bool verify_password(std::string_view hash, std::string_view password) override {
    ++verified;
    return hash == hash_password(password);
  }
  void verify_in_vain(std::string_view) override {
    if (meanwhile) meanwhile();
    ++verified_in_vain;
  }

  std::atomic<int> verified = 0, verified_in_vain = 0;
  std::function<void()> meanwhile;  // what others do while a password is hashed
};

// What the dispatcher answered.
struct Answer {
  int status = 0;
  json::value body;  // null when it is not JSON
  http::Headers headers;

  [[nodiscard]] std::string code() const;                       // of a problem
  [[nodiscard]] std::string complaint() const;                  // the field of a form that is complained about first
  [[nodiscard]] std::vector<std::string> complaints() const;    // all of them
  [[nodiscard]] std::string text(std::string_view name) const;  // a member of the body
  [[nodiscard]] std::size_t count() const;                      // of a list's items
  [[nodiscard]] std::string header(std::string_view name) const;
};

class MeshTest : public DatabaseTest {
 protected:
  MeshTest();

  // An active user who holds these roles. His password is `password of <name>`.
  User add_user(const std::string& name, Roles roles);
  // As it is in the store now.
  [[nodiscard]] Principal principal_of(const User& user);
  Domain add_domain(const std::string& path, const std::vector<User>& owners = {});
  // A bearer token of his.
  [[nodiscard]] std::string token_of(const User& user);

  // Runs `work(tx, context)` as `who` in a Write transaction and commits it when it succeeds; again when the store was busy,
  // as the dispatcher does, but with more patience.
  template <typename Work>
  auto write_as(const Principal& who, Work work) -> decltype(work(std::declval<Tx&>(), std::declval<const Context&>())) {
    for (int attempt = 1;; ++attempt) {
      auto done = try_as(who, work);
      if (done || done.error().id != "store.busy" || attempt == kMaxAttempts) return done;
    }
  }

  // Every entry of the audit log, oldest first.
  [[nodiscard]] std::vector<AuditEntry> audit_entries();
  // The actions of those from `first` on.
  [[nodiscard]] std::vector<std::string> audit_actions(std::size_t first = 0);

  // Sends a request through a dispatcher over `routes`. `authorization`: a token, or empty.
  struct Ask {
    http::Method method = http::Method::Get;
    std::string target;
    std::string token;
    std::string body;
    http::Headers headers;
    bool secure = false;
  };
  [[nodiscard]] Answer ask(const std::vector<Route>& routes, const Ask& ask);

  StandingClock clock;
  CheapSecrets secrets;
  std::unique_ptr<UserStore> users = make_sql_user_store();
  std::unique_ptr<CredentialStore> credentials = make_sql_credential_store();
  std::unique_ptr<WrongPasswordStore> wrong_passwords = make_sql_wrong_password_store();
  AddressThrottle addresses;
  std::unique_ptr<AuditLog> audit = make_sql_audit_log();
  std::unique_ptr<DomainStore> domains = make_sql_domain_store();
  TemporaryFolder folder;
  SecretBox box;
  std::unique_ptr<IdempotencyStore> idempotency;

  IdentityPorts identity_ports{*users, *credentials, *audit, secrets};
  PasswordPorts password_ports{identity_ports, database(), *wrong_passwords, addresses};
  DomainPorts domain_ports{*domains, *users, *audit};
  Principal system;

 private:
  static constexpr int kMaxAttempts = 30;

  template <typename Work>
  auto try_as(const Principal& who, Work& work) -> decltype(work(std::declval<Tx&>(), std::declval<const Context&>())) {
    auto tx = TRY(database().begin(TxMode::Write));
    auto done = work(*tx, Context{clock.now(), who, "test"});
    if (done) CHECK(tx->commit());
    return done;
  }
};

// Fails the test with the error's text when there is one.
template <typename T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(fmt::format("{}: {} ({})", result.error().id, result.error().message, result.error().detail));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
// The id of the error, or empty.
template <typename T>
std::string error_of(const Result<T>& result) {
  return result ? std::string() : result.error().id;
}

}  // namespace weft
