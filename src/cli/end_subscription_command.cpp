// `weft withdraw`, `weft revoke`, `weft return`.
#include "cli/find_subscription.h"

namespace weft {

Result<void> end_subscription_command(const EndOptions& options) {
  struct Words {
    std::string_view act, state, done;
    Whose whose;
  };
  const auto words = [&]() -> Words {
    switch (options.ending) {
      case EndOptions::Ending::Revoke: return {"revoke", "approved", "Revoked: {} can't read {} any more.\n", Whose::Anybodys};
      case EndOptions::Ending::Return: return {"return", "approved", "Returned: {} has given {} back.\n", Whose::Own};
      case EndOptions::Ending::Withdraw: break;
    }
    return {"withdraw", "pending", "Withdrawn: {} no longer asks for {}.\n", Whose::Own};
  }();
  auto client = TRY(MeshClient::connect(options.person));
  const auto id = TRY(find_subscription(client, options.choice, words.state, words.whose));
  json::object body;
  if (!options.reason.empty()) body["reason"] = options.reason;
  const auto ended = TRY(client.post(fmt::format("/api/v1/subscriptions/{}/{}", percent_encoded(id), words.act), body));
  const auto product = text_at(ended, "/product/domain") + "/" + text_at(ended, "/product/name");
  return print_object(ended, options.person, fmt::format(fmt::runtime(words.done), text_at(ended, "/subject/name"), product));
}

}  // namespace weft
