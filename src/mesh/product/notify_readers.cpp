#include "mesh/product/notify_readers.h"

#include "mesh/domain/answering_users.h"

namespace weft {

namespace {

// What became of it and what that means to whom.
struct Words {
  std::string_view kind, what;
  std::string told;  // in full, up to where the next sentence begins
  std::string_view builders, readers;
};

Words words_of(ProductState state) {
  switch (state) {
    case ProductState::Retired:
      return {"retired", "is retired", "is retired now. ",
              "Ports that hold rows of it answer 403 from now on, and what is built on it can't be refreshed. Build it on another source, "
              "and publish it again.",
              "It serves no data any more. Its owners can say what replaces it."};
    case ProductState::Deprecated:
      return {"deprecated", "is deprecated", "is deprecated now. ",
              "What is built on it goes on as before, but the product is meant to go: look for another source.",
              "You read it as before, but the product is meant to go. Its owners can say what replaces it."};
    case ProductState::Draft:
    case ProductState::Published: break;
  }
  return {"reinstated", "is published again", "is published again now. ", "It stays, and what is built on it goes on as before.",
          "It stays, and you read it as before."};
}

Words words_of(int version, const std::vector<std::string>& changes) {
  return {
      "changed", "changed in a way that may break readers",
      fmt::format("has version {} now, which is not all that version {} was:\n\n- {}\n\n", version, version - 1,
                  fmt::join(changes, "\n- ")),
      "A refresh that needs what is gone fails, and what was in service before stays: change what is built on it, and publish it again.",
      "A query that names what is gone fails. Its owners can say what replaces it."};
}

std::string name_of(const Product& product) { return fmt::format("{} / {}", product.domain_path, product.name); }
std::string link_to(const Product& product) { return fmt::format("/products/{}/{}", product.domain_path, product.name); }

// What is built on it, by domain.
Result<std::map<std::string, std::set<std::string>>> built_on(Tx& tx, const ReaderPorts& ports, const Product& product) {
  std::map<std::string, std::set<std::string>> built;
  auto add = [&built](const std::vector<Product>& readers) {
    for (const auto& reader : readers) {
      if (reader.visible_to_all()) built[reader.domain_path].insert(fmt::format("the product {}", reader.name));
    }
  };
  add(TRY(ports.ingredients.products.readers_of(tx, product.id)));
  add(TRY(ports.ingredients.products.resting_on(tx, product.id)));
  for (const auto& view : TRY(ports.ingredients.elements.readers_of(tx, product.id))) {
    built[view.domain_path].insert(fmt::format("the view {}", view.name));
  }
  return built;
}

// Those who read by that grant: a user, or whoever answers for the domain.
Result<std::vector<User>> holders_of(Tx& tx, const ReaderPorts& ports, const Subscription& grant) {
  if (grant.subject.domain) return answering_users(tx, ports.domains, ports.users, grant.subject.name);
  std::vector<User> holders;
  auto user = TRY(ports.users.find(tx, *grant.subject.user));
  if (user && user->state == UserState::Active && !user->roles.empty()) holders.push_back(std::move(*user));
  return holders;
}

// The holders of grants in force who are not in `told`, and adds them there.
Result<std::vector<User>> untold_holders(Tx& tx, const Context& context, const ReaderPorts& ports, const Product& product,
                                         std::set<UserId>& told) {
  std::vector<User> untold;
  const SubscriptionFilter filter{product.id, SubscriptionState::Approved, std::nullopt};
  PageRequest request{kMaxPageSize, std::nullopt};
  do {
    const auto page = cut_page(TRY(ports.ingredients.subscriptions.list(tx, filter, request)), request,
                               [](const Subscription& last) { return last.id.text(); });
    for (const auto& grant : page.items) {
      if (!in_force(grant, context.now)) continue;
      for (auto& holder : TRY(holders_of(tx, ports, grant))) {
        if (told.insert(holder.id).second) untold.push_back(std::move(holder));
      }
    }
    request.after = page.next;
  } while (request.after);
  return untold;
}

Result<void> notify_readers(Tx& tx, const Context& context, const ReaderPorts& ports, const Product& product, const Words& words) {
  const auto name = name_of(product);
  std::set<UserId> told{context.who.id};
  const auto built = TRY(built_on(tx, ports, product));
  for (const auto& [path, names] : built) {
    const auto owners = TRY(answering_users(tx, ports.domains, ports.users, path, context.who.id));
    for (const auto& owner : owners) told.insert(owner.id);
    CHECK(ports.outbox.notify(
        tx, context, owners,
        {fmt::format("product.source_{}", words.kind), fmt::format("{} {}, and {} builds on it", name, words.what, path),
         fmt::format("{} {}What {} builds on it: {}.\n\n{}", name, words.told, path, fmt::join(names, ", "), words.builders),
         link_to(product)}));
  }
  const auto readers = TRY(untold_holders(tx, context, ports, product, told));
  return ports.outbox.notify(tx, context, readers,
                             {fmt::format("product.{}", words.kind), fmt::format("{} {}", name, words.what),
                              fmt::format("{} {}{}", name, words.told, words.readers), link_to(product)});
}

}  // namespace

Result<void> notify_of_state(Tx& tx, const Context& context, const ReaderPorts& ports, const Product& product) {
  return notify_readers(tx, context, ports, product, words_of(product.state));
}

Result<void> notify_of_version(Tx& tx, const Context& context, const ReaderPorts& ports, const Product& product,
                               const std::vector<std::string>& changes) {
  if (changes.empty()) return {};
  return notify_readers(tx, context, ports, product, words_of(product.published_version, changes));
}

}  // namespace weft
