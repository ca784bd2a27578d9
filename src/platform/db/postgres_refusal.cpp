#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/utf8.h"
#include "platform/db/postgres_reader.h"

namespace weft {
namespace {

constexpr std::size_t kMaxMessageBytes = 1000;

struct Refusal {
  std::string_view sqlstate;  // or the class: its first two characters
  std::string_view id;
  std::string_view opening;  // of the message; then comes what PostgreSQL said
  std::string_view hint;
  ErrorKind kind = ErrorKind::Unprocessable;
};

constexpr auto kRefusals = std::to_array<Refusal>({
    {"28P01", "data_store.password_wrong", "PostgreSQL refuses the login",
     "Check the store's user, and set its secret to that user's password."},
    {"28000", "data_store.login_refused", "PostgreSQL refuses the login",
     "Check that the user exists and may log in, and that pg_hba.conf lets it in from this server, with the store's TLS mode."},
    {"28", "data_store.login_refused", "PostgreSQL refuses the login", "Check the store's user, its secret and pg_hba.conf."},
    {"3D000", "data_store.no_such_database", "PostgreSQL does not know the database", "Check the store's database."},
    {"53300", "data_store.too_many_connections", "PostgreSQL has no connection left",
     "Try again later, or raise max_connections or the user's limit."},
    {"57P03", "data_store.starting", "PostgreSQL takes no connection at the moment", "Try again in a moment."},
    {"42P01", "data_store.no_such_table", "The store has no such table", "Browse the store's tables for the names.", ErrorKind::NotFound},
    {"3F000", "data_store.no_such_schema", "The store has no such schema", "Browse the store's tables for the names.", ErrorKind::NotFound},
    {"42703", "data_store.changed", "The table changed while it was read", "Try again."},
    {"42501", "data_store.denied", "The store's user may not do that",
     "Grant it: USAGE on the schema and SELECT on the table (CONNECT on the database)."},
    {"57014", "data_store.timeout", "PostgreSQL ended the query: it took too long",
     "Map a table rather than a slow view, or let the database work less for it."},
    {"55P03", "data_store.busy", "Another transaction holds a lock on the table", "Try again once it has ended."},
    {"57P", "data_store.interrupted", "PostgreSQL ended the connection", "Try again."},
    {"08", "data_store.unreachable", "The connection to PostgreSQL was lost", "Try again; check the network if it happens again."},
});

// Classes whose messages speak of names, rights and the connection. Others (22, data; 23, constraints; P0, what a function
// raised, …) quote the value that they are about, which may be personal: their words are told to nobody.
constexpr auto kWithoutValues =
    std::to_array<std::string_view>({"08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"});

bool may_quote_a_value(std::string_view sqlstate) {
  return !sqlstate.empty() && std::ranges::find(kWithoutValues, sqlstate.substr(0, 2)) == kWithoutValues.end();
}

}  // namespace

Error explain_refusal(std::string_view sqlstate, std::string_view message) {
  auto said = shorten(message, kMaxMessageBytes);
  std::ranges::replace(said, '\n', ' ');
  while (said.ends_with(' ')) said.pop_back();
  const auto* const known =
      std::ranges::find_if(kRefusals, [&](const Refusal& refusal) { return !sqlstate.empty() && sqlstate.starts_with(refusal.sqlstate); });
  if (known != kRefusals.end()) {
    return make_error(known->kind, std::string(known->id), fmt::format("{}: {}.", known->opening, said))
        .with_hint(std::string(known->hint));
  }
  if (may_quote_a_value(sqlstate)) {
    return make_error(ErrorKind::Unprocessable, "data_store.refused",
                      fmt::format("PostgreSQL fails on a value of the table or view (SQLSTATE {}).", sqlstate))
        .with_hint("Its own log has the value. Mend it in the database, or map a view that avoids it.");
  }
  return make_error(ErrorKind::Unprocessable, "data_store.refused",
                    fmt::format("PostgreSQL refuses: {}{}.", said, sqlstate.empty() ? "" : fmt::format(" ({})", sqlstate)))
      .with_hint("Mend it in the database, or map a view that avoids it.");
}

void split_copy_line(std::string& line, std::vector<std::optional<std::string_view>>& fields) {
  fields.clear();
  if (line.ends_with('\n')) line.pop_back();
  std::size_t begin = 0, write = 0;
  bool is_null = false;
  const auto end_field = [&] {
    fields.push_back(is_null ? std::nullopt : std::optional(std::string_view(line).substr(begin, write - begin)));
    is_null = false;
  };
  // Text shrinks as its escapes go, so it is written over itself; fields keep their places.
  for (std::size_t read = 0; read < line.size(); ++read) {
    const char byte = line[read];
    if (byte == '\t') {
      end_field();
      begin = write = read + 1;
    } else if (byte == '\\' && read + 1 < line.size()) {
      const char escaped = line[++read];
      constexpr std::string_view kLetters = "bfnrtv", kMeant = "\b\f\n\r\t\v";
      if (escaped == 'N' && write == begin && (read + 1 == line.size() || line[read + 1] == '\t')) {
        is_null = true;
      } else {
        const auto letter = kLetters.find(escaped);
        line[write++] = letter == std::string_view::npos ? escaped : kMeant[letter];
      }
    } else {
      line[write++] = byte;
    }
  }
  end_field();
}

}  // namespace weft
