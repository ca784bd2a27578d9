#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "base/temporary_folder_test.h"
#include "platform/crypto/crypto.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using Missing = SecretBox::Missing;

class SecretBoxTest : public testing::Test {
 protected:
  void write_key(std::string_view text, mode_t mode = 0600) {
    fs::create_directories(key_file_.parent_path());
    std::ofstream(key_file_) << text;
    ASSERT_EQ(chmod(key_file_.c_str(), mode), 0);
  }
  std::string key_text() const {
    std::ostringstream text;
    text << std::ifstream(key_file_).rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
  fs::path key_file_ = folder_.path() / "keys" / "master";
};

TEST_F(SecretBoxTest, FirstStartMakesAKeyThatStays) {
  const auto first = SecretBox::open(key_file_, Missing::Create);
  ASSERT_TRUE(first) << first.error().message;
  struct stat status{};
  ASSERT_EQ(stat(key_file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(stat(key_file_.parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  EXPECT_EQ(from_base64url(key_text().substr(0, 43))->size(), 32U);
  EXPECT_EQ(std::distance(fs::directory_iterator(key_file_.parent_path()), {}), 1) << "no draft is left";

  const auto sealed = first->seal("geheim", "data_store:1");
  for (const auto missing : {Missing::Create, Missing::Refuse}) {
    const auto again = SecretBox::open(key_file_, missing);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->unseal(sealed, "data_store:1"), "geheim");
  }
}

TEST_F(SecretBoxTest, ManyFirstStartsAgree) {
  std::vector<std::string> derived(8);
  {
    std::vector<std::jthread> threads;
    for (auto& key : derived) {
      threads.emplace_back([this, &key] { key = SecretBox::open(key_file_, Missing::Create).value().derive("test"); });
    }
  }
  for (const auto& key : derived) EXPECT_EQ(key, derived.front());
}

TEST_F(SecretBoxTest, MissingKeyIsRefused) {
  const auto opened = SecretBox::open(key_file_, Missing::Refuse);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().id, "secret.key_missing");
  EXPECT_NE(opened.error().message.find(key_file_.string()), std::string::npos);
  EXPECT_FALSE(fs::exists(key_file_));
}

struct ModeCase {
  mode_t mode;
  std::string_view error;
};

TEST_F(SecretBoxTest, KeysThatOthersReadAreRefused) {
  for (const auto& [mode, error] : {ModeCase{0600, ""},
                                    {0400, ""},
                                    {0640, "secret.key_unsafe"},
                                    {0604, "secret.key_unsafe"},
                                    {0620, "secret.key_unsafe"},
                                    {0644, "secret.key_unsafe"},
                                    {0601, "secret.key_unsafe"}}) {
    write_key(to_base64url(std::string(32, 'k')) + "\n", mode);
    const auto opened = SecretBox::open(key_file_, Missing::Create);
    EXPECT_EQ(opened ? "" : opened.error().id, error) << fmt::format("{:o}", mode);
  }
}

TEST_F(SecretBoxTest, MalformedKeysAreRefusedAndNeverReplaced) {
  for (const std::string& text :
       {std::string(), std::string("short"), to_base64url(std::string(31, 'k')), to_base64url(std::string(33, 'k')), std::string(32, 'k'),
        std::string(43, '='), std::string(100'000, 'A')}) {
    write_key(text);
    const auto opened = SecretBox::open(key_file_, Missing::Create);
    ASSERT_FALSE(opened) << text.size();
    EXPECT_EQ(opened.error().id, "secret.key_malformed");
    EXPECT_EQ(key_text(), text);
    if (!text.empty()) {
      EXPECT_EQ(opened.error().message.find(text), std::string::npos) << "its text is not told";
    }
  }
  fs::remove(key_file_);
  fs::create_directory(key_file_);
  EXPECT_EQ(SecretBox::open(key_file_, Missing::Create).error().id, "secret.key_malformed");
}

TEST_F(SecretBoxTest, UnsealsOnlyWhatWasSealedThere) {
  const auto box = SecretBox::open(key_file_, Missing::Create).value();
  const auto other = SecretBox::open(folder_.path() / "other" / "master", Missing::Create).value();
  const auto sealed = box.seal("geheim", "data_store:1");
  EXPECT_TRUE(sealed.starts_with("v1."));
  EXPECT_EQ(sealed.find("geheim"), std::string::npos);
  EXPECT_NE(box.seal("geheim", "data_store:1"), sealed);
  EXPECT_EQ(box.unseal(sealed, "data_store:1"), "geheim");
  EXPECT_EQ(box.unseal(box.seal("", ""), ""), "");

  EXPECT_EQ(box.unseal(sealed, "data_store:2").error().id, "secret.unreadable");
  EXPECT_EQ(other.unseal(sealed, "data_store:1").error().id, "secret.unreadable");
  const auto second = box.seal("anders", "data_store:1");
  const auto mixed = sealed.substr(0, sealed.find('.', 3)) + second.substr(second.find('.', 3));
  for (const std::string& text : {std::string(), std::string("v1."), std::string("v1.."), "v2." + sealed.substr(3), sealed + "A",
                                  sealed + "=", sealed.substr(0, sealed.size() - 1), sealed.substr(3), mixed}) {
    EXPECT_EQ(box.unseal(text, "data_store:1").error().id, "secret.unreadable") << text;
  }
}

TEST_F(SecretBoxTest, DerivedKeysDependOnKeyAndPurpose) {
  std::string bytes;
  for (int index = 0; index < 32; ++index) bytes += static_cast<char>(index);
  write_key(to_base64url(bytes));
  const auto box = SecretBox::open(key_file_, Missing::Refuse).value();
  EXPECT_EQ(box.derive("audit").size(), 32U);
  EXPECT_NE(box.derive("audit"), box.derive("cursor"));
  // HKDF-SHA-256 with info "weft audit", computed by another implementation. It must never change: chains rest on it.
  EXPECT_EQ(to_base64url(box.derive("audit")), "wkvqnCt092smy6Q881NvOtdBNYMc3mePzJA9x_qM00I");
}

}  // namespace
}  // namespace weft
