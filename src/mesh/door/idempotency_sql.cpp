#include "mesh/door/idempotency_sql.h"

#include "base/json.h"
#include "platform/crypto/crypto.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

constexpr std::int64_t kKeptSeconds = 24 * 3600;

constexpr Statement kFind{"idempotency.find",
                          "select answer from idempotent_answers where user_id = ? and idempotency_key = ? and created_at > ?"};
// One that is too old, but not swept yet, makes room.
constexpr Statement kInsert{"idempotency.insert",
                            "insert into idempotent_answers (user_id, idempotency_key, answer, created_at) values (?, ?, ?, ?) "
                            "on conflict (user_id, idempotency_key) do update set answer = excluded.answer, "
                            "created_at = excluded.created_at where idempotent_answers.created_at <= ?",
                            Verdicts::Untouched};
constexpr Statement kSweepable{"idempotency.sweepable",
                               "select user_id, idempotency_key from idempotent_answers where created_at <= ? order by created_at limit ?"};
constexpr Statement kDrop{"idempotency.drop",
                          "delete from idempotent_answers where user_id = ? and idempotency_key = ? and created_at <= ?",
                          Verdicts::Untouched};

Timestamp kept_since(Timestamp now) { return now.plus_seconds(-kKeptSeconds); }

// Binds an answer to its place: a row can't be passed off as another's.
std::string place_of(const UserId& user, std::string_view key) { return fmt::format("idempotency:{}:{}", user.text(), key); }

class SqlIdempotencyStore final : public IdempotencyStore {
 public:
  explicit SqlIdempotencyStore(const SecretBox& box) : box_(box) {}

  Result<std::optional<RememberedAnswer>> find(Tx& tx, const UserId& user, std::string_view key, Timestamp now) override {
    const auto row = TRY(sql(tx).query_one(kFind, {user, key, kept_since(now)}));
    if (!row) return std::nullopt;
    const auto fields = json::parse(TRY(box_.unseal(row->text(0), place_of(user, key)))).as_object();  // our own text
    return RememberedAnswer{std::string(fields.at("request_hash").as_string()), static_cast<int>(fields.at("status").as_int64()),
                            std::string(fields.at("headers").as_string()), std::string(fields.at("body").as_string())};
  }

  Result<void> insert(Tx& tx, const UserId& user, std::string_view key, const RememberedAnswer& answer, Timestamp now) override {
    // The hash of the request as well: it may cover a password that is easily guessed.
    const auto text = json::serialize(
        json::object{{"request_hash", answer.request_hash}, {"status", answer.status}, {"headers", answer.headers}, {"body", answer.body}});
    const auto inserted = TRY(sql(tx).execute(kInsert, {user, key, box_.seal(text, place_of(user, key)), now, kept_since(now)}));
    if (inserted == 1) return {};
    return fail(ErrorKind::Conflict, "store.duplicate", "Another request with this Idempotency-Key was faster.");
  }

  Result<std::int64_t> sweep(Tx& tx, Timestamp now, int limit) override {
    std::int64_t dropped = 0;
    for (const auto& row : TRY(sql(tx).query(kSweepable, {kept_since(now), limit}))) {
      dropped += TRY(sql(tx).execute(kDrop, {row.text(0), row.text(1), kept_since(now)}));
    }
    return dropped;
  }

 private:
  const SecretBox& box_;
};

}  // namespace

std::unique_ptr<IdempotencyStore> make_sql_idempotency_store(const SecretBox& box) { return std::make_unique<SqlIdempotencyStore>(box); }

}  // namespace weft
