#include "mesh/run/run_sql.h"

#include "mesh/domain/within_sql.h"
#include "platform/db/sql.h"

namespace weft {

namespace {

#define WEFT_RUN_SELECT                                                                                                \
  "select r.id, r.kind, r.object_id, d.path, r.object_name, r.state, r.run_trigger, r.requested_by, u.name, r.input, " \
  "r.attempts, r.row_count, r.failure, r.log, r.created_at, r.started_at, r.finished_at, r.fence from runs r "         \
  "join domains d on d.id = r.domain_id left join users u on u.id = r.requested_by "

constexpr Statement kFind{"run.find", WEFT_RUN_SELECT "where r.id = ?"};
constexpr Statement kInsert{"run.insert",
                            "insert into runs (id, kind, object_id, domain_id, object_name, state, run_trigger, requested_by, input, "
                            "attempts, row_count, log, created_at) select ?, ?, ?, d.id, ?, 'queued', ?, ?, ?, 0, 0, '[]', ? "
                            "from domains d where d.path = ?",
                            Verdicts::Untouched};
constexpr Statement kQueued{"run.queued",
                            "select q.id, q.payer from (select min(id) as id, coalesce(requested_by, domain_id) as payer from runs "
                            "where state = 'queued' group by coalesce(requested_by, domain_id)) q order by "
                            "(select count(*) from runs r where r.state = 'running' and coalesce(r.requested_by, r.domain_id) = q.payer), "
                            "(select coalesce(max(r.started_at), 0) from runs r where coalesce(r.requested_by, r.domain_id) = q.payer), "
                            "q.id limit ?"};
constexpr Statement kClaim{"run.claim",
                           "update runs set state = 'running', attempts = attempts + 1, started_at = ?, fence = ?, row_count = 0, "
                           "log = '[]' where id = ? and state = 'queued'",
                           Verdicts::Untouched};
constexpr Statement kReport{"run.report", "update runs set row_count = ?, log = ? where id = ? and state = 'running' and fence = ?",
                            Verdicts::Untouched};
constexpr Statement kFinish{"run.finish",
                            "update runs set state = ?, row_count = ?, failure = ?, log = ?, finished_at = ? "
                            "where id = ? and state = 'running' and fence = ?",
                            Verdicts::Untouched};
constexpr Statement kCancel{"run.cancel",
                            "update runs set state = ?, row_count = ?, failure = ?, log = ?, finished_at = ? "
                            "where id = ? and state in ('queued', 'running')",
                            Verdicts::Untouched};
constexpr Statement kGiveBack{"run.give_back",
                              "update runs set state = 'queued', attempts = attempts - 1 where id = ? and state = 'running' and fence = ?",
                              Verdicts::Untouched};
constexpr Statement kRequeue{"run.requeue", "update runs set state = 'queued' where state = 'running' and coalesce(fence, 0) < ?",
                             Verdicts::Untouched};
constexpr Statement kFindOpen{"run.find_open", WEFT_RUN_SELECT "where r.object_id = ? and r.state in ('queued', 'running') limit 1"};
constexpr Statement kNextDue{"run.next_due", "select due_at from due_objects where object_id = ?"};
constexpr Statement kLastRefresh{"run.last_refresh",
                                 "select id, state, finished_at from runs where object_id = ? and finished_at is not null "
                                 "and (kind <> 'publish' or state = 'succeeded') order by id desc limit 1"};
constexpr Statement kFailures{"run.failures",
                              "select count(*) from runs where object_id = ? and kind <> 'publish' and state = 'failed' and id > "
                              "coalesce((select max(id) from runs where object_id = ? and state = 'succeeded'), '')"};
constexpr Statement kSnapshotFiles{"run.snapshot_files",
                                   "select file from element_snapshots where element_id = ? union all select f.file from snapshot_files f "
                                   "join snapshots s on s.id = f.snapshot_id where s.product_id = ?"};
constexpr Statement kForgetDue{"run.forget_due", "delete from due_objects where object_id = ?", Verdicts::Untouched};
constexpr Statement kInsertDue{"run.insert_due", "insert into due_objects (object_id, kind, due_at) values (?, ?, ?)", Verdicts::Untouched};
constexpr Statement kDue{"run.due", "select kind, object_id, due_at from due_objects where due_at <= ? order by due_at limit ?"};

constexpr Statement kSweep{
    "run.sweep",
    "delete from runs where id in (select r.id from runs r where r.finished_at < ? "
    "and r.id <> (select max(n.id) from runs n where n.object_id = r.object_id) "
    "and r.id <> coalesce((select max(s.id) from runs s where s.object_id = r.object_id and s.state = 'succeeded'), '') "
    "order by r.finished_at limit ?)",
    Verdicts::Untouched};

json::value failure_json(const std::optional<RunFailure>& failure) {
  if (!failure) return nullptr;
  return json::object{{"id", failure->id}, {"message", failure->message}, {"hint", failure->hint}};
}

std::string log_text(const Run& run) { return json::serialize(json::array(run.log.begin(), run.log.end())); }

// The stored JSON is our own; json::parse throws only when the store was tampered with.
Run from_row(const SqlRow& row) {
  Run run;
  run.id = row.id<RunId>(0);
  run.kind = *parse_run_kind(row.text(1));
  run.object = row.text(2);
  run.domain_path = row.text(3);
  run.object_name = row.text(4);
  run.state = *parse_run_state(row.text(5));
  run.trigger = row.text(6) == "person" ? RunTrigger::Person : RunTrigger::Schedule;
  if (auto by = row.optional_text(7)) run.requested_by = OwnerName{UserId(*by), row.text(8)};
  if (auto input = row.optional_text(9)) run.input = json::parse(*input);
  run.attempts = static_cast<int>(row.integer(10));
  run.rows = row.integer(11);
  if (auto failure = row.optional_text(12)) {
    const auto object = json::parse(*failure).as_object();
    run.failure = RunFailure{std::string(object.at("id").as_string()), std::string(object.at("message").as_string()),
                             std::string(object.at("hint").as_string())};
  }
  const auto log = json::parse(row.text(13));
  for (const auto& line : log.as_array()) run.log.emplace_back(line.as_string());
  run.created_at = row.time(14);
  run.started_at = row.optional_time(15);
  run.finished_at = row.optional_time(16);
  run.fence = row.optional_integer(17).value_or(0);
  return run;
}

class SqlRunStore final : public RunStore {
 public:
  Result<std::optional<Run>> find(Tx& tx, const RunId& id) override {
    auto row = TRY(sql(tx).query_one(kFind, {id}));
    if (!row) return std::nullopt;
    return from_row(*row);
  }

  Result<std::vector<Run>> list(Tx& tx, const RunFilter& filter, const PageRequest& page) override {
    std::string text = WEFT_RUN_SELECT "where 1 = 1";
    SqlParams params;
    auto narrow = [&](std::string_view condition, SqlValue value) {
      text += condition;
      params.push_back(std::move(value));
    };
    auto within = [&](const std::vector<std::string>& paths) {
      text += " and ";
      append_within(text, params, paths);
    };
    if (filter.object) narrow(" and r.object_id = ?", *filter.object);
    if (filter.state) narrow(" and r.state = ?", to_text(*filter.state));
    if (filter.within) within({*filter.within});
    if (filter.visible_domains) within(*filter.visible_domains);
    if (page.after) narrow(" and r.id < ?", *page.after);
    narrow(" order by r.id desc limit ?", page.limit + 1);
    std::vector<Run> runs;
    for (const auto& row : TRY(sql(tx).query({"run.list", text}, params))) runs.push_back(from_row(row));
    return runs;
  }

  Result<void> insert(Tx& tx, const Run& run) override {
    std::optional<UserId> by;
    if (run.requested_by) by = run.requested_by->id;
    SqlValue input;
    if (!run.input.is_null()) input = SqlValue(json::serialize(run.input));
    auto inserted = sql(tx).execute(kInsert, {run.id, to_text(run.kind), run.object, run.object_name, to_text(run.trigger), by, input,
                                              run.created_at, run.domain_path});
    if (inserted && *inserted == 1) return {};
    if (inserted) return fail(ErrorKind::NotFound, "domain.not_found", fmt::format("There is no domain '{}'.", run.domain_path));
    if (inserted.error().id == "store.duplicate") {
      return fail(ErrorKind::Conflict, "run.already_open", fmt::format("A run of {} is queued or running already.", run.object_name),
                  "Wait for it to end, or cancel it.");
    }
    return fail(inserted.error());
  }

  Result<std::vector<QueuedRun>> queued(Tx& tx, int limit) override {
    std::vector<QueuedRun> runs;
    for (const auto& row : TRY(sql(tx).query(kQueued, {limit}))) runs.push_back({row.id<RunId>(0), row.text(1)});
    return runs;
  }

  Result<std::optional<Run>> claim(Tx& tx, const RunId& id, std::int64_t fence, Timestamp now) override {
    if (TRY(sql(tx).execute(kClaim, {now, fence, id})) == 0) return std::nullopt;
    return find(tx, id);
  }

  Result<bool> report(Tx& tx, const Run& run) override {
    return TRY(sql(tx).execute(kReport, {run.rows, log_text(run), run.id, run.fence})) == 1;
  }

  Result<void> finish(Tx& tx, const Run& run) override {
    SqlValue failure;
    if (run.failure) failure = SqlValue(json::serialize(failure_json(run.failure)));
    const SqlParams params{to_text(run.state), run.rows, failure, log_text(run), run.finished_at, run.id};
    auto fenced = params;
    fenced.emplace_back(run.fence);
    const auto ended = run.state == RunState::Cancelled ? sql(tx).execute(kCancel, params) : sql(tx).execute(kFinish, fenced);
    if (!ended) return fail(ended.error());
    if (*ended == 1) return {};
    return fail(ErrorKind::Conflict, "run.not_open", "The run has ended already.");
  }

  Result<void> give_back(Tx& tx, const Run& run) override {
    CHECK(sql(tx).execute(kGiveBack, {run.id, run.fence}));
    return {};
  }

  Result<std::int64_t> requeue_interrupted(Tx& tx, std::int64_t fence) override { return sql(tx).execute(kRequeue, {fence}); }

  Result<std::optional<Run>> find_open(Tx& tx, std::string_view object) override {
    const auto row = TRY(sql(tx).query_one(kFindOpen, {object}));
    if (!row) return std::nullopt;
    return from_row(*row);
  }

  Result<RefreshState> refresh_state(Tx& tx, std::string_view object) override {
    RefreshState refresh;
    if (const auto due = TRY(sql(tx).query_one(kNextDue, {object}))) refresh.next_at = due->time(0);
    if (const auto last = TRY(sql(tx).query_one(kLastRefresh, {object})))
      refresh.last = RefreshState::Last{last->id<RunId>(0), TRY(parse_run_state(last->text(1))), last->time(2)};
    return refresh;
  }

  Result<int> failures_in_a_row(Tx& tx, std::string_view object) override {
    return static_cast<int>(TRY(sql(tx).query_one(kFailures, {object, object}))->integer(0));
  }

  Result<std::vector<std::string>> snapshot_files(Tx& tx, std::string_view object) override {
    std::vector<std::string> files;
    for (const auto& row : TRY(sql(tx).query(kSnapshotFiles, {object, object}))) files.push_back(row.text(0));
    return files;
  }

  Result<void> set_due(Tx& tx, RunKind kind, std::string_view object, std::optional<Timestamp> due_at) override {
    CHECK(sql(tx).execute(kForgetDue, {object}));
    if (due_at) CHECK(sql(tx).execute(kInsertDue, {object, to_text(kind), *due_at}));
    return {};
  }

  Result<std::vector<DueObject>> due(Tx& tx, Timestamp now, int limit) override {
    std::vector<DueObject> objects;
    for (const auto& row : TRY(sql(tx).query(kDue, {now, limit}))) {
      objects.push_back({TRY(parse_run_kind(row.text(0))), row.text(1), row.time(2)});
    }
    return objects;
  }

  Result<std::int64_t> sweep(Tx& tx, Timestamp before, int limit) override { return sql(tx).execute(kSweep, {before, limit}); }
};

}  // namespace

std::unique_ptr<RunStore> make_sql_run_store() { return std::make_unique<SqlRunStore>(); }

}  // namespace weft
