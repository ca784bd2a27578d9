#include "platform/duck/row_feed.h"

#include <fmt/format.h>

#include "platform/duck/c_api.h"
#include "platform/duck/failure.h"
#include "platform/duck/statement.h"

namespace weft::duck {
namespace {

constexpr std::size_t kMaxChunkBytes = 16U << 20;  // a chunk of long values ends early

using FunctionHandle = Handle<duckdb_table_function, duckdb_destroy_table_function>;

struct Offer {
  RowFeed& feed;
  std::vector<std::optional<std::string_view>> fields;
  bool ended = false;
};

void forget(void* offer) { delete static_cast<Offer*>(offer); }

void bind(duckdb_bind_info info) {
  const auto& offer = *static_cast<Offer*>(duckdb_bind_get_extra_info(info));
  const TypeHandle text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  for (std::size_t column = 0; column < offer.feed.columns(); ++column) {
    duckdb_bind_add_result_column(info, fmt::format("c{}", column).c_str(), text.get());
  }
}

void init(duckdb_init_info info) { duckdb_init_set_max_threads(info, 1); }

void set_field(duckdb_vector vector, idx_t row, std::optional<std::string_view> field) {
  if (field) {
    duckdb_vector_assign_string_element_len(vector, row, field->data(), field->size());
    return;
  }
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

void fill(duckdb_function_info info, duckdb_data_chunk output) {
  auto& offer = *static_cast<Offer*>(duckdb_function_get_extra_info(info));
  const auto most = duckdb_vector_size();
  idx_t rows = 0;
  for (std::size_t bytes = 0; !offer.ended && rows < most && bytes < kMaxChunkBytes;) {
    const auto more = offer.feed.next(offer.fields);
    if (!more) {
      duckdb_function_set_error(info, more.error().message.c_str());
      return;
    }
    offer.ended = !*more;
    if (offer.ended) break;
    for (std::size_t column = 0; column < offer.fields.size(); ++column) {
      set_field(duckdb_data_chunk_get_vector(output, column), rows, offer.fields[column]);
      if (offer.fields[column]) bytes += offer.fields[column]->size();
    }
    ++rows;
  }
  duckdb_data_chunk_set_size(output, rows);
}

}  // namespace

Result<void> register_feed(Session& session, const std::string& name, RowFeed& feed) {
  FunctionHandle function(duckdb_create_table_function());
  duckdb_table_function_set_name(function.get(), name.c_str());
  duckdb_table_function_set_extra_info(function.get(), new Offer{feed, {}, false}, forget);
  duckdb_table_function_set_bind(function.get(), bind);
  duckdb_table_function_set_init(function.get(), init);
  duckdb_table_function_set_function(function.get(), fill);
  if (duckdb_register_table_function(session.connection.get(), function.get()) != DuckDBSuccess)
    return fail(query_error(fmt::format("the table function {} can't be registered", name)));
  return {};
}

}  // namespace weft::duck
