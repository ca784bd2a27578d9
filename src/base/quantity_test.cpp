#include "base/quantity.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

TEST(Quantity, ReadsDurations) {
  struct Case {
    std::string_view text;
    std::int64_t milliseconds;
    std::string_view canonical;
  };
  for (const auto& [text, milliseconds, canonical] : {
           Case{"0s", 0, "0s"},
           Case{"250ms", 250, "250ms"},
           Case{"30s", 30'000, "30s"},
           Case{"90 s", 90'000, "90s"},
           Case{"120s", 120'000, "2m"},
           Case{"24h", 86'400'000, "1d"},
           Case{"36h", 129'600'000, "36h"},
           Case{"365d", 31'536'000'000, "365d"},
       }) {
    auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(duration->count(), milliseconds) << text;
    EXPECT_EQ(to_text(*duration), canonical);
  }
  for (std::string_view text : {"", "s", "30", "-1s", "-0s", "1.5h", "1S", "30s ", " 30s", "30  s", "1w", "1h30m", "9223372036854775807d",
                                "99999999999999999999s", "+3s", "0x1s"}) {
    auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().id, "duration.invalid");
  }
}

TEST(Quantity, ReadsSizes) {
  struct Case {
    std::string_view text;
    std::int64_t bytes;
    std::string_view canonical;
  };
  for (const auto& [text, bytes, canonical] : {
           Case{"0B", 0, "0B"},
           Case{"1023B", 1023, "1023B"},
           Case{"32KiB", 32 * 1024, "32KiB"},
           Case{"512MiB", 512LL << 20, "512MiB"},
           Case{"2048 MiB", 2LL << 30, "2GiB"},
           Case{"20GiB", 20LL << 30, "20GiB"},
           Case{"1TiB", 1LL << 40, "1TiB"},
           Case{"1kB", 1000, "1000B"},
           Case{"128MB", 128'000'000, "125000KiB"},
       }) {
    auto size = parse_size(text);
    ASSERT_TRUE(size) << text;
    EXPECT_EQ(size->bytes, bytes) << text;
    EXPECT_EQ(to_text(*size), canonical);
  }
  for (std::string_view text : {"", "MiB", "512", "512M", "512mib", "-1B", "0.5GiB", "8388608TiB", "1 KiBx"}) {
    auto size = parse_size(text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().id, "size.invalid");
  }
}

}  // namespace
}  // namespace weft
