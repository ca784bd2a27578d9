// Settings: each is declared once, in setting_table.cpp. The configuration file, the WEFT_… variables, the flags,
// `weft config` and docs/reference/settings.md come from that table. What is not a setting: --data, --listen and
// --database, which say what a command works on.
//
// Nothing here reads a file or the environment: platform/config does, and hands over what it found.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/quantity.h"
#include "base/result.h"
#include "base/setting_choice.h"

namespace weft {

// The values, typed. Field `a.b` holds the setting `a.b`; its meaning and default stand in the table.
struct Settings {
  using Milliseconds = std::chrono::milliseconds;

  struct Server {
    std::string public_url;  // without a slash at the end; empty: links name where it listens
    std::vector<std::string> trusted_proxies, cors_origins;
    std::string tls_certificate_file, tls_key_file;  // both or neither
    Milliseconds head_timeout{}, body_timeout{}, idle_timeout{}, write_timeout{};
    ByteSize max_head;
    int max_connections = 0;
    int io_threads = 0, control_threads = 0, query_threads = 0, password_threads = 0, worker_threads = 0;
    int control_queue = 0, query_queue = 0, password_queue = 0, worker_queue = 0;
    int drain_seconds = 0;
  } server;

  struct Database {
    std::string connection;  // empty: SQLite in the data folder; else postgres://…
    int readers = 0, writers = 0;
    Milliseconds wait{};
  } database;

  struct Stores {
    std::vector<std::string> folders, addresses;
  } stores;

  struct Secrets {
    std::string key_file;  // empty: in the data folder
  } secrets;

  struct Workers {
    ByteSize memory, disk;
    int threads = 0, running = 0, per_user = 0, spares = 0;
    Milliseconds time_limit{};
    WithoutLandlock without_landlock = WithoutLandlock::Refuse;
  } workers;

  struct Duckdb {
    ByteSize memory, resident;
    int threads = 0;  // 0: one per processor
  } duckdb;

  struct Reads {
    int per_user = 0, long_per_user = 0;
    Milliseconds time_limit{};
    ByteSize remembered, spool;
  } reads;

  struct Snapshots {
    int keep = 0;
  } snapshots;

  struct Runs {
    Milliseconds kept_for{};
  } runs;

  struct Sessions {
    Milliseconds lifetime{};
  } sessions;

  struct Tokens {
    Milliseconds max_lifetime{};  // 0: none is set
  } tokens;

  struct Usage {
    UsageSync sync = UsageSync::Batch;
    Milliseconds exact_for{};
  } usage;

  struct Notifications {
    Milliseconds kept_for{};
  } notifications;

  struct Mail {
    std::string smtp_host;  // empty: mail is written to the data folder
    int smtp_port = 0;
    int keep = 0;
    SmtpSecurity smtp_security = SmtpSecurity::StartTls;
    std::string smtp_user, smtp_password, smtp_ca_file, from;
  } mail;

  struct Log {
    LogFormat format = LogFormat::Auto;
    LogLevel level = LogLevel::Info;
  } log;
};

// Where in Settings a value goes; its type is the setting's type.
template <typename T>
using SettingMember = T& (*)(Settings&);
struct SettingChoice {
  std::span<const std::string_view> names;
  void (*choose)(Settings&, std::size_t index);
};
using SettingField = std::variant<SettingMember<std::string>, SettingMember<int>, SettingMember<ByteSize>,
                                  SettingMember<std::chrono::milliseconds>, SettingMember<std::vector<std::string>>, SettingChoice>;

enum class Secrecy { Public, Secret };           // Secret: never shown, only whether it is set
enum class SettingChange { NextStart, AtOnce };  // when a changed value takes effect

// The declaration of a setting.
struct Setting {
  std::string_view key;  // `server.public_url`
  SettingField field;
  std::string_view default_value = {};  // as one would write it; empty: none
  struct Bounds {
    std::int64_t min = 0, max = 0;  // numbers: as they are; sizes: bytes; durations: ms. Both inclusive
  } bounds = {};
  std::string_view help = {};     // sentences, for people
  std::string_view example = {};  // as one would write it; empty: the default serves
  // Refuses or tidies a text (of a list: each item). The message completes "<key> …".
  Result<std::string> (*refine)(std::string_view) = nullptr;
  Secrecy secrecy = Secrecy::Public;
  SettingChange change = SettingChange::NextStart;
};

[[nodiscard]] std::span<const Setting> settings_table();  // grouped by section, the order of the documentation
[[nodiscard]] const Setting* find_setting(std::string_view key);

[[nodiscard]] std::string environment_name(const Setting& setting);  // `WEFT_SERVER_PUBLIC_URL`
[[nodiscard]] std::string flag_name(const Setting& setting);         // `--server.public-url`
[[nodiscard]] std::string_view type_name(const Setting& setting);    // `text`, `number`, `size`, `duration`, …

// Names that scripts use for variables of their own, WEFT_BIN and so on: no setting may take them.
inline constexpr std::string_view kReservedSettingNames[] = {"bin", "demo", "url", "port", "data", "pid"};

enum class SettingSource { Default, File, Environment, Flag };
[[nodiscard]] std::string_view source_name(SettingSource source);

// A value that somebody gave, in text. A list from a flag or a variable is comma-separated, one from the file is not.
struct GivenSetting {
  std::string key;
  std::variant<std::string, std::vector<std::string>> value;
  std::string where;  // `/srv/weft/weft.toml:12`, `WEFT_SERVER_PUBLIC_URL`, `--server.public-url`
};

struct GivenSettings {
  std::vector<GivenSetting> file, environment, flags;
  std::vector<FieldError> complaints;  // what could not even be read: field = where
  std::vector<std::string> warnings;
};

struct SettingOrigin {
  SettingSource source = SettingSource::Default;
  std::string where;  // empty for a default
  std::string text;   // the value as given, tidied; lists joined by commas. Secrets too: for setting_report only
};

struct ResolvedSettings {
  Settings values;
  std::vector<SettingOrigin> origins;  // parallel to settings_table()
  std::vector<std::string> warnings;
};

// Flag before environment before file before default. Every value given is checked, the overridden ones too.
// Errors: `config.invalid` with one FieldError per complaint (field = where it was given), in the order of the table, secrets
// not quoted; after them the warnings (field = `warning`).
[[nodiscard]] Result<ResolvedSettings> resolve_settings(const GivenSettings& given);

// Picks the WEFT_… variables out of `NAME=value` lines, such as environ's. Unknown ones become warnings, save those of
// kReservedSettingNames and `also_known` (full names), which are somebody else's.
void take_environment(std::span<const std::string> variables, std::span<const std::string_view> also_known, GivenSettings& given);

}  // namespace weft
