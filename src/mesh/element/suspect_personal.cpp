#include "mesh/element/suspect_personal.h"

namespace weft {

namespace {

enum class Match { Word, Anywhere };

struct Sign {
  std::string_view text;  // lower case
  Match match;
  int confidence;
  std::string_view what;
};

// `word` must stand between separators or case changes: `phone` matches `home_phone` and `homePhone`, not `saxophone`.
constexpr Sign kSigns[] = {
    {"email", Match::Anywhere, 95, "an e-mail address"},
    {"e_mail", Match::Anywhere, 95, "an e-mail address"},
    {"ssn", Match::Word, 95, "a social security number"},
    {"social_security", Match::Anywhere, 95, "a social security number"},
    {"passport", Match::Anywhere, 95, "a passport number"},
    {"iban", Match::Word, 95, "a bank account"},
    {"credit_card", Match::Anywhere, 95, "a credit card"},
    {"card_number", Match::Anywhere, 95, "a credit card"},
    {"birth", Match::Anywhere, 90, "a date of birth"},
    {"dob", Match::Word, 90, "a date of birth"},
    {"phone", Match::Word, 90, "a telephone number"},
    {"telephone", Match::Word, 90, "a telephone number"},
    {"mobile", Match::Word, 80, "a telephone number"},
    {"fax", Match::Word, 70, "a telephone number"},
    {"first_name", Match::Anywhere, 90, "a person's name"},
    {"firstname", Match::Anywhere, 90, "a person's name"},
    {"last_name", Match::Anywhere, 90, "a person's name"},
    {"lastname", Match::Anywhere, 90, "a person's name"},
    {"surname", Match::Anywhere, 90, "a person's name"},
    {"full_name", Match::Anywhere, 85, "a person's name"},
    {"given_name", Match::Anywhere, 90, "a person's name"},
    {"customer_name", Match::Anywhere, 80, "a person's name"},
    {"patient", Match::Word, 70, "health data"},
    {"diagnosis", Match::Word, 80, "health data"},
    {"gender", Match::Word, 75, "a person's gender"},
    {"religion", Match::Word, 85, "a person's religion"},
    {"ethnicity", Match::Word, 85, "a person's origin"},
    {"salary", Match::Word, 75, "a person's pay"},
    {"street", Match::Word, 75, "a postal address"},
    {"home_address", Match::Anywhere, 90, "a postal address"},
    {"address", Match::Word, 60, "a postal address"},
    {"ip_address", Match::Anywhere, 70, "an address on the network"},
    {"username", Match::Anywhere, 70, "a user's name"},
    {"user_name", Match::Anywhere, 70, "a user's name"},
    {"login", Match::Word, 60, "a user's name"},
};

// `homePhone Number` → `_home_phone_number_`
std::string words_of(std::string_view name) {
  std::string words = "_";
  char previous = '_';
  for (char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isupper(byte) != 0 && std::islower(static_cast<unsigned char>(previous)) != 0) words += '_';
    words += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_';
    previous = c;
  }
  return words + "_";
}

}  // namespace

std::optional<Suspicion> suspect_personal(std::string_view column, std::string_view type) {
  if (type == "BOOLEAN") return std::nullopt;  // `email_sent` tells nobody's address
  const auto words = words_of(column);
  const Sign* best = nullptr;
  for (const auto& sign : kSigns) {
    const bool found = sign.match == Match::Anywhere ? words.find(sign.text) != std::string::npos
                                                     : words.find(fmt::format("_{}_", sign.text)) != std::string::npos;
    if (found && (best == nullptr || sign.confidence > best->confidence)) best = &sign;
  }
  if (best == nullptr) return std::nullopt;
  return Suspicion{best->confidence, fmt::format("its name looks like {}", best->what)};
}

}  // namespace weft
