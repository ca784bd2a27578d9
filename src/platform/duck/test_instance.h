// What the tests of this folder share: an instance, a folder, an answer read to its end.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "platform/duck/duck.h"

namespace weft::duck {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "weft-duck-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::unique_ptr<Connection> connect(const InstanceOptions& options = {}) {
  auto instance = open_instance(options);
  if (!instance) throw std::runtime_error(instance.error().message + " " + instance.error().detail);
  return (*instance)->connect().value();
}

inline std::string read_all(Cursor& cursor, Format format, std::size_t target_bytes = 256 << 10, std::int64_t* rows = nullptr) {
  std::string all;
  std::string piece;
  std::int64_t count = 0;
  for (;;) {
    auto more = cursor.encode(format, target_bytes, piece, count);
    if (!more) {
      ADD_FAILURE() << more.error().id << ": " << more.error().message << " " << more.error().detail;
      return all;
    }
    if (!*more) break;
    EXPECT_FALSE(piece.empty());
    all += piece;
  }
  if (rows != nullptr) *rows = count;
  return all;
}

inline std::string read_all(Connection& connection, const std::string& sql, Format format, std::size_t target_bytes = 256 << 10,
                            std::int64_t* rows = nullptr) {
  auto cursor = connection.query(sql);
  if (!cursor) {
    ADD_FAILURE() << sql << "\n" << cursor.error().id << ": " << cursor.error().detail;
    return "";
  }
  return read_all(**cursor, format, target_bytes, rows);
}

}  // namespace weft::duck
