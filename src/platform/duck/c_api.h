// Owners for the handles of DuckDB's C API. Included by this folder only.
#pragma once

#include <duckdb.h>

#include <utility>

namespace weft::duck {

template <typename Raw, void (*kDestroy)(Raw*)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(Raw raw) : raw_(raw) {}
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      raw_ = std::exchange(other.raw_, nullptr);
    }
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { reset(); }

  [[nodiscard]] Raw get() const { return raw_; }
  [[nodiscard]] explicit operator bool() const { return raw_ != nullptr; }
  // For functions that fill a handle.
  [[nodiscard]] Raw* out() {
    reset();
    return &raw_;
  }
  void reset() {
    if (raw_ != nullptr) kDestroy(&raw_);
    raw_ = nullptr;
  }

 private:
  Raw raw_ = nullptr;
};

using DatabaseHandle = Handle<duckdb_database, duckdb_close>;
using ConnectionHandle = Handle<duckdb_connection, duckdb_disconnect>;
using ConfigHandle = Handle<duckdb_config, duckdb_destroy_config>;
using StatementHandle = Handle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using PendingHandle = Handle<duckdb_pending_result, duckdb_destroy_pending>;
using ChunkHandle = Handle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using TypeHandle = Handle<duckdb_logical_type, duckdb_destroy_logical_type>;

// duckdb_result is a struct by value, so it has an owner of its own.
class ResultHandle {
 public:
  ResultHandle() = default;
  ResultHandle(ResultHandle&& other) noexcept : raw_(std::exchange(other.raw_, duckdb_result{})) {}
  ResultHandle& operator=(ResultHandle&& other) noexcept {
    if (this != &other) {
      duckdb_destroy_result(&raw_);
      raw_ = std::exchange(other.raw_, duckdb_result{});
    }
    return *this;
  }
  ResultHandle(const ResultHandle&) = delete;
  ResultHandle& operator=(const ResultHandle&) = delete;
  ~ResultHandle() { duckdb_destroy_result(&raw_); }
  [[nodiscard]] duckdb_result* get() { return &raw_; }

 private:
  duckdb_result raw_{};
};

}  // namespace weft::duck
