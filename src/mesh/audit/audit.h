// The audit log: exactly one entry for each change and each decision, append-only, chained by SHA-256: an entry's hash
// covers the one before, so that nothing can be altered, dropped or slipped in unseen.
#pragma once

#include <functional>

#include "base/json.h"
#include "base/page.h"
#include "base/transaction.h"
#include "mesh/identity/principal.h"

namespace weft {

using AuditId = Id<struct AuditTag>;

struct AuditRecord {
  std::string action;       // `<noun>.<verb>`: `subscription.approve`
  std::string object_type;  // `subscription`
  std::string object_id;
  std::string domain;  // path at that time; empty: the whole mesh
  json::value before;  // null when it is new
  json::value after;   // null when it is gone
};

struct AuditEntry {
  std::int64_t sequence = 0;  // 1, 2, 3, … without gaps
  AuditId id;
  Timestamp at;
  UserId actor;  // empty: the system itself
  std::string actor_name;
  std::string action, object_type, object_id, domain;
  std::string before, after;  // canonical JSON, the very text that was hashed
  std::string request_id;
  std::string previous_hash, hash;  // hex; the first entry has no previous one: empty
};

// What may be known beyond the domains that one keeps.
enum class AuditScope {
  Kept,      // nothing
  Governed,  // what governance answers for: subscriptions, domains, and what becomes of published products, in outline
};

struct AuditFilter {
  std::optional<std::string> domain;  // path: that domain and those below it, under all paths that they ever had
  std::optional<std::string> object;  // id
  std::optional<std::string> actor;   // id or name
  std::optional<Timestamp> from, to;
  // Limits what the caller may know, by the present paths of domains; nullopt: everything.
  std::optional<std::vector<std::string>> visible_domains;
  AuditScope beyond = AuditScope::Kept;  // those domains
};

class AuditLog {
 public:
  virtual ~AuditLog() = default;
  // REQUIRES: a Write transaction. Call it last in a use case: on PostgreSQL the chain's head is locked until the commit.
  // An anonymous principal is the system. Secrets never go in here: nothing gets them out again.
  [[nodiscard]] virtual Result<void> append(Tx& tx, const Context& context, AuditRecord record) = 0;
  // Newest first; `after` is a sequence number. Of products beyond the visible domains `before` and `after` are outlines, not
  // what was hashed: see outline().
  [[nodiscard]] virtual Result<std::vector<AuditEntry>> list(Tx& tx, const AuditFilter& filter, const PageRequest& page) = 0;
  // Oldest first, from `sequence` on, at most `limit`: for verification.
  [[nodiscard]] virtual Result<std::vector<AuditEntry>> scan(Tx& tx, std::int64_t sequence, int limit) = 0;
  struct Head {
    std::int64_t sequence = 0;
    std::string hash;
  };
  [[nodiscard]] virtual Result<Head> head(Tx& tx) = 0;
};

// Each as append() does it, in that order: for what changes more than one object.
[[nodiscard]] Result<void> append_all(Tx& tx, const Context& context, AuditLog& log, std::vector<AuditRecord> records);

// Of what an entry says of a product, what anybody with a role may know: its name, state and version. Null stays null.
[[nodiscard]] json::value outline(const json::value& product);

// Stored JSON, our own text.
[[nodiscard]] json::value parse_audited(const std::string& text);

// Keys sorted, no spaces: the same text for equal values.
[[nodiscard]] std::string canonical_json(const json::value& value);

// The text that is hashed: all fields but `hash`, as canonical JSON; `before` and `after` as strings.
[[nodiscard]] std::string audit_preimage(const AuditEntry& entry);

struct AuditVerdict {
  std::int64_t entries = 0;               // that were looked at
  std::optional<std::int64_t> first_bad;  // sequence number
  std::string complaint;
  AuditLog::Head last;  // that was reached; what was cut off behind it together with the head is missed by nobody in here
  Timestamp last_at;
};
// Walks the whole chain. `hash` is SHA-256 in hex.
[[nodiscard]] Result<AuditVerdict> verify_audit(Tx& tx, AuditLog& log, const std::function<std::string(std::string_view)>& hash);

}  // namespace weft
