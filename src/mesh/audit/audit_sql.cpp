#include "mesh/audit/audit_sql.h"

#include <charconv>

#include "mesh/domain/within_sql.h"
#include "platform/crypto/crypto.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_AUDIT_SELECT                                                                                                    \
  "select e.sequence, e.id, e.at, e.actor_id, e.actor_name, e.action, e.object_type, e.object_id, e.domain, e.before_json, " \
  "e.after_json, e.request_id, e.previous_hash, e.hash from audit_entries e "

// Takes the next number and, on PostgreSQL, the head's lock; the hash is still that of the entry before.
constexpr Statement kTakeHead{"audit.take_head", "update audit_head set sequence = sequence + 1 where id = 1 returning sequence, hash",
                              Verdicts::Untouched};
constexpr Statement kInsert{"audit.insert",
                            "insert into audit_entries (sequence, id, at, actor_id, actor_name, action, object_type, object_id, "
                            "domain, before_json, after_json, request_id, previous_hash, hash) "
                            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                            Verdicts::Untouched};
constexpr Statement kSetHead{"audit.set_head", "update audit_head set hash = ? where id = 1", Verdicts::Untouched};
constexpr Statement kHead{"audit.head", "select sequence, hash from audit_head where id = 1"};
constexpr Statement kScan{"audit.scan", WEFT_AUDIT_SELECT "where e.sequence >= ? order by e.sequence limit ?"};

AuditEntry from_row(const SqlRow& row) {
  AuditEntry entry;
  entry.sequence = row.integer(0);
  entry.id = row.id<AuditId>(1);
  entry.at = row.time(2);
  entry.actor = UserId(row.optional_text(3).value_or(""));
  entry.actor_name = row.text(4);
  entry.action = row.text(5);
  entry.object_type = row.text(6);
  entry.object_id = row.text(7);
  entry.domain = row.text(8);
  entry.before = row.text(9);
  entry.after = row.text(10);
  entry.request_id = row.text(11);
  entry.previous_hash = row.text(12);
  entry.hash = row.text(13);
  return entry;
}

// An entry that somebody tampered with may hold anything.
Result<AuditEntry> checked_from_row(const SqlRow& row) {
  try {
    return from_row(row);
  } catch (const std::logic_error& wrong_type) {
    const auto sequence = row.optional_integer(0).value_or(0);
    return fail(make_error(ErrorKind::Internal, "audit.unreadable",
                           fmt::format("Entry {} of the audit log holds what was never written.", sequence))
                    .with_detail(wrong_type.what()));
  }
}

Result<std::int64_t> sequence_of(std::string_view cursor) {
  std::int64_t sequence = 0;
  const auto [end, code] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), sequence);
  if (code == std::errc() && end == cursor.data() + cursor.size()) return sequence;
  return fail(ErrorKind::Invalid, "query.cursor", "The cursor is not one that this list gave out.");
}

class SqlAuditLog final : public AuditLog {
 public:
  Result<void> append(Tx& tx, const Context& context, AuditRecord record) override {
    const auto head = TRY(sql(tx).query_one(kTakeHead, {}));
    if (!head) return fail(ErrorKind::Internal, "audit.no_head", "The audit log has lost its head.", "Run weft audit verify.");
    AuditEntry entry;
    entry.sequence = head->integer(0);
    entry.id = AuditId::make(context.now);
    entry.at = context.now;
    entry.actor = context.who.id;
    entry.actor_name = context.who.anonymous() ? "system" : context.who.name;
    entry.action = std::move(record.action);
    entry.object_type = std::move(record.object_type);
    entry.object_id = std::move(record.object_id);
    entry.domain = std::move(record.domain);
    entry.before = canonical_json(record.before);
    entry.after = canonical_json(record.after);
    entry.request_id = context.request_id;
    entry.previous_hash = head->text(1);
    entry.hash = sha256_hex(audit_preimage(entry));
    SqlValue actor;
    if (!entry.actor.empty()) actor = SqlValue(entry.actor);
    CHECK(sql(tx).execute(kInsert,
                          {entry.sequence, entry.id, entry.at, actor, entry.actor_name, entry.action, entry.object_type, entry.object_id,
                           entry.domain, entry.before, entry.after, entry.request_id, entry.previous_hash, entry.hash}));
    CHECK(sql(tx).execute(kSetHead, {entry.hash}));
    return {};
  }

  Result<std::vector<AuditEntry>> list(Tx& tx, const AuditFilter& filter, const PageRequest& page) override {
    std::string text = WEFT_AUDIT_SELECT "where 1 = 1";
    SqlParams params;
    auto narrow = [&](std::string_view condition, SqlValue value) {
      text += condition;
      params.push_back(std::move(value));
    };
    if (filter.object) narrow(" and e.object_id = ?", *filter.object);
    if (filter.actor) {
      narrow(" and (e.actor_id = ?", *filter.actor);
      narrow(" or e.actor_name = ?)", *filter.actor);
    }
    if (filter.from) narrow(" and e.at >= ?", *filter.from);
    if (filter.to) narrow(" and e.at < ?", *filter.to);
    if (filter.domain) narrow_to_domains(text, params, {*filter.domain});
    if (filter.visible_domains) narrow_to_domains(text, params, *filter.visible_domains);
    if (page.after) narrow(" and e.sequence < ?", TRY(sequence_of(*page.after)));
    narrow(" order by e.sequence desc limit ?", page.limit + 1);
    return all_of<AuditEntry>(sql(tx).query({"audit.list", text}, params), checked_from_row);
  }

  Result<std::vector<AuditEntry>> scan(Tx& tx, std::int64_t sequence, int limit) override {
    return all_of<AuditEntry>(sql(tx).query(kScan, {sequence, limit}), checked_from_row);
  }

  Result<Head> head(Tx& tx) override {
    const auto row = TRY(sql(tx).query_one(kHead, {}));
    return row ? Head{row->integer(0), row->text(1)} : Head{};
  }

 private:
  // An entry keeps the path that its domain had; the domain is found by whatever path it has now.
  static void narrow_to_domains(std::string& text, SqlParams& params, const std::vector<std::string>& paths) {
    text += " and e.domain in (select a.path from domain_aliases a join domains d on d.id = a.domain_id where ";
    append_within(text, params, paths);
    text += ")";
  }
};

}  // namespace

std::unique_ptr<AuditLog> make_sql_audit_log() { return std::make_unique<SqlAuditLog>(); }

}  // namespace weft
