#include <charconv>
#include <condition_variable>

#include "cli/command.h"
#include "cli/data_folder.h"
#include "cli/mesh_server.h"
#include "cli/running_server.h"
#include "cli/terminal.h"
#include "platform/config/config_file.h"
#include "platform/log/log.h"
#include "platform/process/signals.h"

namespace weft {

namespace {

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

Result<Address> parse_address(const std::string& listen) {
  const auto colon = listen.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    const auto text = std::string_view(listen).substr(colon + 1);
    auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (code != std::errc() || end != text.data() + text.size()) port = -1;
  }
  if (colon == 0 || port < 0 || port > 65535) {
    return fail(ErrorKind::Invalid, "usage.listen", fmt::format("--listen '{}' is not host:port, with a port from 0 to 65535.", listen),
                "For example --listen 127.0.0.1:8080, or [::1]:8080.");
  }
  auto host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return Address{host, static_cast<std::uint16_t>(port)};
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

}  // namespace

Result<ResolvedSettings> load_served_settings(const ServeOptions& options) {
  auto settings = load_folder_settings(options.folder);
  auto address = parse_address(options.listen);
  if (!address && settings) return std::unexpected(std::move(address).error());
  if (!address) {
    auto error = std::move(settings).error();
    error.fields.insert(error.fields.begin(), {"--listen", address.error().message});
    return fail(std::move(error));
  }
  if (settings && settings->values.server.public_url.empty() && !is_loopback(address->host)) {
    settings->warnings.push_back(
        fmt::format("--listen {} can be reached by others, but without server.public_url links in mail and URLs of "
                    "ports name that address, or the loopback where it stands for all",
                    options.listen));
  }
  return settings;
}

Result<MeshServerOptions> make_server_options(const ServeOptions& options) {
  const auto address = TRY(parse_address(options.listen));
  CHECK(make_data_folder(options.folder.data));
  const auto settings = TRY(load_served_settings(options));
  log::start({settings.values.log.format, settings.values.log.level});
  for (const auto& warning : settings.warnings) log::warning("settings", {{"warning", warning}});
  MeshServerOptions server;
  server.data = std::filesystem::canonical(options.folder.data);
  server.host = address.host;
  server.port = address.port;
  server.binary = std::filesystem::read_symlink("/proc/self/exe");
  server.share = server.binary.parent_path() / "share" / "weft";
  server.settings = settings.values;
  server.database_to_record = options.folder.database;
  return server;
}

Result<void> run_server(MeshServerOptions options, const std::function<Result<void>(MeshServer&)>& when_serving) {
  std::mutex mutex;
  std::condition_variable changed;
  bool asked_to_stop = false;
  const StopSignals signals([&](int) {
    const std::scoped_lock lock(mutex);
    asked_to_stop = true;
    changed.notify_all();
  });
  options.when_lost = [&] {
    const std::scoped_lock lock(mutex);
    asked_to_stop = true;
    changed.notify_all();
  };
  auto server = TRY(start_mesh_server(std::move(options)));
  auto prepared = when_serving(*server);
  if (prepared) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked_to_stop; });
  }
  server->stop();
  log::info("stopped");
  if (server->lost()) {
    return fail(ErrorKind::Conflict, "server.elsewhere", "Another server has taken over the database of this one.",
                "Let one server at a time serve a database.");
  }
  return prepared;
}

Result<void> serve(const ServeOptions& options) {
  return run_server(TRY(make_server_options(options)), [](MeshServer& server) -> Result<void> {
    auto text = fmt::format("Weft serves {}\n", server.url());
    if (auto link = TRY(server.first_link())) {
      text += fmt::format("There is no administrator yet. Open this link once to set his password:\n  {}\n", *link);
    }
    (void)write_output(text);  // a server whose words nobody hears serves all the same
    return {};
  });
}

}  // namespace weft
