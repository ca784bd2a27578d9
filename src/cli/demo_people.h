// The people of the demo: their passwords and tokens, settled before the first step so that an interrupted demo goes on.
#pragma once

#include <filesystem>
#include <map>

#include "cli/demo_client.h"
#include "cli/demo_story.h"

namespace weft {

struct Person {
  std::string name, password, token;
  std::vector<std::string> roles;
};

class DemoPeople {
 public:
  explicit DemoPeople(std::filesystem::path data) : data_(std::move(data)) {}

  // Whether a demo was begun in that folder.
  [[nodiscard]] static bool begun_in(const std::filesystem::path& data);
  // Those that are known already, and passwords for the others; written down before it returns.
  [[nodiscard]] Result<void> settle();
  // As if nobody had begun.
  void forget() const;
  void connect(DemoAddress address) { address_ = std::move(address); }
  // Sets the administrator's password by the one-time link of a first start.
  [[nodiscard]] Result<void> make_administrator(const std::string& link);
  // Creates who is missing, and sees to it that everybody has a token that is good.
  [[nodiscard]] Result<void> sign_in_everybody();

  // REQUIRES: signed in.
  [[nodiscard]] DemoClient& as(std::string_view name) { return clients_.at(std::string(name)); }
  [[nodiscard]] const Person& person(std::string_view name) const { return people_.at(std::string(name)); }
  [[nodiscard]] const std::map<std::string, Person>& all() const { return people_; }

 private:
  [[nodiscard]] Result<void> save() const;
  [[nodiscard]] Result<void> sign_in(Person& person);

  std::filesystem::path data_;
  DemoAddress address_;
  std::map<std::string, Person> people_;
  std::map<std::string, DemoClient> clients_;
};

// The text of that field; empty where there is none.
[[nodiscard]] std::string field_text(const json::value& value, std::string_view key);
// By value: a list that a loop walks must outlive the answer that it came in.
[[nodiscard]] Result<json::array> items_of(DemoClient& client, const std::string& path);

}  // namespace weft
