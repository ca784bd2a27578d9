#include "mesh/door/mesh_fixture_test.h"

#include "mesh/door/idempotency_sql.h"

namespace weft {

std::string Answer::code() const { return text("code"); }

std::string Answer::complaint() const {
  const auto* object = body.if_object();
  if (object == nullptr || !object->contains("errors")) return {};
  return std::string(object->at("errors").at(0).at("field").as_string());
}

std::vector<std::string> Answer::complaints() const {
  std::vector<std::string> fields;
  const auto* object = body.if_object();
  if (object == nullptr || !object->contains("errors")) return fields;
  for (const auto& error : object->at("errors").as_array()) fields.emplace_back(error.at("field").as_string());
  return fields;
}

std::string Answer::text(std::string_view name) const {
  const auto* object = body.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(name);
  return member == nullptr || !member->is_string() ? std::string() : std::string(member->as_string());
}

std::size_t Answer::count() const { return body.at("items").as_array().size(); }

std::string Answer::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (known == name) return value;
  }
  return {};
}

MeshTest::MeshTest() : box(value_of(SecretBox::open(folder.path() / "key", SecretBox::Missing::Create))) {
  idempotency = make_sql_idempotency_store(box);
}

User MeshTest::add_user(const std::string& name, Roles roles) {
  User user{UserId::make(clock.now()), name, name + "@example.org", roles, UserState::Active, clock.now(), 1};
  auto tx = begin(TxMode::Write);
  value_of(users->insert(*tx, user, secrets.hash_password("password of " + name)));
  value_of(tx->commit());
  return user;
}

Principal MeshTest::principal_of(const User& user) {
  auto tx = begin(TxMode::Read);
  return value_of(users->find_principal(*tx, user.id)).value();
}

Domain MeshTest::add_domain(const std::string& path, const std::vector<User>& owners) {
  Domain domain;
  domain.id = DomainId::make(clock.now());
  domain.path = path;
  domain.name = path.substr(path.rfind('.') + 1);
  for (const auto& owner : owners) domain.owners.push_back({owner.id, owner.name});
  domain.created_at = domain.updated_at = clock.now();
  auto tx = begin(TxMode::Write);
  if (const auto dot = path.rfind('.'); dot != std::string::npos) {
    domain.parent = value_of(get_domain(*tx, *domains, path.substr(0, dot))).id;
  }
  value_of(domains->insert(*tx, domain));
  value_of(tx->commit());
  return domain;
}

std::string MeshTest::token_of(const User& user) {
  const auto text = "weft_" + secrets.make_secret();
  auto tx = begin(TxMode::Write);
  value_of(credentials->insert_token(*tx, {TokenId::make(clock.now()), user.id, "test", clock.now(), {}}, secrets.digest(text)));
  value_of(tx->commit());
  return text;
}

std::vector<AuditEntry> MeshTest::audit_entries() {
  auto tx = begin(TxMode::Read);
  return value_of(audit->scan(*tx, 1, 100'000));
}

std::vector<std::string> MeshTest::audit_actions(std::size_t first) {
  std::vector<std::string> actions;
  const auto entries = audit_entries();
  for (std::size_t i = first; i < entries.size(); ++i) actions.push_back(entries[i].action);
  return actions;
}

Answer MeshTest::ask(const std::vector<Route>& routes, const Ask& ask) {
  const auto handler = make_dispatcher(routes, {database(), *users, *credentials, *idempotency, clock}, {});
  http::Request request;
  request.method = ask.method;
  request.target = ask.target;
  request.path = ask.target.substr(0, ask.target.find('?'));
  if (const auto mark = ask.target.find('?'); mark != std::string::npos) request.query = ask.target.substr(mark + 1);
  request.headers = ask.headers;
  request.headers.emplace_back("Host", "weft.example");
  if (!ask.token.empty()) request.headers.emplace_back("Authorization", "Bearer " + ask.token);
  if (!ask.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = ask.body;
  request.peer_address = "192.0.2.1";
  request.secure = ask.secure;
  request.request_id = "test";
  auto response = handler->handle(std::move(request));
  Answer answer{response.status, nullptr, std::move(response.headers)};
  if (const auto* text = std::get_if<std::string>(&response.body); text != nullptr && !text->empty()) {
    if (auto parsed = parse_json(*text)) answer.body = std::move(*parsed);
  }
  return answer;
}

}  // namespace weft
