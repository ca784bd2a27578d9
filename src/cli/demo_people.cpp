#include "cli/demo_people.h"

#include <fstream>
#include <set>

#include "platform/crypto/crypto.h"
#include "platform/file/atomic_file.h"

namespace weft {

namespace {

constexpr const char* kStateFile = "demo.state.json";
constexpr std::size_t kPasswordBytes = 15;

}  // namespace

std::string field_text(const json::value& value, std::string_view key) {
  const auto* found = value.is_object() ? value.as_object().if_contains(key) : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string{};
}

Result<json::array> items_of(DemoClient& client, const std::string& path) { return TRY(client.get(path)).at("items").as_array(); }

bool DemoPeople::begun_in(const std::filesystem::path& data) { return std::filesystem::exists(data / kStateFile); }

Result<void> DemoPeople::settle() {
  std::ifstream file(data_ / kStateFile);
  json::value known = json::object{};
  if (file) {
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    known = TRY(parse_json(text));
  }
  for (const auto& wanted : demo_people()) {
    Person person{std::string(wanted.name), {}, {}, {wanted.roles.begin(), wanted.roles.end()}};
    if (const auto* before = known.is_object() ? known.as_object().if_contains(wanted.name) : nullptr) {
      person.password = field_text(*before, "password");
      person.token = field_text(*before, "token");
    }
    if (person.password.empty()) person.password = to_base64url(random_bytes(kPasswordBytes));
    people_[person.name] = std::move(person);
  }
  return save();
}

void DemoPeople::forget() const {
  std::error_code ignored;
  std::filesystem::remove(data_ / kStateFile, ignored);
}

Result<void> DemoPeople::save() const {
  json::object state;
  for (const auto& [name, person] : people_) state[name] = json::object{{"password", person.password}, {"token", person.token}};
  return write_file_atomically(data_ / kStateFile, json::serialize(state) + "\n", 0600);
}

Result<void> DemoPeople::make_administrator(const std::string& link) {
  DemoClient nobody(address_);
  const auto& admin = person(kDemoAdministrator);
  CHECK(nobody.post("/api/v1/password", json::object{{"link", link}, {"name", admin.name}, {"password", admin.password}}));
  return {};
}

Result<void> DemoPeople::sign_in_everybody() {
  CHECK(sign_in(people_.at(std::string(kDemoAdministrator))));
  std::set<std::string> there;
  for (const auto& user : TRY(items_of(as(kDemoAdministrator), "/api/v1/users?limit=1000"))) there.insert(field_text(user, "name"));
  for (auto& [name, person] : people_) {
    if (!there.contains(name)) {
      json::array roles(person.roles.begin(), person.roles.end());
      CHECK(as(kDemoAdministrator)
                .post("/api/v1/users",
                      json::object{
                          {"name", name}, {"email", name + "@example.org"}, {"password", person.password}, {"roles", std::move(roles)}}));
    }
    if (name != kDemoAdministrator) CHECK(sign_in(person));
  }
  return {};
}

Result<void> DemoPeople::sign_in(Person& person) {
  auto& client = clients_.try_emplace(person.name, address_).first->second;
  if (!person.token.empty()) {
    client.use_token(person.token);
    if (TRY(client.status_of("/api/v1/me")) == 200) return {};
    client.use_token({});
  }
  person.token = TRY(client.make_token(person.name, person.password));
  return save();
}

}  // namespace weft
