#include "cli/mesh_server.h"

#include <unistd.h>

#include "base/embedded.h"
#include "cli/data_folder.h"
#include "cli/draining_handler.h"
#include "cli/housekeeping.h"
#include "cli/instruments.h"
#include "cli/part_options.h"
#include "mesh/audit/audit_http.h"
#include "mesh/audit/audit_sql.h"
#include "mesh/catalog/catalog_http.h"
#include "mesh/catalog/catalog_index_xapian.h"
#include "mesh/datastore/coverage_http.h"
#include "mesh/datastore/coverage_sql.h"
#include "mesh/datastore/datastore_http.h"
#include "mesh/datastore/datastore_sql.h"
#include "mesh/datastore/source_worker.h"
#include "mesh/delivery/access_http.h"
#include "mesh/delivery/delivery_http.h"
#include "mesh/delivery/row_reader_duck.h"
#include "mesh/delivery/sample_http.h"
#include "mesh/domain/domain_http.h"
#include "mesh/domain/domain_sql.h"
#include "mesh/door/idempotency_sql.h"
#include "mesh/door/machine_http.h"
#include "mesh/door/page_http.h"
#include "mesh/element/element_http.h"
#include "mesh/element/element_sql.h"
#include "mesh/identity/credential_sql.h"
#include "mesh/identity/make_link.h"
#include "mesh/identity/secrets_crypto.h"
#include "mesh/identity/session_http.h"
#include "mesh/identity/token_http.h"
#include "mesh/identity/user_http.h"
#include "mesh/identity/user_sql.h"
#include "mesh/lineage/lineage_http.h"
#include "mesh/notification/notification_http.h"
#include "mesh/notification/outbox_sql.h"
#include "mesh/product/product_http.h"
#include "mesh/product/product_sql.h"
#include "mesh/run/dispatch_runs.h"
#include "mesh/run/fenced_transactor.h"
#include "mesh/run/keep_lease.h"
#include "mesh/run/profile_worker.h"
#include "mesh/run/run_http.h"
#include "mesh/run/run_sql.h"
#include "mesh/run/server_lease_sql.h"
#include "mesh/run/transform_worker.h"
#include "mesh/subscription/subscription_http.h"
#include "mesh/subscription/subscription_sql.h"
#include "mesh/usage/hit_journal_file.h"
#include "mesh/usage/usage_http.h"
#include "mesh/usage/usage_sql.h"
#include "platform/config/config_file.h"
#include "platform/crypto/crypto.h"
#include "platform/log/log.h"
#include "platform/process/data_lock.h"
#include "platform/process/signals.h"
#include "platform/yaml/yaml_json.h"

namespace weft {

namespace {

namespace fs = std::filesystem;

std::int64_t seconds_of(std::chrono::milliseconds duration) { return std::chrono::duration_cast<std::chrono::seconds>(duration).count(); }

class Mesh final : public MeshServer {
 public:
  explicit Mesh(MeshServerOptions options) : options_(std::move(options)) {}
  ~Mesh() override { stop(); }

  Result<void> start() {
    lock_ = TRY(DataLock::take(options_.data));
    raise_file_limit();
    ignore_broken_pipes();
    CHECK(make_folders(options_.data));
    CHECK(open_stores());
    CHECK(take_lease());
    // Later commands on this folder shall find the store by themselves.
    if (!options_.database_to_record.empty()) {
      CHECK(record_setting(options_.data / kSettingsFileName, "database.connection", options_.database_to_record));
    }
    CHECK(start_engines());
    CHECK(start_doors());
    housekeeping_.emplace(HousekeepingPorts{*fenced_, *usage_ports_, *subscription_ports_, *credentials_, *wrong_passwords_, *idempotency_,
                                            mail_ports(), *catalog_, *runs_, clock_, retention(options_),
                                            [this](std::int64_t count) { instruments_.mails_waiting(count); }});
    ready_ = true;
    log::info("serving", {{"url", url()},
                          {"listen", fmt::format("{}:{}", options_.host, port_.load())},
                          {"data", options_.data.string()},
                          {"store", database_->dialect() == Dialect::Sqlite ? "sqlite" : "postgres"}});
    return {};
  }

  std::string url() const override {
    const auto& known = options_.settings.server.public_url;
    return known.empty() ? local_url() : known;
  }

  std::string local_url() const override {
    const auto* scheme = options_.settings.server.tls_certificate_file.empty() ? "http" : "https";
    // All addresses of this machine: one of them is where it can be called.
    auto host = options_.host == "0.0.0.0" ? "127.0.0.1" : options_.host == "::" ? "::1" : options_.host;
    if (host.find(':') != std::string::npos) host = fmt::format("[{}]", host);
    return fmt::format("{}://{}:{}", scheme, host, port_.load());
  }

  Result<std::optional<std::string>> first_link() override {
    const Principal system;
    auto tx = TRY(database_->begin(TxMode::Write));
    auto link = TRY(make_first_link(*tx, Context{clock_.now(), system, "first start"}, identity_ports(), url()));
    CHECK(tx->commit());
    if (!link) return std::nullopt;
    return link->url;
  }

  json::array routes() const override { return described_routes_; }
  bool lost() const override { return lost_; }

  void stop() override {
    if (std::exchange(stopped_, true)) return;
    ready_ = false;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options_.settings.server.drain_seconds);
    auto left = [&] {
      const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      return std::max(rest, std::chrono::milliseconds(0));
    };
    if (runs_dispatcher_) runs_dispatcher_->close();
    if (draining_) draining_->drain(deadline);
    // While runs finish, whoever asks still hears that this server is about to stop.
    if (runs_dispatcher_) runs_dispatcher_->stop(left());
    if (server_) server_->drain(left());
    if (housekeeping_) housekeeping_->stop();
    if (workers_) workers_->stop();
    server_.reset();
    if (lease_) lease_->give_up();
  }

 private:
  MailPorts mail_ports() {
    return {*fenced_, *outbox_, *sender_, clock_, url(), [this](MailState state) { instruments_.mail_ended(state); }};
  }
  IdentityPorts identity_ports() { return {*users_, *credentials_, *audit_, *secrets_}; }

  Result<void> open_stores() {
    auto database = database_options(options_.data, options_.settings);
    database.observer = [this](std::string_view name, std::int64_t micros, bool failed) { instruments_.statement(name, micros, failed); };
    database_ = TRY(open_database(database, clock_));
    users_ = make_sql_user_store();
    CHECK(open_box());
    credentials_ = make_sql_credential_store();
    wrong_passwords_ = make_sql_wrong_password_store();
    secrets_ = make_crypto_secrets();
    audit_ = make_sql_audit_log();
    domains_ = make_sql_domain_store();
    data_stores_ = make_sql_data_store_store(*box_);
    coverage_ = make_sql_coverage_store();
    elements_ = make_sql_element_store();
    products_ = make_sql_product_store();
    subscriptions_ = make_sql_subscription_store();
    runs_ = make_sql_run_store();
    outbox_ = make_sql_outbox();
    usage_ = make_sql_usage_store();
    idempotency_ = make_sql_idempotency_store(*box_);
    journal_ = TRY(open_hit_journal(journal_options(options_)));
    sender_ = TRY(make_mail_sender(options_));
    return {};
  }

  // One server at a time runs what this store says; who holds a data folder is the successor of whoever held it before.
  Result<void> take_lease() {
    leases_ = make_sql_server_lease_store(database_->dialect());
    const auto machine = machine_name();
    KeepLease input;
    input.holder = {fmt::format("{}:{}", machine, options_.data.string()),
                    fmt::format("process {} on {}, data folder {}", ::getpid(), machine, options_.data.string())};
    input.lost = [this] {
      ready_ = false;
      lost_ = true;
      instruments_.lease_lost();
      log::error("another server has taken over this database; stopping");
      if (options_.when_lost) options_.when_lost();
    };
    input.log_failure = [](const Error& error) { log::write(log::Level::Error, "job failed", error, {{"doing", "renewing the lease"}}); };
    lease_ = TRY(keep_lease({*database_, *leases_}, std::move(input)));
    fenced_.emplace(*database_, *leases_, lease_->lease().fence);
    return {};
  }

  Result<void> open_box() {
    auto tx = TRY(database_->begin(TxMode::Read));
    box_ = TRY(open_master_key(*tx, *users_, options_.data, options_.settings));
    return {};
  }

  Result<void> start_engines() {
    workers_ = TRY(start_worker_pool(worker_options(options_)));
    source_ = make_worker_source(*workers_, options_.settings.workers.time_limit);
    transformer_ = make_worker_transformer(*workers_, options_.settings.workers.time_limit);
    profiler_ = make_worker_profiler(*workers_);

    const auto duck = duck_options(options_);
    duck_ = TRY(duck::open_instance(duck));
    const auto resident = std::min(options_.settings.duckdb.resident.bytes, duck.memory_bytes / 2);
    const auto& reads = options_.settings.reads;
    reader_ = make_duck_row_reader(duck_, {options_.data / "spool", resident, reads.spool.bytes, reads.time_limit});
    answers_.emplace(reads.remembered.bytes);
    catalog_index_ = TRY(make_catalog_index(options_.data / "search"));
    catalog_ports_.emplace(CatalogPorts{*database_, *audit_, *domains_, *elements_, *products_, *catalog_index_});
    catalog_.emplace(*catalog_ports_);

    ingredients_.emplace(IngredientPorts{*elements_, *data_stores_, *products_, *subscriptions_});
    slots_.emplace(WorkSlotOptions{.per_payer = options_.settings.workers.per_user});
    run_ports_.emplace(RunPorts{*fenced_, *runs_, *domains_, *users_, *audit_, *outbox_, *ingredients_, *source_, *transformer_, *profiler_,
                                clock_, readers_, *slots_, sha256_hex, options_.data, lease_->lease().fence,
                                options_.settings.snapshots.keep});
    RunDispatcherOptions dispatcher;
    dispatcher.threads = options_.settings.workers.running;
    dispatcher.mesh = lease_->lease().mesh;
    dispatcher.executed = [this](RunState state) { instruments_.run_executed(state); };
    dispatcher.log_failure = [](const Error& error, std::string_view doing) {
      log::write(log::Level::Error, "job failed", error, {{"doing", doing}});
    };
    runs_dispatcher_ = TRY(start_run_dispatcher(*run_ports_, std::move(dispatcher)));
    return {};
  }

  std::vector<Route> make_routes() {
    const PublicUrl url = [this] { return this->url(); };
    auto wake = [this] { runs_dispatcher_->wake(); };
    password_ports_.emplace(
        PasswordPorts{identity_ports(), *database_, *wrong_passwords_, addresses_, seconds_of(options_.settings.sessions.lifetime)});
    subscription_ports_.emplace(SubscriptionPorts{*subscriptions_, *products_, *domains_, *users_, *audit_, *outbox_});
    usage_ports_.emplace(UsagePorts{*fenced_, *usage_, *journal_, *domains_});
    data_door_.emplace(DataDoorPorts{
        *database_,
        {*products_, *elements_, *subscriptions_},
        *reader_,
        *answers_,
        *journal_,
        clock_,
        [this](Tx& tx, const Credential& credential, Timestamp now) { return authenticate(tx, credential, *users_, *credentials_, now); },
        options_.data,
        options_.settings.reads.per_user,
        long_read_limits(options_),
        readers_});
    sample_ports_.emplace(SamplePorts{*database_, {*products_, *elements_, *subscriptions_}, *reader_, options_.data, readers_});
    std::vector<Route> routes;
    auto add = [&routes](std::vector<Route> more) { std::ranges::move(more, std::back_inserter(routes)); };
    add(machine_routes({[this] { return readiness(); }, [this] { return instruments_.render(); }, api_document(),
                        workers_are_confined() ? "" : "this kernel has no Landlock: workers are not kept from the server's files"}));
    add(page_routes(options_.share / "web"));
    add(session_routes(*password_ports_));
    TokenOptions tokens;
    if (const auto longest = options_.settings.tokens.max_lifetime; longest.count() > 0) tokens.max_seconds = seconds_of(longest);
    add(token_routes(password_ports_->identity, tokens));
    add(user_routes(password_ports_->identity, url));
    add(domain_routes({*domains_, *users_, *audit_}));
    add(audit_routes({*audit_, *domains_}));
    add(data_store_routes({*database_, *data_stores_, *domains_, *audit_, *source_, options_.settings.stores.folders}));
    add(element_routes({*database_, *elements_, *data_stores_, *domains_, *runs_, *audit_, *source_, *transformer_, *ingredients_,
                        *profiler_, *reader_, readers_, options_.data},
                       {wake, [this](const RunId& run) { runs_dispatcher_->cancel(run); }}));
    add(product_routes({*database_, *products_, *domains_, *runs_, *users_, *audit_, *outbox_, *ingredients_, *transformer_, wake}, url));
    add(run_routes(*run_ports_, *runs_dispatcher_));
    add(subscription_routes(*subscription_ports_));
    add(notification_routes(*outbox_, url));
    add(usage_routes(*usage_ports_));
    add(catalog_routes(*catalog_, *catalog_ports_));
    add(sample_routes(*sample_ports_));
    add(lineage_routes({*elements_, *products_}));
    add(coverage_routes({*database_, *data_stores_, *coverage_, *domains_, *users_, *source_}));
    add(access_routes({{*products_, *elements_, *subscriptions_}, *domains_, *users_}));
    add(data_door_routes(*data_door_));
    return routes;
  }

  // The document that is part of the binary; a test keeps it in step with the routes. It names the public URL.
  [[nodiscard]] std::string api_document() const {
    for (const auto& file : embedded_files()) {
      if (file.path != "api/weft.openapi.yaml") continue;
      auto document = parse_yaml(file.bytes);
      if (!document) break;
      if (const auto& url = options_.settings.server.public_url; !url.empty())
        document->as_object()["servers"] = json::array{json::object{{"url", url}}};
      return json::serialize(*document);
    }
    return "{}";
  }

  Result<void> start_doors() {
    DispatchOptions dispatch;
    dispatch.public_url = options_.settings.server.public_url;
    dispatch.log_failure = [](const http::RequestHead& head, const Error& error) {
      const log::RequestScope scope(head.request_id);
      log::write(error.kind == ErrorKind::Unavailable ? log::Level::Warning : log::Level::Error, "request failed", error,
                 {{"path", head.path}});
    };
    auto routes = make_routes();
    for (const auto& route : routes) {
      if (route.documented == Route::Documented::Yes) described_routes_.push_back(describe(route));
    }
    handler_ =
        make_dispatcher(std::move(routes), {*database_, *users_, *credentials_, *idempotency_, clock_, &*slots_}, std::move(dispatch));
    draining_.emplace(*handler_);
    server_ = TRY(http::start_server(http_options(options_), *draining_, clock_, [this](const http::Exchange& exchange) {
      instruments_.exchange(exchange);
      if (!log::enabled(log::Level::Debug)) return;
      const log::RequestScope scope(exchange.head.request_id);
      log::debug("request", {{"path", exchange.head.path},
                             {"status", exchange.status},
                             {"bytes", static_cast<std::int64_t>(exchange.body_bytes)},
                             {"micros", exchange.micros}});
    }));
    port_ = server_->port();
    instruments_.watch({*server_, *workers_, *duck_, *journal_});
    return {};
  }

  Result<void> readiness() {
    if (!ready_) return fail(ErrorKind::Unavailable, "server.not_ready", "The server is starting or draining.");
    return database_->ping();
  }

  // In the order of making; members are destroyed in reverse.
  MeshServerOptions options_;
  SystemClock clock_;
  Instruments instruments_;
  std::optional<DataLock> lock_;
  std::optional<SecretBox> box_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<ServerLeaseStore> leases_;
  std::unique_ptr<KeptLease> lease_;
  std::optional<FencedTransactor> fenced_;  // for what is done without being asked
  std::atomic<bool> lost_{false};
  SnapshotReaders readers_;
  std::optional<WorkSlots> slots_;
  std::unique_ptr<UserStore> users_;
  std::unique_ptr<CredentialStore> credentials_;
  std::unique_ptr<WrongPasswordStore> wrong_passwords_;
  AddressThrottle addresses_;
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<DomainStore> domains_;
  std::unique_ptr<DataStoreStore> data_stores_;
  std::unique_ptr<CoverageStore> coverage_;
  std::unique_ptr<ElementStore> elements_;
  std::unique_ptr<ProductStore> products_;
  std::unique_ptr<SubscriptionStore> subscriptions_;
  std::unique_ptr<RunStore> runs_;
  std::unique_ptr<Outbox> outbox_;
  std::unique_ptr<UsageStore> usage_;
  std::unique_ptr<IdempotencyStore> idempotency_;
  std::unique_ptr<HitJournal> journal_;
  std::unique_ptr<MailSender> sender_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Transformer> transformer_;
  std::unique_ptr<Profiler> profiler_;
  std::shared_ptr<duck::Instance> duck_;
  std::unique_ptr<RowReader> reader_;
  std::optional<AnswerCache> answers_;
  std::optional<IngredientPorts> ingredients_;
  std::optional<RunPorts> run_ports_;
  std::unique_ptr<RunDispatcher> runs_dispatcher_;
  std::optional<PasswordPorts> password_ports_;
  std::optional<SubscriptionPorts> subscription_ports_;
  std::optional<UsagePorts> usage_ports_;
  std::optional<DataDoorPorts> data_door_;
  std::optional<SamplePorts> sample_ports_;
  std::unique_ptr<CatalogIndex> catalog_index_;
  std::optional<CatalogPorts> catalog_ports_;
  std::optional<CatalogFollower> catalog_;
  json::array described_routes_;
  std::unique_ptr<http::Handler> handler_;
  std::optional<DrainingHandler> draining_;
  std::unique_ptr<http::Server> server_;
  std::atomic<int> port_ = options_.port;  // where 0 was asked for: known once the server listens
  std::atomic<bool> ready_{false};
  bool stopped_ = false;
  std::optional<Housekeeping> housekeeping_;
};

}  // namespace

Result<std::unique_ptr<MeshServer>> start_mesh_server(MeshServerOptions options) {
  auto mesh = std::make_unique<Mesh>(std::move(options));
  CHECK(mesh->start());
  return mesh;
}

}  // namespace weft
