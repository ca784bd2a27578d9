#include "mesh/run/transform_worker.h"

namespace weft {

namespace {

constexpr auto kCheckLimit = std::chrono::seconds(30);

json::array to_json(const std::vector<NamedType>& columns) {
  json::array list;
  for (const auto& column : columns) list.push_back(json::object{{"name", column.name}, {"type", column.type}});
  return list;
}

std::vector<std::string> texts_of(const json::value& value) {
  std::vector<std::string> texts;
  if (!value.is_array()) return texts;
  for (const auto& item : value.as_array()) {
    if (item.is_string()) texts.emplace_back(item.as_string());
  }
  return texts;
}

// The worker has run a user's SQL: its answer is read as a form, not trusted.
std::vector<NamedType> read_columns(Form& form) {
  std::vector<NamedType> columns;
  if (const auto* list = form.optional_array("columns", 10'000)) {
    for (const auto& item : *list) {
      Form nested(item, "columns");
      columns.push_back({nested.required_text("name", {4096, Form::Blank::Allowed}), nested.required_text("type", {64 * 1024})});
      form.absorb(std::move(nested));
    }
  }
  return columns;
}

std::vector<TracedColumn> read_traced(Form& form) {
  std::vector<TracedColumn> traced;
  if (const auto* list = form.optional_array("traced", 10'000)) {
    for (const auto& item : *list) {
      Form nested(item, "traced");
      TracedColumn column;
      if (const auto* origins = nested.optional_array("origins", 10'000)) column.lineage.origins = texts_of(*origins);
      column.bare = nested.optional_bool("bare").value_or(false);
      column.shape = nested.required_text("shape", {1000, Form::Blank::Allowed});
      column.rows = nested.required_text("rows", {1000, Form::Blank::Allowed});
      form.absorb(std::move(nested));
      traced.push_back(std::move(column));
    }
  }
  return traced;
}

Result<AssembledFile> read_file(const json::value& value, const std::filesystem::path& target) {
  Form form(value);
  AssembledFile file;
  file.rows = form.optional_integer("rows", 0, INT64_MAX).value_or(0);
  file.columns = read_columns(form);
  file.traced = read_traced(form);
  CHECK(form.finish());
  std::error_code failure;
  file.bytes = static_cast<std::int64_t>(std::filesystem::file_size(target, failure));
  if (failure)
    return fail(make_error(ErrorKind::Internal, "worker.bad_reply", "A worker's output is missing.").with_detail(target.string()));
  return file;
}

class WorkerTransformer final : public Transformer {
 public:
  WorkerTransformer(WorkerPool& pool, std::chrono::milliseconds time_limit) : pool_(pool), time_limit_(time_limit) {}

  Result<CheckedSelect> check(const std::vector<IngredientSchema>& ingredients, std::string_view select) override {
    WorkerJob job;
    job.verb = "select.check";
    job.time_limit = kCheckLimit;
    json::array schemas;
    for (const auto& ingredient : ingredients)
      schemas.push_back(json::object{{"alias", ingredient.alias}, {"columns", to_json(ingredient.columns)}});
    job.arguments = json::object{{"ingredients", std::move(schemas)}, {"sql", select}};
    const json::value reply = TRY(pool_.run(job, Cancel{}, {}));
    Form form(reply);
    CheckedSelect checked;
    checked.columns = read_columns(form);
    checked.aliases = form.optional_text_list("aliases", 1000);
    if (const auto* lineage = form.optional_array("lineage", 10'000)) {
      for (const auto& origins : *lineage) checked.lineage.push_back({texts_of(origins), {}});
    }
    if (const auto* computed_from = form.optional_array("computed_from", 10'000)) {
      for (std::size_t i = 0; i < computed_from->size() && i < checked.lineage.size(); ++i)
        checked.lineage[i].computed_from = texts_of((*computed_from)[i]);
    }
    CHECK(form.finish());
    if (checked.lineage.size() != checked.columns.size())
      return fail(ErrorKind::Internal, "worker.bad_reply", "A worker's answer does not fit together.");
    return checked;
  }

  Result<std::vector<AssembledFile>> assemble(const std::vector<IngredientFile>& ingredients, const std::vector<AssembledPort>& ports,
                                              const Cancel& cancel, const std::function<void(std::int64_t rows)>& progress) override {
    WorkerJob job;
    job.verb = "ports.assemble";
    job.time_limit = time_limit_;
    json::array aliases;
    for (const auto& ingredient : ingredients) {
      job.inputs.push_back({ingredient.alias + ".parquet", ingredient.file});
      aliases.emplace_back(ingredient.alias);
    }
    json::array wanted;
    for (const auto& port : ports) {
      json::array columns;
      for (const auto& column : port.columns)
        columns.push_back(json::object{{"source", column.source}, {"name", column.name}, {"type", column.type}});
      wanted.push_back(json::object{{"name", port.name}, {"sql", port.sql}, {"columns", std::move(columns)}});
      job.outputs.push_back({port.name + ".parquet", port.target});
    }
    job.arguments = json::object{{"ingredients", std::move(aliases)}, {"ports", std::move(wanted)}};
    const json::value reply = TRY(pool_.run(job, cancel, progress));
    const auto* files = reply.as_object().if_contains("files");
    if (files == nullptr || !files->is_array() || files->as_array().size() != ports.size()) {
      return fail(ErrorKind::Internal, "worker.bad_reply", "A worker's answer does not fit together.");
    }
    std::vector<AssembledFile> assembled;
    for (std::size_t i = 0; i < ports.size(); ++i) {
      assembled.push_back(TRY(read_file(files->as_array()[i], ports[i].target)));
      if (assembled.back().traced.size() != assembled.back().columns.size())
        return fail(ErrorKind::Internal, "worker.bad_reply", "A worker's answer does not fit together.");
    }
    return assembled;
  }

  Result<AssembledFile> narrow(const Narrowing& narrowing, const Cancel& cancel) override {
    WorkerJob job;
    job.verb = "file.narrow";
    job.time_limit = time_limit_;
    job.inputs.push_back({"source.parquet", narrowing.file});
    job.outputs.push_back({"narrowed.parquet", narrowing.target});
    job.arguments = json::object{{"sql", narrowing.sql}, {"params", json::array(narrowing.params.begin(), narrowing.params.end())}};
    return read_file(TRY(pool_.run(job, cancel, {})), narrowing.target);
  }

 private:
  WorkerPool& pool_;
  std::chrono::milliseconds time_limit_;
};

}  // namespace

std::unique_ptr<Transformer> make_worker_transformer(WorkerPool& pool, std::chrono::milliseconds time_limit) {
  return std::make_unique<WorkerTransformer>(pool, time_limit);
}

}  // namespace weft
