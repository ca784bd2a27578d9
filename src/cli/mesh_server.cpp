#include "cli/mesh_server.h"

#include <condition_variable>
#include <thread>

#include "base/embedded.h"
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
#include "mesh/notification/deliver_mails_mail.h"
#include "mesh/notification/notification_http.h"
#include "mesh/notification/outbox_sql.h"
#include "mesh/product/product_http.h"
#include "mesh/product/product_sql.h"
#include "mesh/run/dispatch_runs.h"
#include "mesh/run/profile_worker.h"
#include "mesh/run/run_http.h"
#include "mesh/run/run_sql.h"
#include "mesh/run/transform_worker.h"
#include "mesh/subscription/expire_subscriptions.h"
#include "mesh/subscription/subscription_http.h"
#include "mesh/subscription/subscription_sql.h"
#include "mesh/usage/hit_journal_file.h"
#include "mesh/usage/usage_http.h"
#include "mesh/usage/usage_sql.h"
#include "platform/config/config_file.h"
#include "platform/crypto/crypto.h"
#include "platform/log/log.h"
#include "platform/metrics/metrics.h"
#include "platform/process/data_lock.h"
#include "platform/process/signals.h"
#include "platform/yaml/yaml_json.h"

namespace weft {

namespace {

namespace fs = std::filesystem;

constexpr auto kHousekeepingPause = std::chrono::seconds(1);
constexpr int kHousekeepingBatch = 100;

http::ServerOptions server_options(const MeshServerOptions& options) {
  const auto& server = options.settings.server;
  http::ServerOptions http;
  http.host = options.host;
  http.port = options.port;
  http.io_threads = server.io_threads;
  http.control_threads = server.control_threads;
  http.query_threads = server.query_threads;
  http.password_threads = server.password_threads;
  http.control_queue = server.control_queue;
  http.query_queue = server.query_queue;
  http.password_queue = server.password_queue;
  http.max_connections = server.max_connections;
  http.head_timeout = server.head_timeout;
  http.body_timeout = server.body_timeout;
  http.idle_timeout = server.idle_timeout;
  http.write_timeout = server.write_timeout;
  http.max_head_bytes = static_cast<std::size_t>(server.max_head.bytes);
  http.certificate_file = server.tls_certificate_file;
  http.key_file = server.tls_key_file;
  http.trusted_proxies = server.trusted_proxies;
  http.cors_origins = server.cors_origins;
  return http;
}

Result<std::unique_ptr<MailSender>> make_sender(const MeshServerOptions& options) {
  const auto& mail = options.settings.mail;
  if (mail.smtp_host.empty()) return make_folder_sender(options.data / "mail", mail.from);
  SmtpOptions smtp;
  smtp.host = mail.smtp_host;
  smtp.port = mail.smtp_port;
  smtp.security = mail.smtp_security;
  smtp.user = mail.smtp_user;
  smtp.password = mail.smtp_password;
  smtp.ca_file = mail.smtp_ca_file;
  smtp.from = mail.from;
  return make_smtp_sender(std::move(smtp));
}

Result<void> make_folders(const fs::path& data) {
  std::error_code failure;
  // What an earlier process left half done is nobody's.
  fs::remove_all(data / "lake" / "staging", failure);
  fs::remove_all(data / "spool", failure);
  for (const auto* folder : {"lake", "lake/staging", "spool", "usage"}) {
    fs::create_directories(data / folder, failure);
    if (failure)
      return fail(make_error(ErrorKind::Internal, "data.unusable", fmt::format("{} can't be made.", (data / folder).string()))
                      .with_detail(failure.message()));
    fs::permissions(data / folder, fs::perms::owner_all, failure);  // one that an earlier release left open to others
  }
  return {};
}

std::vector<fs::path> store_folders(const Settings& settings) { return {settings.stores.folders.begin(), settings.stores.folders.end()}; }

// Numbers for /metrics.
class Instruments {
 public:
  Instruments()
      : requests_(registry_.counter({"weft_http_requests_total", "Requests answered.", {"route", "status"}})),
        durations_(registry_.histogram({"weft_http_request_seconds", "From the head's arrival to the answer's last byte.", {"route"}},
                                       metrics::duration_buckets())),
        statements_(registry_.histogram({"weft_store_statement_seconds", "Statements on the metadata store.", {"statement"}},
                                        metrics::duration_buckets())),
        statement_failures_(registry_.counter({"weft_store_statement_failures_total", "Statements that failed.", {"statement"}})) {
    metrics::add_process_metrics(registry_);
  }

  void exchange(const http::Exchange& exchange) {
    requests_.with({exchange.route, std::to_string(exchange.status)}).add();
    durations_.with({exchange.route}).observe(static_cast<double>(exchange.micros) / 1e6);
  }
  void statement(std::string_view name, std::int64_t micros, bool failed) {
    statements_.with({name}).observe(static_cast<double>(micros) / 1e6);
    if (failed) statement_failures_.with({name}).add();
  }
  metrics::Registry& registry() { return registry_; }

 private:
  metrics::Registry registry_;
  metrics::Family<metrics::Counter> requests_;
  metrics::Family<metrics::Histogram> durations_, statements_;
  metrics::Family<metrics::Counter> statement_failures_;
};

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
    // Later commands on this folder shall find the store by themselves.
    if (!options_.database_to_record.empty()) {
      CHECK(record_setting(options_.data / kSettingsFileName, "database.connection", options_.database_to_record));
    }
    CHECK(start_engines());
    CHECK(start_doors());
    housekeeping_ = std::thread([this] { keep_house(); });
    catalog_keeping_ = std::thread([this] { keep_catalog(); });
    ready_ = true;
    log::info("serving", {{"url", url()},
                          {"listen", fmt::format("{}:{}", options_.host, port_.load())},
                          {"data", options_.data.string()},
                          {"store", database_->dialect() == Dialect::Sqlite ? "sqlite" : "postgres"}});
    return {};
  }

  std::string url() const override {
    if (!options_.settings.server.public_url.empty()) return options_.settings.server.public_url;
    const auto* scheme = options_.settings.server.tls_certificate_file.empty() ? "http" : "https";
    const bool v6 = options_.host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", options_.host, v6 ? "]" : "", port_.load());
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

  void stop() override {
    ready_ = false;
    if (server_) server_->drain(std::chrono::seconds(options_.settings.server.drain_seconds));
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    if (catalog_) catalog_->stop();
    if (catalog_keeping_.joinable()) catalog_keeping_.join();
    if (housekeeping_.joinable()) housekeeping_.join();
    if (runs_dispatcher_) runs_dispatcher_->stop();
    if (workers_) workers_->stop();
    server_.reset();
  }

 private:
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
    HitJournalOptions journal{options_.data / "usage"};
    journal.sync = options_.settings.usage.sync == UsageSync::Always ? JournalSync::Always : JournalSync::Batch;
    journal_ = TRY(open_hit_journal(journal));
    sender_ = TRY(make_sender(options_));
    return {};
  }

  Result<void> open_box() {
    auto tx = TRY(database_->begin(TxMode::Read));
    box_ = TRY(open_master_key(*tx, *users_, options_.data, options_.settings));
    return {};
  }

  Result<void> start_engines() {
    WorkerOptions workers;
    workers.binary = options_.binary;
    workers.root = options_.data / "workers";
    workers.extensions = options_.share / "extensions";
    workers.store_folders = store_folders(options_.settings);
    workers.store_addresses = options_.settings.stores.addresses;
    workers.memory_bytes = options_.settings.workers.memory.bytes;
    workers.disk_bytes = options_.settings.workers.disk.bytes;
    workers.threads = options_.settings.workers.threads;
    workers.max_running = options_.settings.workers.running;
    workers.spares = options_.settings.workers.spares;
    workers_ = TRY(start_worker_pool(std::move(workers)));
    source_ = make_worker_source(*workers_, options_.settings.workers.time_limit);
    transformer_ = make_worker_transformer(*workers_, options_.settings.workers.time_limit);
    profiler_ = make_worker_profiler(*workers_);

    duck::InstanceOptions duck;
    duck.memory_bytes = options_.settings.duckdb.memory.bytes;
    duck.threads = options_.settings.duckdb.threads > 0 ? options_.settings.duckdb.threads
                                                        : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    duck.temp_folder = options_.data / "spool";
    duck.allowed_folders = {options_.data / "lake", options_.data / "spool"};
    duck_ = TRY(duck::open_instance(duck));
    reader_ = make_duck_row_reader(duck_, options_.data / "spool");
    catalog_index_ = TRY(make_catalog_index(options_.data / "search"));
    catalog_ports_.emplace(CatalogPorts{*database_, *audit_, *domains_, *elements_, *products_, *catalog_index_});
    catalog_.emplace(*catalog_ports_);

    ingredients_.emplace(IngredientPorts{*elements_, *data_stores_, *products_, *subscriptions_});
    run_ports_.emplace(RunPorts{*database_, *runs_, *domains_, *users_, *audit_, *outbox_, *ingredients_, *source_, *transformer_,
                                *profiler_, clock_, options_.data, options_.settings.snapshots.keep});
    RunDispatcherOptions dispatcher;
    dispatcher.threads = options_.settings.workers.running;
    dispatcher.log_failure = [](const Error& error, std::string_view doing) {
      log::write(log::Level::Error, "job failed", error, {{"doing", doing}});
    };
    runs_dispatcher_ = TRY(start_run_dispatcher(*run_ports_, std::move(dispatcher)));
    return {};
  }

  std::vector<Route> make_routes() {
    const PublicUrl url = [this] { return this->url(); };
    auto wake = [this] { runs_dispatcher_->wake(); };
    password_ports_.emplace(PasswordPorts{identity_ports(), *database_, *wrong_passwords_, addresses_});
    subscription_ports_.emplace(SubscriptionPorts{*subscriptions_, *products_, *domains_, *users_, *audit_, *outbox_});
    usage_ports_.emplace(UsagePorts{*database_, *usage_, *journal_});
    data_door_.emplace(DataDoorPorts{*database_,
                                     {*products_, *subscriptions_},
                                     *reader_,
                                     *journal_,
                                     clock_,
                                     [this](Tx& tx, const UserId& user) { return users_->find_principal(tx, user); },
                                     options_.data,
                                     options_.settings.reads.per_user});
    sample_ports_.emplace(SamplePorts{*database_, {*products_, *subscriptions_}, *reader_, options_.data});
    std::vector<Route> routes;
    auto add = [&routes](std::vector<Route> more) { std::ranges::move(more, std::back_inserter(routes)); };
    add(machine_routes({[this] { return readiness(); }, [this] { return instruments_.registry().render(); }, api_document()}));
    add(page_routes(options_.share / "web"));
    add(session_routes(*password_ports_));
    add(token_routes(password_ports_->identity));
    add(user_routes(password_ports_->identity, url));
    add(domain_routes({*domains_, *users_, *audit_}));
    add(audit_routes({*audit_, *domains_}));
    add(data_store_routes({*database_, *data_stores_, *domains_, *audit_, *source_, options_.settings.stores.folders}));
    add(element_routes({*database_, *elements_, *data_stores_, *domains_, *runs_, *audit_, *source_, *transformer_, *ingredients_,
                        *profiler_, options_.data},
                       wake));
    add(product_routes({*database_, *products_, *domains_, *runs_, *audit_, *ingredients_, *transformer_, wake}, url));
    add(run_routes(*run_ports_, *runs_dispatcher_));
    add(subscription_routes(*subscription_ports_));
    add(notification_routes(*outbox_, url));
    add(usage_routes(*usage_ports_));
    add(catalog_routes(*catalog_, *catalog_index_));
    add(sample_routes(*sample_ports_));
    add(lineage_routes({*elements_, *products_}));
    add(coverage_routes({*database_, *data_stores_, *coverage_, *users_, *source_}));
    add(access_routes({{*products_, *subscriptions_}, *domains_, *users_}));
    add(data_door_routes(*data_door_));
    return routes;
  }

  // The document that is part of the binary; a test keeps it in step with the routes.
  static std::string api_document() {
    for (const auto& file : embedded_files()) {
      if (file.path != "api/weft.openapi.yaml") continue;
      if (auto document = parse_yaml(file.bytes)) return json::serialize(*document);
    }
    return "{}";
  }

  Result<void> start_doors() {
    DispatchOptions dispatch;
    dispatch.public_url = options_.settings.server.public_url;
    dispatch.log_failure = [](const http::RequestHead& head, const Error& error) {
      const log::RequestScope scope(head.request_id);
      log::write(log::Level::Error, "request failed", error, {{"path", head.path}});
    };
    auto routes = make_routes();
    for (const auto& route : routes) {
      if (route.documented == Route::Documented::Yes) described_routes_.push_back(describe(route));
    }
    handler_ = make_dispatcher(std::move(routes), {*database_, *users_, *credentials_, *idempotency_, clock_}, std::move(dispatch));
    server_ = TRY(http::start_server(server_options(options_), *handler_, clock_, [this](const http::Exchange& exchange) {
      instruments_.exchange(exchange);
      if (!log::enabled(log::Level::Debug)) return;
      const log::RequestScope scope(exchange.head.request_id);
      log::debug("request", {{"path", exchange.head.path},
                             {"status", exchange.status},
                             {"bytes", static_cast<std::int64_t>(exchange.body_bytes)},
                             {"micros", exchange.micros}});
    }));
    port_ = server_->port();
    instruments_.registry().before_render(
        [this, pools = instruments_.registry().gauge({"weft_pool_threads", "Threads of a pool.", {"pool", "state"}}),
         queued = instruments_.registry().gauge({"weft_pool_queued", "Requests that wait for a pool.", {"pool"}}),
         connections = instruments_.registry().gauge({"weft_http_connections", "Open connections."}),
         workers = instruments_.registry().gauge({"weft_workers", "Worker processes and waiting jobs.", {"state"}}),
         memory = instruments_.registry().gauge({"weft_duckdb_memory_bytes", "Memory of the server's DuckDB."})] {
          for (const auto& pool : server_->pools()) {
            pools.with({pool.name, "busy"}).set(pool.busy);
            pools.with({pool.name, "all"}).set(pool.threads);
            queued.with({pool.name}).set(pool.queued);
          }
          connections.with({}).set(server_->connections());
          const auto state = workers_->state();
          workers.with({"running"}).set(state.running);
          workers.with({"waiting"}).set(state.waiting);
          workers.with({"spare"}).set(state.spare);
          memory.with({}).set(static_cast<double>(duck_->memory_used()));
        });
    return {};
  }

  Result<void> readiness() {
    if (!ready_) return fail(ErrorKind::Unavailable, "server.not_ready", "The server is starting or draining.");
    return database_->ping();
  }

  // What happens by itself: hits are folded, mail is sent, grants expire, old answers are forgotten.
  void keep_house() {
    MailPorts mail{*database_, *outbox_, *sender_, clock_, url()};
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      note(fold_hits(*usage_ports_), "folding hits");
      note(deliver_mails(mail, kHousekeepingBatch), "delivering mail");
      note(expire(), "expiring grants");
      lock.lock();
      changed_.wait_for(lock, kHousekeepingPause, [this] { return stopping_; });
    }
    lock.unlock();
    note(fold_hits(*usage_ports_), "folding hits");
  }

  // The catalog's index follows by itself, so that no search waits for it; each pause is a point from which a restart goes on.
  void keep_catalog() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      auto followed = catalog_->follow();
      if (followed) followed = catalog_->save();
      if (!followed && followed.error().kind != ErrorKind::Unavailable) note(followed, "following changes");
      lock.lock();
      changed_.wait_for(lock, kHousekeepingPause, [this] { return stopping_; });
    }
  }

  Result<void> expire() {
    auto reading = TRY(database_->begin(TxMode::Read));
    if (TRY(subscriptions_->overdue(*reading, clock_.now(), 1)).empty()) return {};
    reading.reset();
    const Principal system;
    auto tx = TRY(database_->begin(TxMode::Write));
    CHECK(expire_subscriptions(*tx, Context{clock_.now(), system, "housekeeping"}, *subscription_ports_, kHousekeepingBatch));
    return tx->commit();
  }

  template <typename T>
  static void note(const Result<T>& done, std::string_view doing) {
    if (!done) log::write(log::Level::Error, "job failed", done.error(), {{"doing", doing}});
  }

  // In the order of making; members are destroyed in reverse.
  MeshServerOptions options_;
  SystemClock clock_;
  Instruments instruments_;
  std::optional<DataLock> lock_;
  std::optional<SecretBox> box_;
  std::unique_ptr<Database> database_;
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
  std::unique_ptr<http::Server> server_;
  std::atomic<int> port_ = options_.port;  // where 0 was asked for: known once the server listens
  std::atomic<bool> ready_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread housekeeping_, catalog_keeping_;
};

}  // namespace

Result<std::unique_ptr<MeshServer>> start_mesh_server(MeshServerOptions options) {
  auto mesh = std::make_unique<Mesh>(std::move(options));
  CHECK(mesh->start());
  return mesh;
}

DatabaseOptions database_options(const fs::path& data, const Settings& settings) {
  DatabaseOptions options;
  options.url = settings.database.connection;
  options.sqlite_path = data / "weft.db";
  options.readers = settings.database.readers;
  options.writers = settings.database.writers;
  options.wait_milliseconds = static_cast<int>(settings.database.wait.count());
  return options;
}

Result<SecretBox> open_master_key(Tx& tx, UserStore& users, const fs::path& data, const Settings& settings) {
  const bool first_start = TRY(users.list(tx, {}, {1, std::nullopt})).empty();
  return SecretBox::open(key_file(data, settings), first_start ? SecretBox::Missing::Create : SecretBox::Missing::Refuse);
}

fs::path key_file(const fs::path& data, const Settings& settings) {
  return settings.secrets.key_file.empty() ? data / "keys" / "master.key" : fs::path(settings.secrets.key_file);
}

}  // namespace weft
