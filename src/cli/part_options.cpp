#include "cli/part_options.h"

#include <thread>

namespace weft {

http::ServerOptions http_options(const MeshServerOptions& options) {
  const auto& server = options.settings.server;
  http::ServerOptions http;
  http.host = options.host;
  http.port = options.port;
  http.io_threads = server.io_threads;
  http.control_threads = server.control_threads;
  http.query_threads = server.query_threads;
  http.password_threads = server.password_threads;
  http.worker_threads = server.worker_threads;
  http.control_queue = server.control_queue;
  http.query_queue = server.query_queue;
  http.password_queue = server.password_queue;
  http.worker_queue = server.worker_queue;
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

WorkerOptions worker_options(const MeshServerOptions& options) {
  const auto& stores = options.settings.stores;
  const auto& settings = options.settings.workers;
  WorkerOptions workers;
  workers.binary = options.binary;
  workers.root = options.data / "workers";
  workers.extensions = options.share / "extensions";
  workers.store_folders = {stores.folders.begin(), stores.folders.end()};
  workers.store_addresses = stores.addresses;
  workers.memory_bytes = settings.memory.bytes;
  workers.disk_bytes = settings.disk.bytes;
  workers.threads = settings.threads;
  workers.max_running = settings.running;
  workers.spares = settings.spares;
  workers.without_landlock = settings.without_landlock;
  return workers;
}

duck::InstanceOptions duck_options(const MeshServerOptions& options) {
  const auto& settings = options.settings.duckdb;
  duck::InstanceOptions duck;
  duck.memory_bytes = settings.memory.bytes;
  duck.threads = settings.threads > 0 ? settings.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  duck.temp_folder = options.data / "spool";
  duck.spill_bytes = options.settings.reads.spool.bytes;
  duck.allowed_folders = {options.data / "lake", options.data / "spool"};
  return duck;
}

LongReadLimits long_read_limits(const MeshServerOptions& options) {
  return {options.settings.reads.long_per_user, std::max(1, options.settings.server.query_threads - 1)};
}

Retention retention(const MeshServerOptions& options) {
  const auto& settings = options.settings;
  return {settings.usage.exact_for, settings.runs.kept_for, settings.notifications.kept_for};
}

HitJournalOptions journal_options(const MeshServerOptions& options) {
  HitJournalOptions journal{options.data / "usage"};
  journal.sync = options.settings.usage.sync == UsageSync::Always ? JournalSync::Always : JournalSync::Batch;
  return journal;
}

Result<std::unique_ptr<MailSender>> make_mail_sender(const MeshServerOptions& options) {
  const auto& mail = options.settings.mail;
  if (mail.smtp_host.empty()) return make_folder_sender(options.data / "mail", mail.from, mail.keep);
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

}  // namespace weft
