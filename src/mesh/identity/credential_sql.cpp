#include "mesh/identity/credential_sql.h"

#include "platform/db/sql.h"

namespace weft {

namespace {

constexpr Statement kTrimSessions{"session.trim",
                                  "delete from sessions where user_id = ? and secret_hash not in (select secret_hash from sessions "
                                  "where user_id = ? order by created_at desc, secret_hash limit ?)"};
constexpr Statement kInsertSession{
    "session.insert", "insert into sessions (secret_hash, user_id, created_at, expires_at) values (?, ?, ?, ?)", Verdicts::Untouched};
constexpr Statement kFindSession{"session.find", "select user_id, expires_at from sessions where secret_hash = ? and expires_at > ?"};
constexpr Statement kEndSession{"session.end", "delete from sessions where secret_hash = ?"};
constexpr Statement kEndSessions{"session.end_all", "delete from sessions where user_id = ? and secret_hash <> ?"};

#define WEFT_TOKEN_SELECT "select t.id, t.user_id, t.name, t.created_at, t.expires_at from tokens t "
constexpr Statement kInsertToken{"token.insert",
                                 "insert into tokens (id, user_id, name, secret_hash, created_at, expires_at) values (?, ?, ?, ?, ?, ?)",
                                 Verdicts::Untouched};
constexpr Statement kFindTokenUser{
    "token.find_user", "select user_id, expires_at from tokens where secret_hash = ? and (expires_at is null or expires_at > ?)"};
constexpr Statement kFindToken{"token.find", WEFT_TOKEN_SELECT "where t.id = ? and t.user_id = ?"};
constexpr Statement kListTokens{"token.list", WEFT_TOKEN_SELECT "where t.user_id = ? and t.id > ? order by t.id limit ?"};
constexpr Statement kCountTokens{"token.count", "select count(*) from tokens where user_id = ? and (expires_at is null or expires_at > ?)"};
constexpr Statement kDeleteToken{"token.delete", "delete from tokens where id = ? and user_id = ?"};

constexpr Statement kEndTokens{"token.end_all", "delete from tokens where user_id = ?"};

constexpr Statement kDropLink{"link.drop", "delete from password_links where user_id = ?", Verdicts::Untouched};
constexpr Statement kDropFirstLink{"link.drop_first", "delete from password_links where user_id is null", Verdicts::Untouched};
constexpr Statement kInsertLink{"link.insert", "insert into password_links (secret_hash, user_id, expires_at) values (?, ?, ?)",
                                Verdicts::Untouched};
constexpr Statement kTakeLink{"link.take", "delete from password_links where secret_hash = ? and expires_at > ? returning user_id",
                              Verdicts::Untouched};

constexpr Statement kFindLink{"link.find", "select user_id from password_links where secret_hash = ? and expires_at > ?"};

constexpr Statement kSweeps[] = {
    {"session.sweep", "delete from sessions where secret_hash in (select secret_hash from sessions where expires_at <= ? limit ?)"},
    {"token.sweep", "delete from tokens where id in (select id from tokens where expires_at <= ? limit ?)"},
    {"link.sweep",
     "delete from password_links where secret_hash in (select secret_hash from password_links where expires_at <= ? limit ?)"},
};

Token token_from_row(const SqlRow& row) { return {row.id<TokenId>(0), row.id<UserId>(1), row.text(2), row.time(3), row.optional_time(4)}; }

class SqlCredentialStore final : public CredentialStore {
 public:
  Result<void> insert_session(Tx& tx, std::string_view secret_hash, const UserId& user, Timestamp now, Timestamp expires_at) override {
    CHECK(sql(tx).execute(kTrimSessions, {user, user, kMaxSessionsPerUser - 1}));
    CHECK(sql(tx).execute(kInsertSession, {secret_hash, user, now, expires_at}));
    return {};
  }

  Result<std::optional<CredentialOwner>> find_session(Tx& tx, std::string_view secret_hash, Timestamp now) override {
    return owner_of(sql(tx).query_one(kFindSession, {secret_hash, now}));
  }

  Result<void> end_session(Tx& tx, std::string_view secret_hash) override {
    CHECK(sql(tx).execute(kEndSession, {secret_hash}));
    return {};
  }

  Result<void> end_sessions(Tx& tx, const UserId& user, std::string_view kept) override {
    CHECK(sql(tx).execute(kEndSessions, {user, kept}));
    return {};
  }

  Result<void> insert_token(Tx& tx, const Token& token, std::string_view secret_hash) override {
    CHECK(sql(tx).execute(kInsertToken, {token.id, token.user, token.name, secret_hash, token.created_at, token.expires_at}));
    return {};
  }

  Result<std::optional<CredentialOwner>> find_token_user(Tx& tx, std::string_view secret_hash, Timestamp now) override {
    return owner_of(sql(tx).query_one(kFindTokenUser, {secret_hash, now}));
  }

  Result<std::optional<Token>> find_token(Tx& tx, const TokenId& id, const UserId& user) override {
    const auto row = TRY(sql(tx).query_one(kFindToken, {id, user}));
    if (!row) return std::nullopt;
    return token_from_row(*row);
  }

  Result<std::vector<Token>> list_tokens(Tx& tx, const UserId& user, const PageRequest& page) override {
    std::vector<Token> tokens;
    for (const auto& row : TRY(sql(tx).query(kListTokens, {user, page.after.value_or(""), page.limit + 1}))) {
      tokens.push_back(token_from_row(row));
    }
    return tokens;
  }

  Result<std::int64_t> count_tokens(Tx& tx, const UserId& user, Timestamp now) override {
    const auto row = TRY(sql(tx).query_one(kCountTokens, {user, now}));
    return row ? row->integer(0) : 0;
  }

  Result<bool> delete_token(Tx& tx, const TokenId& id, const UserId& user) override {
    return TRY(sql(tx).execute(kDeleteToken, {id, user})) == 1;
  }

  Result<void> end_tokens(Tx& tx, const UserId& user) override {
    CHECK(sql(tx).execute(kEndTokens, {user}));
    return {};
  }

  Result<void> insert_link(Tx& tx, std::string_view secret_hash, std::optional<UserId> user, Timestamp expires_at) override {
    if (user) {
      CHECK(sql(tx).execute(kDropLink, {*user}));
    } else {
      CHECK(sql(tx).execute(kDropFirstLink, {}));
    }
    CHECK(sql(tx).execute(kInsertLink, {secret_hash, user, expires_at}));
    return {};
  }

  Result<std::optional<std::optional<UserId>>> take_link(Tx& tx, std::string_view secret_hash, Timestamp now) override {
    return holder_of(sql(tx).query_one(kTakeLink, {secret_hash, now}));
  }

  Result<std::optional<std::optional<UserId>>> find_link(Tx& tx, std::string_view secret_hash, Timestamp now) override {
    return holder_of(sql(tx).query_one(kFindLink, {secret_hash, now}));
  }

  Result<void> drop_link(Tx& tx, const UserId& user) override {
    CHECK(sql(tx).execute(kDropLink, {user}));
    return {};
  }

  Result<std::int64_t> sweep(Tx& tx, Timestamp now, int limit) override {
    std::int64_t dropped = 0;
    for (const auto& statement : kSweeps) dropped += TRY(sql(tx).execute(statement, {now, limit}));
    return dropped;
  }

 private:
  static Result<std::optional<std::optional<UserId>>> holder_of(Result<std::optional<SqlRow>> row) {
    if (!row) return fail(row.error());
    if (!*row) return std::nullopt;
    std::optional<UserId> user;
    if (auto id = (*row)->optional_text(0)) user = UserId(*id);
    return std::optional(std::move(user));
  }

  static Result<std::optional<CredentialOwner>> owner_of(Result<std::optional<SqlRow>> row) {
    if (!row) return fail(row.error());
    if (!*row) return std::nullopt;
    return CredentialOwner{(*row)->id<UserId>(0), (*row)->optional_time(1)};
  }
};

// Holds the name's row until the commit and tells what stood in it.
constexpr Statement kHoldName{"wrong_password.hold",
                              "insert into wrong_passwords (name_hash, times, last_at) values (?, '[]', ?) on conflict (name_hash) "
                              "do update set last_at = excluded.last_at returning times",
                              Verdicts::Untouched};
constexpr Statement kSetTimes{"wrong_password.set_times", "update wrong_passwords set times = ? where name_hash = ?", Verdicts::Untouched};
constexpr Statement kForgetName{"wrong_password.forget", "delete from wrong_passwords where name_hash = ?", Verdicts::Untouched};
constexpr Statement kSweepNames{"wrong_password.sweep",
                                "delete from wrong_passwords where name_hash in (select name_hash from wrong_passwords "
                                "where last_at <= ? limit ?) and last_at <= ?",
                                Verdicts::Untouched};

class SqlWrongPasswordStore final : public WrongPasswordStore {
 public:
  Result<PasswordTry> begin_try(Tx& tx, std::string_view name_hash, Timestamp now) override {
    auto wrong = TRY(hold(tx, name_hash, now));
    const auto attempt = judge_try(wrong, now);
    CHECK(set(tx, name_hash, wrong));
    return attempt;
  }

  Result<void> forget_try(Tx& tx, std::string_view name_hash, Timestamp at) override {
    auto wrong = TRY(hold(tx, name_hash, at));
    if (const auto found = std::ranges::find(wrong, at); found != wrong.end()) wrong.erase(found);
    return set(tx, name_hash, wrong);
  }

  Result<std::int64_t> sweep(Tx& tx, Timestamp now, int limit) override {
    const auto before = now.plus_seconds(-kWrongPasswordSeconds);
    return sql(tx).execute(kSweepNames, {before, limit, before});
  }

 private:
  static Result<std::vector<Timestamp>> hold(Tx& tx, std::string_view name_hash, Timestamp now) {
    const auto row = TRY(sql(tx).query_one(kHoldName, {name_hash, now}));
    std::vector<Timestamp> wrong;
    if (!row) return wrong;
    const auto times = json::parse(row->text(0));  // our own text
    for (const auto& time : times.as_array()) wrong.push_back({time.as_int64()});
    return wrong;
  }

  static Result<void> set(Tx& tx, std::string_view name_hash, const std::vector<Timestamp>& wrong) {
    if (wrong.empty()) {
      CHECK(sql(tx).execute(kForgetName, {name_hash}));
      return {};
    }
    json::array times;
    for (const auto time : wrong) times.emplace_back(time.micros);
    CHECK(sql(tx).execute(kSetTimes, {json::serialize(times), name_hash}));
    return {};
  }
};

}  // namespace

std::unique_ptr<CredentialStore> make_sql_credential_store() { return std::make_unique<SqlCredentialStore>(); }
std::unique_ptr<WrongPasswordStore> make_sql_wrong_password_store() { return std::make_unique<SqlWrongPasswordStore>(); }

}  // namespace weft
