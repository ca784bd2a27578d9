#include "base/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/setting_rule.h"

namespace weft {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using std::chrono_literals::operator""s;

GivenSetting flag(std::string key, std::string value) { return {key, std::move(value), "--" + key}; }

// The complaints about one flag.
std::vector<std::string> complaints_about(const std::string& key, const std::string& value) {
  auto resolved = resolve_settings({{}, {}, {flag(key, value)}, {}, {}});
  std::vector<std::string> messages;
  if (!resolved) {
    for (const auto& complaint : resolved.error().fields) messages.push_back(complaint.message);
  }
  return messages;
}

TEST(Setting, DefaultsAreInOrder) {
  auto resolved = resolve_settings({});
  ASSERT_TRUE(resolved) << resolved.error().fields.at(0).message;
  const auto& settings = resolved->values;
  EXPECT_EQ(settings.server.public_url, "");
  EXPECT_THAT(settings.server.trusted_proxies, IsEmpty());
  EXPECT_EQ(settings.server.head_timeout, 10s);
  EXPECT_EQ(settings.server.max_head.bytes, 32 * 1024);
  EXPECT_EQ(settings.server.drain_seconds, 30);
  EXPECT_THAT(settings.stores.folders, IsEmpty());
  EXPECT_EQ(settings.usage.sync, UsageSync::Batch);
  EXPECT_EQ(settings.mail.smtp_security, SmtpSecurity::StartTls);
  EXPECT_EQ(settings.mail.smtp_port, 587);
  EXPECT_EQ(settings.log.format, LogFormat::Auto);
  EXPECT_EQ(settings.log.level, LogLevel::Info);
  EXPECT_EQ(settings.snapshots.keep, 10);
  EXPECT_EQ(settings.reads.per_user, 8);
  EXPECT_THAT(resolved->warnings, IsEmpty());
}

TEST(Setting, EachDeclarationIsWhole) {
  std::set<std::string> keys, variables, flags;
  for (const auto& setting : settings_table()) {
    std::string key(setting.key);
    EXPECT_TRUE(keys.insert(key).second) << key;
    EXPECT_TRUE(variables.insert(environment_name(setting)).second) << key;
    EXPECT_TRUE(flags.insert(flag_name(setting)).second) << key;
    EXPECT_EQ(std::ranges::count(key, '.'), 1) << key;
    EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_."), std::string::npos) << key;
    EXPECT_TRUE(setting.help.ends_with('.')) << key;
    EXPECT_EQ(&setting, find_setting(key));
    for (auto reserved : kReservedSettingNames) {
      EXPECT_NE(key, reserved);
      EXPECT_NE(key.substr(key.find('.') + 1), reserved) << key;
    }
    if (!setting.example.empty()) {
      EXPECT_THAT(complaints_about(key, std::string(setting.example)), Not(testing::Contains(HasSubstr(key + " must"))));
    }
    auto type = type_name(setting);
    if (type == "number" || type == "size" || type == "duration") {
      EXPECT_LT(setting.bounds.min, setting.bounds.max) << key;
      EXPECT_FALSE(setting.default_value.empty()) << key;
    }
    if (type == "number") {
      EXPECT_LE(setting.bounds.max, std::numeric_limits<int>::max()) << key;
    }
    if (type == "choice") {
      EXPECT_FALSE(setting.default_value.empty()) << key;
    }
  }
}

// Each setting reaches a field of its own: a value for one must not change another.
TEST(Setting, FieldsAreApart) {
  std::set<const void*> fields;
  Settings settings;
  for (const auto& setting : settings_table()) {
    const void* field = std::visit(
        [&](const auto& member) -> const void* {
          if constexpr (requires { &member(settings); }) {
            return &member(settings);
          } else {
            return &setting;
          }
        },
        setting.field);
    EXPECT_TRUE(fields.insert(field).second) << setting.key;
  }
}

TEST(Setting, NamesFollowFromTheKey) {
  const auto* setting = find_setting("server.public_url");
  ASSERT_NE(setting, nullptr);
  EXPECT_EQ(environment_name(*setting), "WEFT_SERVER_PUBLIC_URL");
  EXPECT_EQ(flag_name(*setting), "--server.public-url");
  EXPECT_EQ(find_setting("server.public"), nullptr);
}

TEST(Setting, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  GivenSetting file{"snapshots.keep", "1", "weft.toml:1"};
  GivenSetting environment{"snapshots.keep", "2", "WEFT_SNAPSHOTS_KEEP"};
  GivenSetting given_flag{"snapshots.keep", "3", "--snapshots.keep"};
  struct Case {
    GivenSettings given;
    int value;
    SettingSource source;
    std::string where;
  };
  for (const auto& test : {
           Case{{}, 10, SettingSource::Default, ""},
           Case{{{file}, {}, {}, {}, {}}, 1, SettingSource::File, "weft.toml:1"},
           Case{{{file}, {environment}, {}, {}, {}}, 2, SettingSource::Environment, "WEFT_SNAPSHOTS_KEEP"},
           Case{{{file}, {environment}, {given_flag}, {}, {}}, 3, SettingSource::Flag, "--snapshots.keep"},
           Case{{{file}, {}, {given_flag}, {}, {}}, 3, SettingSource::Flag, "--snapshots.keep"},
       }) {
    auto resolved = resolve_settings(test.given);
    ASSERT_TRUE(resolved);
    EXPECT_EQ(resolved->values.snapshots.keep, test.value);
    const auto& origin = resolved->origins[static_cast<std::size_t>(find_setting("snapshots.keep") - settings_table().data())];
    EXPECT_EQ(origin.source, test.source);
    EXPECT_EQ(origin.where, test.where);
  }
}

TEST(Setting, ReadsEachType) {
  auto resolved = resolve_settings({{{"stores.folders", std::vector<std::string>{"/a,b", "/c/"}, "f:1"}},
                                    {},
                                    {flag("server.public_url", "HTTPS://no"), flag("server.trusted_proxies", "")},
                                    {},
                                    {}});
  ASSERT_FALSE(resolved);  // the scheme is lower case
  resolved = resolve_settings({{{"stores.folders", std::vector<std::string>{"/a,b", "/c/"}, "f:1"}},
                               {},
                               {flag("server.public_url", "https://Mesh.example.org/"), flag("server.trusted_proxies", " 10.0.0.0/8 ,::1"),
                                flag("workers.memory", "2048MiB"), flag("workers.time_limit", "90s"), flag("usage.sync", "always"),
                                flag("duckdb.threads", "16"), flag("log.level", "error"), flag("server.cors_origins", "")},
                               {},
                               {}});
  ASSERT_TRUE(resolved) << resolved.error().fields.at(0).message;
  const auto& settings = resolved->values;
  EXPECT_THAT(settings.stores.folders, ElementsAre("/a,b", "/c"));
  EXPECT_EQ(settings.server.public_url, "https://mesh.example.org");
  EXPECT_THAT(settings.server.trusted_proxies, ElementsAre("10.0.0.0/8", "::1"));
  EXPECT_THAT(settings.server.cors_origins, IsEmpty());
  EXPECT_EQ(settings.workers.memory.bytes, 2LL << 30);
  EXPECT_EQ(settings.workers.time_limit, 90s);
  EXPECT_EQ(settings.usage.sync, UsageSync::Always);
  EXPECT_EQ(settings.duckdb.threads, 16);
  EXPECT_EQ(settings.log.level, LogLevel::Error);
}

TEST(Setting, SaysWhatIsWrong) {
  struct Case {
    std::string key, value, message;
  };
  for (const auto& [key, value, message] : std::initializer_list<Case>{
           {"server.nonsense", "1", "there is no setting server.nonsense"},
           {"server.smtp_port", "25", "there is no setting server.smtp_port; did you mean mail.smtp_port?"},
           {"snapshots.keep", "ten", "snapshots.keep must be a whole number"},
           {"snapshots.keep", "1.5", "snapshots.keep must be a whole number"},
           {"snapshots.keep", "", "snapshots.keep must be a whole number"},
           {"snapshots.keep", "0", "snapshots.keep must be from 1 to 10000"},
           {"snapshots.keep", "99999999999999999999", "snapshots.keep must be a whole number"},
           {"server.max_head", "1TiB", "server.max_head must be from 4KiB to 1MiB"},
           {"server.head_timeout", "100ms", "server.head_timeout must be from 1s to 1h"},
           {"usage.sync", "sometimes", "usage.sync must be one of batch, always"},
           {"server.trusted_proxies", "10.0.0.0/8,,::1", "server.trusted_proxies must not have empty items"},
           {"server.trusted_proxies", "10.0.0.1/8",
            "server.trusted_proxies must be a network, with nothing but zeros after its prefix, unlike `10.0.0.1/8`"},
           {"mail.smtp_user", std::string(5000, 'x'), "mail.smtp_user must not be longer than 4096 bytes"},
           {"mail.smtp_user", std::string("a\0b", 3), "mail.smtp_user must not contain U+0000"},
       }) {
    EXPECT_THAT(complaints_about(key, value), ElementsAre(message)) << key << " = " << value;
  }
  auto resolved = resolve_settings({{{"log.level", std::vector<std::string>{"info"}, "f:1"}}, {}, {}, {}, {}});
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().fields.at(0).message, "log.level takes one value, not a list");
}

TEST(Setting, ReportsEverythingAtOnce) {
  GivenSettings given;
  given.file = {{"server.x", "1", "weft.toml:2"},
                {"snapshots.keep", "no", "weft.toml:5"},
                {"log.level", "info", "weft.toml:7"},
                {"log.level", "info", "weft.toml:8"}};
  given.environment = {{"reads.per_user", "0", "WEFT_READS_PER_USER"}};
  given.flags = {{"reads.per_user", "1", "--reads.per-user"}};  // does not excuse the mistake that it overrides
  given.complaints = {{"weft.toml:1", "there is no section foo"}};
  auto resolved = resolve_settings(given);
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().id, "config.invalid");
  EXPECT_EQ(resolved.error().message, "The configuration has 5 mistakes.");
  std::vector<std::string> places;
  for (const auto& complaint : resolved.error().fields) places.push_back(complaint.field);
  EXPECT_THAT(places, ElementsAre("weft.toml:1", "weft.toml:2", "WEFT_READS_PER_USER", "weft.toml:5", "weft.toml:8"));
}

TEST(Setting, ComplainsInTheOrderOfTheTable) {
  GivenSettings given;
  given.file = {{"log.level", "loud", "weft.toml:1"}, {"server.max_head", "1", "weft.toml:2"}};
  given.flags = {flag("server.tls_key_file", "/k"), flag("mail.smtp_user", "u"), flag("server.public_url", "x")};
  auto resolved = resolve_settings(given);
  ASSERT_FALSE(resolved);
  std::vector<std::size_t> places;
  for (const auto& complaint : resolved.error().fields) {
    const auto key = complaint.message.substr(0, complaint.message.find(' '));
    places.push_back(static_cast<std::size_t>(find_setting(key) - settings_table().data()));
  }
  EXPECT_EQ(places.size(), 5U) << "also of what goes together";
  EXPECT_TRUE(std::ranges::is_sorted(places));
}

TEST(Setting, ChecksWhatGoesTogether) {
  EXPECT_THAT(complaints_about("server.tls_key_file", "/k"), ElementsAre(HasSubstr("give both or neither")));
  EXPECT_THAT(complaints_about("mail.smtp_password", "hunter2"), ElementsAre(HasSubstr("give both or neither")));
  auto resolved = resolve_settings(
      {{}, {}, {flag("mail.smtp_user", "u"), flag("mail.smtp_password", "hunter2"), flag("mail.smtp_security", "none")}, {}, {}});
  ASSERT_TRUE(resolved);
  EXPECT_THAT(resolved->warnings, ElementsAre(HasSubstr("in the clear")));
}

TEST(Setting, TakesItsVariables) {
  GivenSettings given;
  const std::vector<std::string> variables = {"HOME=/root",          "WEFT_LOG_LEVEL=debug", "WEFT_TYPO=1", "WEFT_URL=x",
                                              "WEFT_PID=1",          "WEFT_TOKEN=secret",    "WEFTY=1",     "WEFT_",
                                              "WEFT_MAIL_FROM=a=b@c"};
  constexpr std::string_view kAlsoKnown[] = {"WEFT_TOKEN"};
  take_environment(variables, kAlsoKnown, given);
  ASSERT_EQ(given.environment.size(), 2u);
  EXPECT_EQ(given.environment[0].key, "log.level");
  EXPECT_EQ(std::get<std::string>(given.environment[0].value), "debug");
  EXPECT_EQ(given.environment[0].where, "WEFT_LOG_LEVEL");
  EXPECT_EQ(std::get<std::string>(given.environment[1].value), "a=b@c");
  EXPECT_THAT(given.warnings, ElementsAre("the variable WEFT_TYPO is no setting and has no effect"));
}

struct RuleCase {
  Result<std::string> (*rule)(std::string_view);
  std::string_view text;
  std::string_view tidied;  // empty: refused
};

TEST(SettingRule, TidiesOrRefuses) {
  namespace rule = setting_rule;
  for (const auto& [check, text, tidied] : std::initializer_list<RuleCase>{
           {rule::origin, "https://mesh.example.org", "https://mesh.example.org"},
           {rule::origin, "http://localhost:8080/", "http://localhost:8080"},
           {rule::origin, "http://[::1]:80", "http://[::1]:80"},
           {rule::origin, "https://a_b.internal", "https://a_b.internal"},
           {rule::origin, "https://", ""},
           {rule::origin, "ftp://x", ""},
           {rule::origin, "https://x/path", ""},
           {rule::origin, "https://x//", ""},
           {rule::origin, "https://x?q", ""},
           {rule::origin, "https://user@x", ""},
           {rule::origin, "https://x:0", ""},
           {rule::origin, "https://x:65536", ""},
           {rule::origin, "https://x:", ""},
           {rule::origin, "https://[::1", ""},
           {rule::origin, "https://[1.2.3.4]", ""},
           {rule::origin, "https://x\ny", ""},
           {rule::origin, "*", ""},
           {rule::origin_or_any, "*", "*"},
           {rule::network, "127.0.0.1", "127.0.0.1"},
           {rule::network, "fd00::/8", "fd00::/8"},
           {rule::network, "0.0.0.0/0", "0.0.0.0/0"},
           {rule::network, "10.0.0.0/33", ""},
           {rule::network, "10.0.0.0/", ""},
           {rule::network, "10.0.0.0/-1", ""},
           {rule::network, "10.0.0/8", ""},
           {rule::network, "localhost", ""},
           {rule::store_address, "db.example.org:5432", "db.example.org:5432"},
           {rule::store_address, "169.254.169.254", "169.254.169.254"},
           {rule::store_address, "::1", "::1"},
           {rule::store_address, "[::1]:5432", "[::1]:5432"},
           {rule::store_address, "10.1.0.0/16", "10.1.0.0/16"},
           {rule::store_address, "postgres://x", ""},
           {rule::store_address, "a..b", ""},
           {rule::store_address, "-a", ""},
           {rule::store_address, "a-.b", ""},
           {rule::store_address, "", ""},
           {rule::host, "smtp.example.org", "smtp.example.org"},
           {rule::host, "smtp.example.org:25", ""},
           {rule::absolute_path, "/", "/"},
           {rule::absolute_path, "/srv/data//", "/srv/data"},
           {rule::absolute_path, "/srv/..data", "/srv/..data"},
           {rule::absolute_path, "srv", ""},
           {rule::absolute_path, "/srv/../etc", ""},
           {rule::absolute_path, "/srv/.", ""},
           {rule::absolute_path, "/a\nb", ""},
           {rule::postgres_url, "postgres://u:p@h/d", "postgres://u:p@h/d"},
           {rule::postgres_url, "postgresql:///weft", "postgresql:///weft"},
           {rule::postgres_url, "mysql://h", ""},
           {rule::mailbox, "weft@example.org", "weft@example.org"},
           {rule::mailbox, "Weft <weft@example.org>", "Weft <weft@example.org>"},
           {rule::mailbox, "<weft@example.org>", "<weft@example.org>"},
           {rule::mailbox, "weft", ""},
           {rule::mailbox, "@example.org", ""},
           {rule::mailbox, "a@b@c", ""},
           {rule::mailbox, "a@b, c@d", ""},
           {rule::mailbox, "Weft weft@example.org>", ""},
           {rule::mailbox, "Weft\r\nBcc: x <weft@example.org>", ""},
       }) {
    auto result = check(text);
    EXPECT_EQ(result.value_or(""), tidied) << text;
  }
}

}  // namespace
}  // namespace weft
