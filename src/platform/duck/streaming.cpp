#include "platform/duck/streaming.h"

#include "platform/duck/failure.h"

namespace weft::duck {
namespace {

std::string text_of(const char* raw) { return raw == nullptr ? "" : raw; }

Error result_error(duckdb_result* result) { return query_error(duckdb_result_error_type(result), text_of(duckdb_result_error(result))); }

}  // namespace

Result<ResultStream> ResultStream::start(duckdb_prepared_statement statement) {
  PendingHandle pending;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  const auto prepared = duckdb_pending_prepared_streaming(statement, pending.out());
#pragma GCC diagnostic pop
  if (prepared != DuckDBSuccess) return fail(query_error(text_of(duckdb_pending_error(pending.get()))));
  ResultStream stream;
  if (duckdb_execute_pending(pending.get(), stream.result()) != DuckDBSuccess) {
    return fail(result_error(stream.result()));
  }
  return stream;
}

Result<ChunkHandle> ResultStream::next() {
  ChunkHandle chunk(duckdb_fetch_chunk(*result_.get()));
  if (!chunk && duckdb_result_error(result_.get()) != nullptr) return fail(result_error(result_.get()));
  return chunk;
}

}  // namespace weft::duck
