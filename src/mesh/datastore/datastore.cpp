#include "mesh/datastore/datastore.h"

namespace weft {

namespace {

constexpr std::size_t kMaxPathBytes = 4096;
constexpr std::int64_t kMaxLinesToSkip = 1'000;
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxNameInStoreBytes = 255;
constexpr std::size_t kMaxAuthorityBytes = 64 * 1024;

void read_path(Form& form) {
  const auto path = form.required_text("path", {kMaxPathBytes});
  if (path.empty()) return;
  if (!path.starts_with('/')) form.complain("path", "must be absolute");
  if (path.find("/../") != std::string::npos || path.ends_with("/..")) form.complain("path", "must not contain '..'");
}

void read_csv_options(Form& form) {
  const auto* csv = form.optional_object("csv");
  if (csv == nullptr) return;
  Form nested(*csv, "coordinates.csv");
  nested.optional_text("null", {64, Form::Blank::Allowed});
  if (auto delimiter = nested.optional_text("delimiter", {4, Form::Blank::Allowed}); delimiter && delimiter->size() != 1) {
    nested.complain("delimiter", "must be one ASCII character");
  }
  if (auto quote = nested.optional_text("quote", {4, Form::Blank::Allowed}); quote && quote->size() > 1)
    nested.complain("quote", "must be one ASCII character, or empty where none has a meaning");
  nested.optional_integer("skip", 0, kMaxLinesToSkip);
  nested.optional_bool("header");
  form.absorb(std::move(nested));
}

void read_postgres(Form& form) {
  const auto host = form.required_text("host", {kMaxHostBytes});
  constexpr auto kNoHost = " \t\r\n/,@\\[]";
  if (host.find_first_of(kNoHost) != std::string::npos)
    form.complain("host", "must be one host name or address, without port, path or brackets");
  form.optional_integer("port", 1, 65535);
  form.required_text("database", {kMaxNameInStoreBytes});
  form.required_text("user", {kMaxNameInStoreBytes});
  if (auto tls = form.optional_text("tls", {16})) {
    constexpr std::string_view kModes[] = {"disable", "prefer", "require", "verify-full"};
    if (std::ranges::find(kModes, *tls) == std::end(kModes)) form.complain("tls", "must be disable, prefer, require or verify-full");
  }
  if (auto ca = form.optional_text("ca", {kMaxAuthorityBytes}); ca && ca->find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    form.complain("ca", "must be one or more certificates in PEM form");
}

}  // namespace

std::string_view to_text(DataStoreType type) {
  switch (type) {
    case DataStoreType::Folder: return "folder";
    case DataStoreType::Sqlite: return "sqlite";
    case DataStoreType::Postgres: return "postgres";
  }
  return "";
}

Result<DataStoreType> parse_data_store_type(std::string_view text) {
  for (auto type : {DataStoreType::Folder, DataStoreType::Sqlite, DataStoreType::Postgres}) {
    if (to_text(type) == text) return type;
  }
  return fail(ErrorKind::Invalid, "data_store.unknown_type", fmt::format("There is no type of store '{}'.", text),
              "Types are folder, sqlite and postgres.");
}

Result<Coordinates> parse_coordinates(DataStoreType type, const json::value& value) {
  Form form(value, "coordinates");
  switch (type) {
    case DataStoreType::Folder:
      read_path(form);
      read_csv_options(form);
      break;
    case DataStoreType::Sqlite: read_path(form); break;
    case DataStoreType::Postgres: read_postgres(form); break;
  }
  CHECK(form.finish());
  return Coordinates{value.as_object()};
}

std::string_view default_schema(DataStoreType type) { return type == DataStoreType::Postgres ? "public" : "main"; }

bool may_use(const DataStore& store, std::string_view domain_path, std::string_view schema) {
  return std::ranges::any_of(store.rights, [&](const StoreRight& right) {
    return is_within(domain_path, right.domain_path) && (!right.schema || *right.schema == schema);
  });
}

json::object to_audit(const DataStore& store) {
  json::array rights;
  for (const auto& right : store.rights) {
    rights.push_back(
        json::object{{"domain", right.domain_path}, {"schema", right.schema ? json::value(*right.schema) : json::value(nullptr)}});
  }
  return json::object{{"name", store.name},
                      {"title", store.title},
                      {"description", store.description},
                      {"type", to_text(store.type)},
                      {"coordinates", store.coordinates.fields},
                      {"secret", store.secret == DataStore::Secret::Kept ? "kept" : "none"},
                      {"keeper", store.keeper.name},
                      {"rights", std::move(rights)}};
}

}  // namespace weft
