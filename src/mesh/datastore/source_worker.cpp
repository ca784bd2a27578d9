#include "mesh/datastore/source_worker.h"

#include "mesh/datastore/store_job_worker.h"

namespace weft {

namespace {

constexpr auto kLookLimit = std::chrono::seconds(60);

RelayTarget relay_to(const json::object& coordinates) {
  RelayTarget target;
  target.host = text_at(coordinates, "host");
  if (const auto* port = coordinates.if_contains("port")) target.port = port->to_number<std::uint16_t>();
  const auto tls = text_at(coordinates, "tls");
  target.tls = tls == "disable"       ? RelayTls::Disable
               : tls == "require"     ? RelayTls::Require
               : tls == "verify-full" ? RelayTls::VerifyFull
                                      : RelayTls::Prefer;
  target.ca_pem = text_at(coordinates, "ca");
  return target;
}

WorkerJob make_job(std::string verb, const StoreAccess& access) {
  WorkerJob job;
  job.kind = WorkerKind::Pull;
  job.verb = std::move(verb);
  job.time_limit = kLookLimit;
  job.arguments = json::object{{"type", to_text(access.type)}, {"coordinates", access.coordinates.fields}, {"secret", access.secret}};
  if (access.type == DataStoreType::Postgres) {
    job.relay = relay_to(access.coordinates.fields);
  } else {
    const std::filesystem::path path(std::string(access.coordinates.fields.at("path").as_string()));
    job.readable_folders.push_back(access.type == DataStoreType::Folder ? path : path.parent_path());
  }
  return job;
}

WorkerJob make_table_job(std::string verb, const StoreAccess& access, std::string_view schema, std::string_view table) {
  auto job = make_job(std::move(verb), access);
  job.arguments["schema"] = schema;
  job.arguments["table"] = table;
  return job;
}

json::array list_of(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

// The worker is our own program, but it has met foreign bytes: its answer is read as a form, not trusted.
Result<std::vector<SourceColumn>> read_columns(Form& reply) {
  std::vector<SourceColumn> columns;
  if (const auto* list = reply.optional_array("columns", 10'000)) {
    for (const auto& item : *list) {
      Form form(item, "columns");
      SourceColumn column;
      column.name = form.required_text("name", {4096, Form::Blank::Allowed});
      column.type = form.required_text("type", {64 * 1024});
      column.native_type = form.optional_text("native_type", {64 * 1024}).value_or(column.type);
      column.comment = form.optional_text("comment", {64 * 1024, Form::Blank::Allowed}).value_or("");
      column.null = form.optional_bool("nullable").value_or(true) ? SourceColumn::Null::Allowed : SourceColumn::Null::Never;
      if (auto position = form.optional_integer("key_position", 1, 10'000)) column.key_position = static_cast<int>(*position);
      if (const auto* to = form.optional_object("references")) {
        Form nested(*to, "references");
        column.references = SourceColumn::Reference{nested.required_text("schema", {4096, Form::Blank::Allowed}),
                                                    nested.required_text("table", {4096, Form::Blank::Allowed}),
                                                    nested.required_text("column", {4096, Form::Blank::Allowed})};
        form.absorb(std::move(nested));
      }
      reply.absorb(std::move(form));
      columns.push_back(std::move(column));
    }
  }
  return columns;
}

class WorkerSource final : public Source {
 public:
  WorkerSource(WorkerPool& pool, std::chrono::milliseconds time_limit) : pool_(pool), time_limit_(time_limit) {}

  Result<void> check(const StoreAccess& access) override {
    auto job = make_job("store.check", access);
    job.arguments["schemas"] = json::array();
    CHECK(run(std::move(job)));
    return {};
  }

  Result<std::vector<SourceTable>> tables(const StoreAccess& access, const std::vector<std::string>& schemas) override {
    auto job = make_job("store.tables", access);
    job.arguments["schemas"] = list_of(schemas);
    const json::value reply = TRY(run(std::move(job)));
    Form form(reply);
    std::vector<SourceTable> tables;
    if (const auto* list = form.optional_array("tables", 100'000)) {
      for (const auto& item : *list) {
        Form nested(item, "tables");
        SourceTable table;
        table.schema = nested.required_text("schema", {4096, Form::Blank::Allowed});
        table.name = nested.required_text("name", {4096, Form::Blank::Allowed});
        table.row_estimate = nested.optional_integer("row_estimate", 0, INT64_MAX);
        table.comment = nested.optional_text("comment", {64 * 1024, Form::Blank::Allowed}).value_or("");
        form.absorb(std::move(nested));
        tables.push_back(std::move(table));
      }
    }
    CHECK(form.finish());
    return tables;
  }

  Result<SourceSchema> describe(const StoreAccess& access, std::string_view schema, std::string_view table) override {
    const json::value reply = TRY(run(make_table_job("store.describe", access, schema, table)));
    Form form(reply);
    SourceSchema described;
    described.columns = TRY(read_columns(form));
    described.row_estimate = form.optional_integer("row_estimate", 0, INT64_MAX);
    described.comment = form.optional_text("comment", {64 * 1024, Form::Blank::Allowed}).value_or("");
    CHECK(form.finish());
    return described;
  }

  Result<SourceProfile> profile(const StoreAccess& access, std::string_view schema, std::string_view table,
                                const std::vector<std::string>& shown) override {
    auto job = make_table_job("store.profile", access, schema, table);
    job.arguments["shown"] = list_of(shown);
    job.time_limit = std::chrono::minutes(10);
    const json::value reply = TRY(run(std::move(job)));
    SourceProfile profile;
    profile.rows = reply.at("rows").to_number<std::int64_t>();
    for (const auto& item : reply.at("columns").as_array()) {
      ColumnProfile column;
      column.name = item.at("name").as_string();
      if (!item.at("distinct").is_null()) column.distinct = item.at("distinct").to_number<std::int64_t>();
      if (!item.at("null_share").is_null()) column.null_share = item.at("null_share").to_number<double>();
      column.minimum = item.at("minimum");
      column.maximum = item.at("maximum");
      profile.columns.push_back(std::move(column));
    }
    return profile;
  }

  Result<Sample> sample(const StoreAccess& access, std::string_view schema, std::string_view table, const std::vector<std::string>& shown,
                        int rows) override {
    auto job = make_table_job("store.sample", access, schema, table);
    job.arguments["shown"] = list_of(shown);
    job.arguments["rows"] = rows;
    const json::value reply = TRY(run(std::move(job)));
    Sample sample;
    for (const auto& name : reply.at("columns").as_array()) sample.columns.emplace_back(name.as_string());
    for (const auto& row : reply.at("rows").as_array()) sample.rows.emplace_back(row.as_array().begin(), row.as_array().end());
    return sample;
  }

  Result<std::vector<Pulled>> pull(const StoreAccess& access, const std::vector<Pull>& pulls, const Cancel& cancel,
                                   const std::function<void(std::int64_t rows)>& progress) override {
    auto job = make_job("store.pull", access);
    json::array tables;
    for (std::size_t i = 0; i < pulls.size(); ++i) {
      const auto file = fmt::format("table{}.parquet", i);
      tables.push_back(json::object{{"schema", pulls[i].schema}, {"table", pulls[i].table}, {"file", file}});
      job.outputs.push_back({file, pulls[i].target});
    }
    job.arguments["tables"] = std::move(tables);
    job.time_limit = time_limit_ * static_cast<int>(pulls.size());
    job.arguments["time_limit"] = time_limit_.count();  // of each statement
    const json::value reply = TRY(pool_.run(job, cancel, progress));
    Form form(reply);
    const auto* list = form.optional_array("tables", pulls.size());
    std::vector<Pulled> pulled;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
      Form nested((*list)[i], "tables");
      Pulled one;
      one.rows = nested.optional_integer("rows", 0, INT64_MAX).value_or(0);
      one.milliseconds = nested.optional_integer("milliseconds", 0, INT64_MAX).value_or(0);
      one.columns = TRY(read_columns(nested));
      form.absorb(std::move(nested));
      std::error_code failure;
      one.bytes = static_cast<std::int64_t>(std::filesystem::file_size(pulls[i].target, failure));
      pulled.push_back(std::move(one));
    }
    CHECK(form.finish());
    if (pulled.size() == pulls.size()) return pulled;
    return fail(ErrorKind::Internal, "worker.bad_reply", "The worker's answer can't be read.");
  }

 private:
  Result<json::value> run(WorkerJob job) {
    job.arguments["time_limit"] = job.time_limit.count();
    try {
      return json::value(TRY(pool_.run(job, Cancel{}, {})));
    } catch (const std::exception& exception) {
      return fail(make_error(ErrorKind::Internal, "worker.bad_reply", "The worker's answer can't be read.").with_detail(exception.what()));
    }
  }

  WorkerPool& pool_;
  std::chrono::milliseconds time_limit_;
};

}  // namespace

std::unique_ptr<Source> make_worker_source(WorkerPool& pool, std::chrono::milliseconds time_limit) {
  return std::make_unique<WorkerSource>(pool, time_limit);
}

}  // namespace weft
