// The commands of people: what `weft` does at a mesh on behalf of whoever is signed in. A file each; add_person_commands.cpp
// says how they are written on a command line. They print their own results to standard output, remarks to standard error.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/list_output.h"
#include "cli/mesh_client.h"

namespace weft {

struct LoginOptions {
  PersonOptions person;  // `server`: where to
  std::string name;      // empty: asked for
  std::string token_file;
  enum class Password { Asked, FromInput } password = Password::Asked;
};
[[nodiscard]] Result<void> login(const LoginOptions& options);
[[nodiscard]] Result<void> logout(const PersonOptions& options);
[[nodiscard]] Result<void> whoami(const PersonOptions& options);

struct SearchOptions {
  PersonOptions person;
  ListOptions list;
  std::vector<std::string> words;
  std::string domain, tag, type;
};
[[nodiscard]] Result<void> search(const SearchOptions& options);

struct ShowOptions {
  PersonOptions person;
  std::string product;
  enum class Sample { No, Yes } sample = Sample::No;
};
[[nodiscard]] Result<void> show_product(const ShowOptions& options);

struct RequestOptions {
  PersonOptions person;
  std::string product, purpose;
  std::string domain;  // the subject; empty: oneself
};
[[nodiscard]] Result<void> request_product(const RequestOptions& options);

struct RequestsOptions {
  PersonOptions person;
  ListOptions list;
  std::string id;  // empty: all
  std::string state, product;
};
[[nodiscard]] Result<void> show_requests(const RequestsOptions& options);
[[nodiscard]] Result<void> show_inbox(const PersonOptions& person, const ListOptions& list);

// Names a request or grant: by its id, or by the product and, where that leaves several, by whom it is for.
struct SubscriptionChoice {
  std::string id_or_product;
  std::string subject;
};

struct DecideOptions {
  PersonOptions person;
  SubscriptionChoice choice;
  enum class Decision { Approve, Reject } decision = Decision::Approve;
  std::string comment, row_filter, until;
  std::vector<std::string> hidden;
};
[[nodiscard]] Result<void> decide_request(const DecideOptions& options);

struct EndOptions {
  PersonOptions person;
  SubscriptionChoice choice;
  enum class Ending { Withdraw, Revoke, Return } ending = Ending::Withdraw;
  std::string reason;
};
[[nodiscard]] Result<void> end_subscription_command(const EndOptions& options);

struct ReadOptions {
  PersonOptions person;
  std::string product;
  std::string select, order, limit, offset;
  std::vector<std::string> where;
  std::string format;  // empty: by the file's ending, else a table on a terminal, else CSV
  std::string output;  // empty: standard output
  enum class Transfer { Plain, Compressed } transfer = Transfer::Plain;
};
[[nodiscard]] Result<void> read_product(const ReadOptions& options);

struct ProductsOptions {
  PersonOptions person;
  ListOptions list;
  std::string domain, state;
};
[[nodiscard]] Result<void> list_products(const ProductsOptions& options);

struct PublishOptions {
  PersonOptions person;
  std::string file;     // product.yaml, `-`: standard input; or
  std::string product;  // its draft as it stands
  enum class Wait { Yes, No } wait = Wait::Yes;
  enum class Repeat { No, Yes } repeat = Repeat::No;  // publish even what is published already
};
[[nodiscard]] Result<void> publish_products(const PublishOptions& options);

struct ProductActOptions {
  PersonOptions person;
  std::string product;
  enum class Act { Refresh, Deprecate, Reinstate, Retire } act = Act::Refresh;
};
[[nodiscard]] Result<void> act_on_product(const ProductActOptions& options);

struct UsageOptions {
  PersonOptions person;
  ListOptions list;
  std::string by = "domains";
  std::string domain, product, from, to;
  enum class Rollup { No, Yes } rollup = Rollup::No;
};
[[nodiscard]] Result<void> show_usage(const UsageOptions& options);

struct RunsOptions {
  PersonOptions person;
  ListOptions list;
  std::string id;  // empty: all
  std::string domain, state, product;
};
[[nodiscard]] Result<void> show_runs(const RunsOptions& options);

}  // namespace weft
