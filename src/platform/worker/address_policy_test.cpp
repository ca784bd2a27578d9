#include "platform/worker/address_policy.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

IpAddress ip(const char* text) {
  const auto address = parse_ip_address(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress{});
}

AddressPolicy policy(const std::vector<std::string>& entries) {
  auto parsed = AddressPolicy::parse(entries);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *parsed : AddressPolicy();
}

struct Case {
  std::vector<std::string> entries;
  const char* host;
  const char* address;
  std::uint16_t port;
  bool allowed;
};

TEST(AddressPolicy, Decides) {
  const std::vector<std::string> none;
  const Case cases[] = {
      // Nothing listed: everything but the special ones.
      {none, "db.example", "203.0.113.5", 5432, true},
      {none, "db.example", "10.1.2.3", 5432, true},
      {none, "db.example", "2001:db8::5", 5432, true},
      {none, "db.example", "fd00::5", 5432, true},
      {none, "localhost", "127.0.0.1", 5432, false},
      {none, "x", "127.255.0.1", 5432, false},
      {none, "x", "::1", 5432, false},
      {none, "x", "::ffff:127.0.0.1", 5432, false},
      {none, "x", "::127.0.0.1", 5432, false},
      {none, "x", "64:ff9b::7f00:1", 5432, false},
      {none, "x", "2002:7f00:1::", 5432, false},
      {none, "x", "0.0.0.0", 5432, false},
      {none, "x", "::", 5432, false},
      {none, "x", "169.254.169.254", 80, false},
      {none, "x", "::ffff:169.254.169.254", 80, false},
      {none, "x", "fe80::1", 5432, false},
      {none, "x", "fd00:ec2::254", 80, false},
      {none, "x", "100.100.100.200", 80, false},
      {none, "x", "168.63.129.16", 80, false},
      {none, "x", "224.0.0.1", 5432, false},
      {none, "x", "255.255.255.255", 5432, false},
      {none, "x", "ff02::1", 5432, false},
      // Listed: only those.
      {{"db.example"}, "db.example", "203.0.113.5", 5432, true},
      {{"db.example"}, "DB.Example.", "203.0.113.5", 5432, true},
      {{"db.example"}, "other.example", "203.0.113.5", 5432, false},
      {{"db.example:5432"}, "db.example", "203.0.113.5", 5432, true},
      {{"db.example:5432"}, "db.example", "203.0.113.5", 22, false},
      {{"10.0.0.0/8"}, "db.example", "10.255.0.1", 5432, true},
      {{"10.0.0.0/8"}, "db.example", "11.0.0.1", 5432, false},
      {{"10.0.0.0/9"}, "db.example", "10.128.0.1", 5432, false},
      {{"2001:db8::/32"}, "db.example", "2001:db8:1::", 5432, true},
      {{"2001:db8::/32"}, "db.example", "2001:db9::", 5432, false},
      {{"[2001:db8::1]:5432"}, "x", "2001:db8::1", 5432, true},
      {{"[2001:db8::1]:5432"}, "x", "2001:db8::1", 5433, false},
      {{"192.0.2.1:5432"}, "x", "192.0.2.1", 5433, false},
      // Special ones, listed.
      {{"localhost"}, "localhost", "127.0.0.1", 5432, true},
      {{"localhost"}, "elsewhere", "127.0.0.1", 5432, false},
      {{"127.0.0.1"}, "localhost", "127.0.0.1", 5432, true},
      {{"127.0.0.1:5432"}, "localhost", "127.0.0.1", 5433, false},
      {{"::1"}, "localhost", "::1", 5432, true},
      {{"127.0.0.0/8"}, "x", "127.1.1.1", 5432, true},
      {{"db.example"}, "db.example", "169.254.169.254", 80, false},
      {{"169.254.0.0/16"}, "x", "169.254.1.1", 5432, true},
      {{"0.0.0.0/0", "::/0"}, "x", "203.0.113.5", 5432, true},
      {{"0.0.0.0/0", "::/0"}, "x", "127.0.0.1", 5432, false},
      {{"0.0.0.0/0", "::/0"}, "x", "::1", 5432, false},
      {{"0.0.0.0/0", "127.0.0.1"}, "x", "127.0.0.1", 5432, true},
  };
  for (const auto& each : cases) {
    std::string entries;
    for (const auto& entry : each.entries) entries += entry + " ";
    SCOPED_TRACE(entries + "| " + each.host + " " + each.address + ":" + std::to_string(each.port));
    const auto result = policy(each.entries).check(each.host, ip(each.address), each.port);
    EXPECT_EQ(result.has_value(), each.allowed);
    if (!result) {
      EXPECT_EQ(result.error().id, "data_store.address_blocked");
    }
  }
}

TEST(AddressPolicy, NamesTheEntryThatIsWrong) {
  for (const char* entry :
       {"", " ", "a b", "10.0.0.0/33", "10.0.0.0/x", "::/129", "host:0", "host:65536", "host:x", "[::1]:", "a/8", "http://x"}) {
    SCOPED_TRACE(entry);
    const auto parsed = AddressPolicy::parse({"fine.example", entry});
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().id, "setting.invalid");
    EXPECT_NE(parsed.error().message.find('`' + std::string(entry) + '`'), std::string::npos);
  }
}

}  // namespace
}  // namespace weft
