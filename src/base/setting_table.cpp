// The table of settings. A row is the whole of a setting: add one here, and a field of Settings of the same name.

#include "base/setting.h"
#include "base/setting_rule.h"

namespace weft {

namespace {

// Key and field in one token, so that they can't differ.
#define AT(path) .key = #path, .field = +[](Settings& settings) -> decltype((settings.path)) { return settings.path; }
#define AT_CHOICE(path, choices)                                                                                        \
  .key = #path, .field = SettingChoice {                                                                                \
    choices, [](Settings& settings, std::size_t index) { settings.path = static_cast<decltype(settings.path)>(index); } \
  }

// In the order of the enumerators.
constexpr std::string_view kWithoutLandlockNames[] = {"refuse", "allow"};
constexpr std::string_view kUsageSyncNames[] = {"batch", "always"};
constexpr std::string_view kSmtpSecurityNames[] = {"none", "starttls", "tls"};
constexpr std::string_view kLogFormatNames[] = {"auto", "human", "json"};
constexpr std::string_view kLogLevelNames[] = {"debug", "info", "warning", "error"};

constexpr std::int64_t kSecond = 1000, kHour = 3600 * kSecond, kDay = 24 * kHour;
constexpr std::int64_t kKiB = 1LL << 10, kMiB = 1LL << 20, kGiB = 1LL << 30, kTiB = 1LL << 40;
constexpr Setting::Bounds kTimeoutBounds = {kSecond, kHour};
constexpr Setting::Bounds kThreadBounds = {1, 256};
constexpr Setting::Bounds kQueueBounds = {1, 100'000};

constexpr Setting kSettings[] = {
    {AT(server.public_url),
     .help = "The URL under which people and programs reach this server. Links in mail, links to set a password, the URLs of "
             "ports, cookies and the check of the Origin of changing requests rest on it. Without it, links and URLs name the "
             "address that the server listens on, `http://127.0.0.1:8080` also where it listens on all, and only the check of the "
             "Origin takes the Host header of each request instead: set it wherever anybody but you can reach the server.",
     .example = "https://mesh.example.org", .refine = setting_rule::origin},
    {AT(server.trusted_proxies),
     .help = "Addresses and networks of the reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. "
             "Throttling by address and the audit log rest on it.",
     .example = "10.0.0.0/8, 127.0.0.1", .refine = setting_rule::network},
    {AT(server.cors_origins), .help = "Origins whose pages may call the API from a browser. `*` allows every origin, but without cookies.",
     .example = "https://notebooks.example.org", .refine = setting_rule::origin_or_any},
    {AT(server.tls_certificate_file), .help = "Certificate chain in PEM. With server.tls_key_file, the server speaks HTTPS.",
     .example = "/etc/weft/certificate.pem", .refine = setting_rule::absolute_path},
    {AT(server.tls_key_file), .help = "Private key of the certificate in PEM, readable by the server only.", .example = "/etc/weft/key.pem",
     .refine = setting_rule::absolute_path},
    {AT(server.head_timeout), .default_value = "10s", .bounds = kTimeoutBounds,
     .help = "From the first byte of a request to the end of its head."},
    {AT(server.body_timeout), .default_value = "30s", .bounds = kTimeoutBounds, .help = "How long a request's body may pause."},
    {AT(server.idle_timeout), .default_value = "75s", .bounds = kTimeoutBounds,
     .help = "How long a connection may stay open between two requests."},
    {AT(server.write_timeout), .default_value = "1m", .bounds = kTimeoutBounds,
     .help = "How long a client may take no byte of an answer before it is cut."},
    {AT(server.max_head), .default_value = "32KiB", .bounds = {4 * kKiB, kMiB},
     .help = "The largest head of a request: its first line and all its headers."},
    {AT(server.max_connections), .default_value = "10000", .bounds = {10, 1'000'000},
     .help = "Connections at once. More are refused; each takes a file descriptor."},
    {AT(server.io_threads), .default_value = "1", .bounds = kThreadBounds, .help = "Threads that move bytes between sockets and requests."},
    {AT(server.control_threads), .default_value = "4", .bounds = kThreadBounds,
     .help = "Threads that answer the API, apart from reads of data."},
    {AT(server.query_threads), .default_value = "4", .bounds = kThreadBounds, .help = "Threads that read data for the data door."},
    {AT(server.password_threads), .default_value = "2", .bounds = kThreadBounds,
     .help = "Threads that hash passwords, which takes long and much memory on purpose."},
    {AT(server.control_queue), .default_value = "512", .bounds = kQueueBounds,
     .help = "Requests that may wait for a control thread. More are answered 503."},
    {AT(server.query_queue), .default_value = "256", .bounds = kQueueBounds,
     .help = "Requests that may wait for a query thread. More are answered 503."},
    {AT(server.password_queue), .default_value = "32", .bounds = kQueueBounds,
     .help = "Sign-ins that may wait for a password thread. More are answered 503."},
    {AT(server.worker_threads), .default_value = "16", .bounds = kThreadBounds,
     .help = "Threads for requests that wait for a worker: looks into data stores, checks of SQL."},
    {AT(server.worker_queue), .default_value = "256", .bounds = kQueueBounds,
     .help = "Requests that may wait for such a thread. More are answered 503."},
    {AT(server.drain_seconds), .default_value = "30", .bounds = {0, 3600},
     .help = "How many seconds requests and runs may take to finish after SIGTERM, before requests are cut and runs go back "
             "into the queue."},

    {AT(database.connection),
     .help = "Where the metadata is kept. Empty: SQLite in the data folder. `weft serve --database URL` records its URL "
             "here, so that later commands find it.",
     .example = "postgres://weft@db.example.org/weft", .refine = setting_rule::postgres_url, .secrecy = Secrecy::Secret},
    {AT(database.readers), .default_value = "4", .bounds = {1, 256}, .help = "Connections for reading metadata."},
    {AT(database.writers), .default_value = "4", .bounds = {1, 256},
     .help = "Connections for changing metadata on PostgreSQL. SQLite has one."},
    {AT(database.wait), .default_value = "10s", .bounds = {100, 300 * kSecond},
     .help = "How long a request waits for a free connection before it is answered 503."},

    {AT(stores.folders),
     .help = "Folders in which data stores of files and of SQLite may lie. Folders in them are included. None: no such "
             "store can be registered.",
     .example = "/srv/exports", .refine = setting_rule::absolute_path},
    {AT(stores.addresses),
     .help = "Hosts that data stores may name, with or without a port, and networks. None: every host but loopback, "
             "link-local and metadata addresses, which must be listed to be reached.",
     .example = "warehouse.example.org:5432, 10.1.0.0/16", .refine = setting_rule::store_address},

    {AT(secrets.key_file),
     .help = "The master key that encrypts the secrets of data stores. Empty: in the folder `keys` of the data folder. "
             "The server refuses to start without it; keep a copy apart from the backup of the data.",
     .example = "/etc/weft/master.key", .refine = setting_rule::absolute_path},

    {AT(workers.memory), .default_value = "1GiB", .bounds = {256 * kMiB, 16 * kTiB},
     .help = "Memory of one worker process. DuckDB in it gets three quarters."},
    {AT(workers.disk), .default_value = "20GiB", .bounds = {64 * kMiB, 1024 * kTiB},
     .help = "Disk of one worker process, its outputs and what it spills together."},
    {AT(workers.threads), .default_value = "2", .bounds = kThreadBounds, .help = "Threads of one worker process."},
    {AT(workers.running), .default_value = "4", .bounds = {1, 256},
     .help = "Workers at once. Further jobs wait. More than `workers.per_user`, so that nobody keeps all of them busy."},
    {AT(workers.per_user), .default_value = "2", .bounds = {1, 256},
     .help = "Workers at once for one user, by runs and looks together; for refreshes by rate, for one domain. His further "
             "runs wait in the queue, his further looks half a minute before they are answered 429."},
    {AT(workers.spares), .default_value = "1", .bounds = {0, 64},
     .help = "Workers of each kind that are kept started, so that a job need not wait for one."},
    {AT(workers.time_limit), .default_value = "10m", .bounds = {kSecond, 7 * kDay}, .help = "After this time a job is cancelled."},
    {AT_CHOICE(workers.without_landlock, kWithoutLandlockNames), .default_value = "refuse",
     .help = "What happens where the kernel has no Landlock (it came with Linux 5.13), which keeps workers, and with them users' SQL and "
             "what foreign files make of their readers, from all files but their own. `refuse`: the server does not start. `allow`: "
             "it does, and only file modes protect its keys and data: for machines where every user and every file is trusted."},

    {AT(duckdb.memory), .default_value = "512MiB", .bounds = {128 * kMiB, 16 * kTiB},
     .help = "Memory of the server's own DuckDB, which answers reads. Its process takes about a tenth more."},
    {AT(duckdb.resident), .default_value = "192MiB", .bounds = {0, 16 * kTiB},
     .help = "How much of duckdb.memory, at most half of it, holds snapshots that are read often, so that reading a page or "
             "a key of them decodes no file."},
    {AT(duckdb.threads), .default_value = "0", .bounds = {0, 1024}, .help = "Threads of the server's own DuckDB. 0: one per processor."},

    {AT(reads.per_user), .default_value = "8", .bounds = {1, 10'000},
     .help = "Reads of data at once for one user. Further ones are answered 429."},
    {AT(reads.long_per_user), .default_value = "2", .bounds = {1, 10'000},
     .help = "Long reads at once for one user: large sorts, filtered Parquet, filters and counts over very many rows. Further ones "
             "are answered 429. All users together leave one of server.query_threads free; beyond that the answer is 503."},
    {AT(reads.time_limit), .default_value = "2m", .bounds = {100, 7 * kDay},
     .help = "How long a read may work for its first rows, or for each further piece. Then it is stopped and answered 504. What a "
             "slow client takes does not count."},
    {AT(reads.spool), .default_value = "8GiB", .bounds = {kMiB, kTiB},
     .help = "Disk for answers that must be whole before their first byte leaves, such as filtered Parquet. One answer takes a "
             "quarter of it at most (413); when all of it is taken, further ones are answered 503. Large sorts may spill as much again."},
    {AT(reads.remembered), .default_value = "256MiB", .bounds = {0, kTiB},
     .help = "Memory for answers of the data door that were given before. Whoever asks the same of the same snapshot, and "
             "still may, gets them from there. One answer takes a quarter of it at most."},

    {AT(snapshots.keep), .default_value = "10", .bounds = {1, 10'000},
     .help = "Snapshots of a product or view that stay. Older ones go when nobody reads them."},

    {AT(runs.kept_for), .default_value = "90d", .bounds = {kHour, 3660 * kDay},
     .help = "How long runs that ended stay, with their logs. Of each product and view the newest and the last successful one "
             "stay all the same, and the audit log tells of every run for ever."},

    {AT(sessions.lifetime), .default_value = "12h", .bounds = {60 * kSecond, 366 * kDay},
     .help = "How long a person stays signed in. Sessions that are open keep theirs."},
    {AT(tokens.max_lifetime), .default_value = "0s", .bounds = {0, 3660 * kDay},
     .help = "The longest life of a token, and that of one made without `expires_at`. `0s`: such a token has no end, and "
             "others may end within ten years. Tokens that exist keep their end."},

    {AT_CHOICE(usage.sync, kUsageSyncNames), .default_value = "batch",
     .help = "When the journal of hits is flushed to the disk. `batch`: at most once a second; power loss may cost the "
             "hits of that second, a crash of the server none. `always`: before each answer ends."},
    {AT(usage.exact_for), .default_value = "30d", .bounds = {kHour, 3660 * kDay},
     .help = "How long a hit is known by its instant. Afterwards it is known by its hour, and stays so for ever: who read what, "
             "how often, in which hour. Sums over whole hours and days are always exact."},

    {AT(notifications.kept_for), .default_value = "180d", .bounds = {kHour, 3660 * kDay},
     .help = "How long entries of the inbox stay, read or not, with the mails that were sent of them."},

    {AT(mail.smtp_host), .help = "The mail server. Empty: mail is written to the folder `mail` of the data folder.",
     .example = "smtp.example.org", .refine = setting_rule::host},
    {AT(mail.smtp_port), .default_value = "587", .bounds = {1, 65'535},
     .help = "Port of the mail server: 587 for STARTTLS, 465 for TLS, 25 between mail servers."},
    {AT_CHOICE(mail.smtp_security, kSmtpSecurityNames), .default_value = "starttls",
     .help = "`starttls`: encrypt after greeting, or fail. `tls`: encrypt from the first byte. `none`: in the clear."},
    {AT(mail.smtp_user), .help = "Name to sign in with at the mail server. Empty: without signing in.", .example = "weft"},
    {AT(mail.smtp_password), .help = "Password to sign in with at the mail server.", .secrecy = Secrecy::Secret},
    {AT(mail.smtp_ca_file), .help = "Certificates in PEM that vouch for the mail server. Empty: those of the system.",
     .example = "/etc/weft/mail-ca.pem", .refine = setting_rule::absolute_path},
    {AT(mail.keep), .default_value = "1000", .bounds = {1, 1'000'000},
     .help = "Mails that stay in the folder `mail`, where no mail server is set. Older ones go; the outbox still has them."},
    {AT(mail.from), .default_value = "Weft <weft@localhost>", .help = "The sender of mail.", .example = "Weft <weft@example.org>",
     .refine = setting_rule::mailbox},

    {AT_CHOICE(log.format, kLogFormatNames), .default_value = "auto",
     .help = "`human` or `json`, one line per event on standard error. `auto`: human on a terminal, else json."},
    {AT_CHOICE(log.level, kLogLevelNames), .default_value = "info", .help = "The least level that is logged."},
};

#undef AT
#undef AT_CHOICE

}  // namespace

std::span<const Setting> settings_table() { return kSettings; }

}  // namespace weft
