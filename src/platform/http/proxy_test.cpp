#include "platform/http/proxy.h"

#include <gtest/gtest.h>

namespace weft::http {

namespace {

TEST(Address, IsReadInEachForm) {
  struct Case {
    const char* text;
    const char* expected;  // empty: refused
  };
  for (const auto& [text, expected] : {
           Case{"10.0.0.1", "10.0.0.1"},
           Case{" 10.0.0.1 ", "10.0.0.1"},
           Case{"10.0.0.1:80", "10.0.0.1"},
           Case{"::1", "::1"},
           Case{"[::1]", "::1"},
           Case{"[2001:DB8::1]:443", "2001:db8::1"},
           Case{"::ffff:10.0.0.1", "10.0.0.1"},
           Case{"10.0.0.256", ""},
           Case{"10.0.0.1:99999", ""},
           Case{"10.0.0.1:x", ""},
           Case{"[::1", ""},
           Case{"[::1]x", ""},
           Case{"unknown", ""},
           Case{"", ""},
           Case{"10.0.0", ""},
       }) {
    const auto address = parse_address(text);
    EXPECT_EQ(address ? to_text(*address) : "", expected) << text;
  }
}

TEST(TrustedProxies, ContainsWhatTheirRangesCover) {
  const auto trusted = TrustedProxies::parse({"10.0.0.0/9", "192.0.2.7", "fd00::/8", "0.0.0.0/32"});
  ASSERT_TRUE(trusted);
  for (const auto* inside : {"10.127.255.255", "192.0.2.7", "fd12::1", "::ffff:10.1.1.1", "0.0.0.0"}) {
    EXPECT_TRUE(trusted->contains(*parse_address(inside))) << inside;
  }
  for (const auto* outside : {"10.128.0.0", "192.0.2.8", "fe00::1", "0.0.0.1", "::1"}) {
    EXPECT_FALSE(trusted->contains(*parse_address(outside))) << outside;
  }
  const auto all = TrustedProxies::parse({"0.0.0.0/0"});
  EXPECT_TRUE(all->contains(*parse_address("8.8.8.8")));
  EXPECT_FALSE(all->contains(*parse_address("2001:db8::1")));
}

TEST(TrustedProxies, NamesTheEntryThatIsWrong) {
  for (const auto* entry : {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "proxy", "", "10.0.0.1:80"}) {
    const auto trusted = TrustedProxies::parse({"10.0.0.1", entry});
    ASSERT_FALSE(trusted) << entry;
    EXPECT_NE(trusted.error().message.find(std::string("'") + entry + "'"), std::string::npos);
  }
}

TEST(Client, IsTheRightmostAddressThatNoTrustedProxyHas) {
  const auto trusted = TrustedProxies::parse({"10.0.0.0/8"}).value();
  struct Case {
    const char* peer;
    Headers headers;
    const char* address;
    Scheme scheme;
  };
  for (const auto& row : {
           Case{"10.0.0.1", {}, "10.0.0.1", Scheme::Plain},
           Case{"203.0.113.1", {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-Proto", "https"}}, "203.0.113.1", Scheme::Plain},
           Case{"10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 203.0.113.9"}}, "203.0.113.9", Scheme::Plain},
           Case{"10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.2"}}, "203.0.113.9", Scheme::Plain},
           Case{"10.0.0.1", {{"X-Forwarded-For", "6.6.6.6"}, {"x-forwarded-for", "203.0.113.9"}}, "203.0.113.9", Scheme::Plain},
           Case{"10.0.0.1", {{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}, "10.0.0.3", Scheme::Plain},
           Case{"10.0.0.1", {{"X-Forwarded-For", "6.6.6.6, nonsense, 10.0.0.2"}}, "10.0.0.2", Scheme::Plain},
           Case{"10.0.0.1", {{"X-Forwarded-For", "[2001:db8::1]:80"}}, "2001:db8::1", Scheme::Plain},
           Case{"10.0.0.1", {{"X-Forwarded-Proto", "http, HTTPS"}}, "10.0.0.1", Scheme::Secure},
           Case{"10.0.0.1", {{"X-Forwarded-Proto", "https, http"}}, "10.0.0.1", Scheme::Plain},
       }) {
    const auto client = client_of(trusted, {row.peer, Scheme::Plain}, row.headers);
    EXPECT_EQ(client.address, row.address);
    EXPECT_EQ(client.scheme, row.scheme);
  }
}

}  // namespace

}  // namespace weft::http
