#include "mesh/run/transform_verbs_worker.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "mesh/run/guard_select.h"
#include "mesh/run/trace_select.h"
#include "mesh/run/trim_select.h"
#include "platform/crypto/crypto.h"
#include "platform/duck/duck.h"
#include "platform/duck/explain_failure.h"
#include "platform/duck/snapshot_sql.h"

namespace weft {

namespace {

constexpr std::size_t kMaxShownNameBytes = 80;

std::string text_of(const json::value& value) { return std::string(value.as_string()); }

// What DuckDB says about a user's SQL is for him to read; it is kept with the run and mailed, so it has no values.
Error explain(Error error) {
  if (error.detail.empty()) return error;
  error = duck::explain_failure(std::move(error));
  error.kind = ErrorKind::Unprocessable;
  error.id = "sql.invalid";
  return error;
}

struct Session {
  std::shared_ptr<duck::Instance> instance;
  std::unique_ptr<duck::Connection> connection;
};

Result<Session> open_session(const WorkerContext& context) {
  duck::InstanceOptions options;
  options.memory_bytes = context.duck_memory_bytes;
  options.threads = context.threads;
  options.temp_folder = context.tmp;
  options.allowed_folders = {context.in, context.out, context.tmp};
  Session session;
  session.instance = TRY(duck::open_instance(options));
  session.connection = TRY(session.instance->connect());
  return session;
}

Result<json::value> tree_of(Session& session, const std::string& select) {
  auto cursor = session.connection->query("SELECT json_serialize_sql(CAST(? AS VARCHAR))", {select});
  if (!cursor) return fail(explain(cursor.error()));
  auto rows = (*cursor)->rows();
  if (!rows) return fail(explain(rows.error()));
  const auto& cell = rows->at(0).at(0);
  if (!cell.is_string()) return cell;
  // Deeper than what we accept from outside; the guard bounds the depth itself.
  boost::system::error_code failure;
  json::parse_options options;
  options.max_depth = 1000;
  auto tree = json::parse(std::string_view(cell.as_string()), failure, {}, options);
  if (failure) return fail(ErrorKind::Unprocessable, "sql.not_allowed", "The query is nested too deeply.");
  return tree;
}

json::array columns_json(const std::vector<duck::Column>& columns) {
  json::array list;
  for (const auto& column : columns) list.push_back(json::object{{"name", column.name}, {"type", column.type}});
  return list;
}

// Of two columns of one name only one could be kept, and a reader would not know which.
Result<void> require_distinct_names(const std::vector<duck::Column>& columns) {
  std::set<std::string> names;
  for (const auto& column : columns) {
    if (names.insert(lower_case(column.name)).second) continue;
    return fail(ErrorKind::Unprocessable, "sql.duplicate_column",
                fmt::format("The column '{}' is there twice (case does not count); give one of them another name with AS.",
                            shorten(column.name, kMaxShownNameBytes)),
                "SELECT a.name AS a_name, b.name AS b_name …");
  }
  return {};
}

// `row(a, b)`: no door could say which is which, and the type can't be written down.
Result<void> require_field_names(const std::vector<duck::Column>& columns) {
  for (const auto& column : columns) {
    if (!column.type.contains("(\"\" ") && !column.type.contains(", \"\" ")) continue;
    return fail(ErrorKind::Unprocessable, "sql.nameless_field",
                fmt::format("The column '{}' is a structure whose fields have no names.", shorten(column.name, kMaxShownNameBytes)),
                "Name them: {'a': …, 'b': …} instead of row(…).");
  }
  return {};
}

// Wraps a SELECT so that every column has a type that all doors can deliver.
Result<std::string> portable(Session& session, const std::string& select) {
  auto columns = session.connection->describe(select);
  if (!columns) return fail(explain(columns.error()));
  CHECK(require_distinct_names(*columns));
  CHECK(require_field_names(*columns));
  std::string list;
  for (const auto& column : *columns) list += fmt::format("{}{}", list.empty() ? "" : ", ", duck::portable_select_item(column));
  return fmt::format("SELECT {} FROM ({}) AS made", list, select);
}

Result<json::object> check_select(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_session(context));
  const std::string select(trim_select(text_of(arguments.at("sql"))));
  std::vector<IngredientSchema> ingredients;
  std::vector<std::string> aliases;
  for (const auto& item : arguments.at("ingredients").as_array()) {
    IngredientSchema schema{text_of(item.at("alias")), {}};
    std::string list;
    for (const auto& column : item.at("columns").as_array()) {
      schema.columns.push_back({text_of(column.at("name")), text_of(column.at("type"))});
      list +=
          fmt::format("{}{} {}", list.empty() ? "" : ", ", duck::quote_identifier(schema.columns.back().name), schema.columns.back().type);
    }
    CHECK(session.connection->execute(fmt::format("CREATE TABLE {} ({})", duck::quote_identifier(schema.alias), list)));
    aliases.push_back(schema.alias);
    ingredients.push_back(std::move(schema));
  }
  const auto tree = TRY(tree_of(session, select));
  const auto guarded = TRY(guard_select(tree, aliases));
  const auto wrapped = TRY(portable(session, select));
  auto columns = session.connection->describe(wrapped);
  if (!columns) return fail(explain(columns.error()));
  std::vector<std::string> outputs;
  for (const auto& column : *columns) outputs.push_back(column.name);
  json::array lineage, computed_from;
  for (const auto& traced : trace_select(tree, ingredients, guarded, outputs, sha256_hex)) {
    const auto& [origins, computed] = traced.lineage;
    lineage.push_back(json::array(origins.begin(), origins.end()));
    computed_from.push_back(json::array(computed.begin(), computed.end()));
  }
  return json::object{{"columns", columns_json(*columns)},
                      {"aliases", json::array(guarded.aliases.begin(), guarded.aliases.end())},
                      {"lineage", std::move(lineage)},
                      {"computed_from", std::move(computed_from)}};
}

Result<json::object> write_parquet(Session& session, const std::string& select, const std::filesystem::path& target) {
  auto rows = session.connection->execute(duck::copy_to_parquet(select, target.string()));
  if (!rows) return fail(explain(rows.error()));
  const auto columns =
      TRY(session.connection->describe(fmt::format("SELECT * FROM read_parquet({})", duck::quote_literal(target.string()))));
  return json::object{{"rows", *rows}, {"columns", columns_json(columns)}};
}

// What was there when it was published may have gone from the source, or be hidden by another grant.
Result<void> require_columns(Session& session, const std::string& port, const std::string& select, const json::array& columns) {
  const auto there = TRY(session.connection->describe(select));
  std::string missing;
  for (const auto& column : columns) {
    const auto source = text_of(column.at("source"));
    const bool found = std::ranges::any_of(there, [&](const duck::Column& known) { return equal_ignoring_case(known.name, source); });
    if (!found) missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", source);
  }
  if (missing.empty()) return {};
  return fail(ErrorKind::Conflict, "run.column_missing", fmt::format("{}: what it is made of has no column {} any more.", port, missing),
              "Look whether the source or the grant to it has changed. Of a table of a store take the schema anew (POST "
              "/api/v1/elements/{id}/reread); then choose other columns, or change the SQL, and publish again.");
}

// Short, as all ports' columns go into one answer.
std::string fingerprint(std::string_view text) { return sha256_hex(text).substr(0, 32); }

// What the SELECT makes, or of that the chosen columns: of the ingredients as they are in their files. REQUIRES: it has those.
Result<json::array> trace_port(Session& session, const std::string& select, const std::vector<IngredientSchema>& ingredients,
                               const json::value& tree, const GuardedSelect& guarded, const json::array& chosen) {
  std::vector<std::string> outputs;
  for (const auto& column : TRY(session.connection->describe(select))) outputs.push_back(column.name);
  auto traced = trace_select(tree, ingredients, guarded, outputs, fingerprint);
  auto to_array = [](TracedColumn column) {
    const auto origins = kept_origins(std::move(column.lineage.origins));
    return json::object{
        {"origins", json::array(origins.begin(), origins.end())}, {"bare", column.bare}, {"shape", column.shape}, {"rows", column.rows}};
  };
  json::array list;
  if (chosen.empty()) {
    for (auto& column : traced) list.push_back(to_array(std::move(column)));
  }
  for (const auto& column : chosen) {
    const auto source = text_of(column.at("source"));
    const auto output = std::ranges::find_if(outputs, [&](const std::string& name) { return equal_ignoring_case(name, source); });
    list.push_back(to_array(traced.at(static_cast<std::size_t>(output - outputs.begin()))));
  }
  return list;
}

Result<json::object> assemble_ports(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_session(context));
  std::vector<std::string> aliases;
  std::vector<IngredientSchema> ingredients;
  for (const auto& item : arguments.at("ingredients").as_array()) {
    aliases.push_back(text_of(item));
    const auto file = (context.in / (aliases.back() + ".parquet")).string();
    const auto rows = fmt::format("SELECT * FROM read_parquet({})", duck::quote_literal(file));
    CHECK(session.connection->execute(fmt::format("CREATE VIEW {} AS {}", duck::quote_identifier(aliases.back()), rows)));
    ingredients.push_back({aliases.back(), {}});
    for (const auto& column : TRY(session.connection->describe(rows))) ingredients.back().columns.push_back({column.name, column.type});
  }
  json::array files;
  for (const auto& port : arguments.at("ports").as_array()) {
    const std::string select(trim_select(text_of(port.at("sql"))));
    // Checked when it was saved; checked again here, because what runs is what must be safe.
    const auto tree = TRY(tree_of(session, select));
    const auto guarded = TRY(guard_select(tree, aliases));
    std::string chosen = TRY(portable(session, select));
    const auto& columns = port.at("columns").as_array();
    if (!columns.empty()) {
      CHECK(require_columns(session, text_of(port.at("name")), chosen, columns));
      std::string list;
      for (const auto& column : columns) {
        list += fmt::format("{}CAST({} AS {}) AS {}", list.empty() ? "" : ", ", duck::quote_identifier(text_of(column.at("source"))),
                            text_of(column.at("type")), duck::quote_identifier(text_of(column.at("name"))));
      }
      chosen = fmt::format("SELECT {} FROM ({}) AS chosen", list, chosen);
    }
    auto written = write_parquet(session, chosen, context.out / (text_of(port.at("name")) + ".parquet"));
    if (!written) {
      auto error = std::move(written).error();
      error.message = fmt::format("Port {}: {}", text_of(port.at("name")), error.message);
      return fail(std::move(error));
    }
    (*written)["traced"] = TRY(trace_port(session, select, ingredients, tree, guarded, columns));
    files.emplace_back(std::move(*written));
  }
  return json::object{{"files", std::move(files)}};
}

Result<json::object> narrow_file(const WorkerContext& context, const json::object& arguments) {
  auto session = TRY(open_session(context));
  const auto file = (context.in / "source.parquet").string();
  CHECK(session.connection->execute(fmt::format("CREATE VIEW source AS SELECT * FROM read_parquet({})", duck::quote_literal(file))));
  std::vector<duck::Value> params;
  for (const auto& param : arguments.at("params").as_array()) {
    if (param.is_string()) {
      params.emplace_back(text_of(param));
    } else if (param.is_int64()) {
      params.emplace_back(param.as_int64());
    } else if (param.is_double()) {
      params.emplace_back(param.as_double());
    } else if (param.is_bool()) {
      params.emplace_back(param.as_bool());
    } else {
      params.emplace_back();
    }
  }
  // Parameters can't stand in COPY: the permitted rows go through a table.
  CHECK(session.connection->execute(fmt::format("CREATE TEMP TABLE narrowed AS {}", text_of(arguments.at("sql"))), params));
  return write_parquet(session, "SELECT * FROM narrowed", context.out / "narrowed.parquet");
}

}  // namespace

std::vector<WorkerVerbEntry> transform_verbs() {
  return {{WorkerKind::Transform, "select.check", check_select},
          {WorkerKind::Transform, "ports.assemble", assemble_ports},
          {WorkerKind::Transform, "file.narrow", narrow_file}};
}

}  // namespace weft
