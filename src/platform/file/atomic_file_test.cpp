#include "platform/file/atomic_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

namespace weft {
namespace {

class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest() {
    std::string name = testing::TempDir() + "weft-file-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~AtomicFileTest() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(AtomicFileTest, WritesAndReads) {
  auto file = folder_ / "file";
  for (std::string bytes : {"one", "", "three\0", "four"}) {
    ASSERT_TRUE(write_file_atomically(file, bytes, 0640));
    EXPECT_EQ(read_small_file(file, 100).value(), bytes);
  }
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);  // nothing is left beside it
}

TEST_F(AtomicFileTest, SaysWhyNot) {
  EXPECT_EQ(read_small_file(folder_ / "missing", 100).error().id, "file.missing");
  EXPECT_EQ(read_small_file(folder_, 100).error().id, "file.not_read");
  ASSERT_TRUE(write_file_atomically(folder_ / "file", "12345", 0600));
  EXPECT_EQ(read_small_file(folder_ / "file", 4).error().id, "file.too_large");
  EXPECT_TRUE(read_small_file(folder_ / "file", 5));
  EXPECT_EQ(write_file_atomically(folder_ / "missing" / "file", "x", 0600).error().id, "file.not_written");
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_EQ(write_file_atomically(folder_ / "folder", "x", 0600).error().id, "file.not_written");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2);
}

TEST_F(AtomicFileTest, ReadersNeverMeetHalfAFile) {
  auto file = folder_ / "file";
  const std::string old_text(100'000, 'a'), new_text(100'000, 'b');
  ASSERT_TRUE(write_file_atomically(file, old_text, 0600));
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(write_file_atomically(file, i % 2 == 0 ? new_text : old_text, 0600));
    done.store(true);
  });
  while (!done.load()) {
    auto text = read_small_file(file, 1 << 20);
    EXPECT_TRUE(text && (*text == old_text || *text == new_text));
  }
  writer.join();
}

}  // namespace
}  // namespace weft
