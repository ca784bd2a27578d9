// Generated SELECTs over tables whose every value says where it stands (`a.mail#1`): what comes out of a column is among its origins,
// and what comes out as it is, is no origin that it is only computed from. The seed is fixed; WEFT_SEED and WEFT_ROUNDS try others.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <regex>

#include "mesh/run/trace_select.h"
#include "platform/duck/duck.h"

namespace weft {
namespace {

using Names = std::vector<std::string>;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

const std::map<std::string, Names> kTables = {
    {"a", {"id", "mail", "name", "tz"}}, {"r", {"id", "mail", "ok", "a"}}, {"w", {"alias", "main", "a", "r"}}};
const Names kNames = {"id", "mail", "name", "tz", "ok", "a", "r", "w", "alias", "main", "x", "y", "mail_1"};
// What DuckDB calls expressions without a name.
const Names kMadeUp = {"\"COALESCE(mail, '')\"", "\"(mail || '!')\"", "\"1\"", "\"upper(mail)\""};

struct Visible {
  std::string alias;
  Names columns;
};
struct Query {
  std::string sql;
  Names columns;
};
using Ctes = std::map<std::string, Names>;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Query query(int depth, Ctes ctes, const std::vector<Visible>& outer) {
    std::string with;
    if (chance(20)) {
      const auto name = pick({"c1", "c2", "C1", "x", "mail", "alias", "a"});
      auto inner = query(depth + 1, ctes, chance(30) ? outer : std::vector<Visible>{});
      with = fmt::format("WITH {}{} AS ({}) ", name, renamed(inner.columns, 15), inner.sql);
      ctes[name] = inner.columns;
    }
    auto made = select(depth, ctes, outer);
    if (depth < 3 && chance(15)) {
      made.sql = fmt::format("({}) {} ({})", made.sql, pick({"UNION ALL", "UNION", "EXCEPT", "INTERSECT", "UNION ALL BY NAME"}),
                             select(depth + 1, ctes, outer).sql);
    }
    made.sql = with + made.sql;
    return made;
  }

 private:
  std::size_t below(std::size_t count) { return random_() % count; }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  std::string pick(const Names& words) { return words[below(words.size())]; }

  // ` (x, y)` for the first columns, sometimes.
  std::string renamed(Names& columns, int percent) {
    if (columns.empty() || !chance(percent)) return "";
    const auto count = 1 + below(std::min<std::size_t>(2, columns.size()));
    for (std::size_t i = 0; i < count; ++i) columns[i] = pick(kNames);
    return fmt::format("({})", fmt::join(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(count), ", "));
  }

  std::string reference(const std::vector<Visible>& scope) {
    const auto& from = scope.empty() ? Visible{pick({"a", "r", "w"}), kNames} : scope[below(scope.size())];
    const auto column = from.columns.empty() || chance(15) ? pick(kNames) : pick(from.columns);
    if (chance(50)) return column;
    if (chance(90)) return fmt::format("{}.{}", from.alias, column);
    return chance(50) ? fmt::format("main.{}.{}", from.alias, column) : from.alias;
  }

  std::string expression(const std::vector<Visible>& scope, int depth = 0) {
    if (depth > 1 || chance(60)) return reference(scope);
    const auto one = expression(scope, depth + 1);
    switch (below(12)) {
      case 0: return fmt::format("coalesce({}, '')", one);
      case 1: return fmt::format("{} || '!'", reference(scope));
      case 2: return fmt::format("TRY({})", one);
      case 3: return fmt::format("{{'mail': {}, 'name': {}}}", one, reference(scope));
      case 4: return fmt::format("[{}, {}][{}]", one, reference(scope), 1 + below(2));
      case 5: return fmt::format("CASE WHEN {} IS NULL THEN 'z' ELSE {} END", reference(scope), one);
      case 6: return fmt::format("max({}) OVER ()", one);
      case 7: return fmt::format("({})::VARCHAR", one);
      case 8: return fmt::format("lag({}, 1, {}) OVER ()", reference(scope), reference(scope));
      case 9: return fmt::format("(SELECT max({}) FROM {})", reference(scope), pick({"a", "r", "w"}));
      case 10: return fmt::format("list_transform([{}], mail -> mail)[1]", reference(scope));
      default: return pick({"NULL", "1", "'k'"});
    }
  }

  std::string star(const std::vector<Visible>& scope, Names& made) {
    const auto& from = scope[below(scope.size())];
    const bool all = chance(60);
    auto text = all ? std::string("*") : from.alias + ".*";
    Names columns = from.columns;
    if (all) {
      columns.clear();
      for (const auto& each : scope) columns.insert(columns.end(), each.columns.begin(), each.columns.end());
    }
    if (!columns.empty() && chance(30)) {
      const auto gone = pick(columns);
      text += fmt::format(" EXCLUDE ({})", gone);
      std::erase(columns, gone);
    }
    if (!columns.empty() && chance(25))
      text += fmt::format(" REPLACE ({} AS {})", expression(scope), chance(90) ? pick(columns) : pick(kMadeUp));
    if (chance(8)) {
      columns = {pick(kNames)};
      text += " AS " + columns[0];
    }
    made.insert(made.end(), columns.begin(), columns.end());
    return text;
  }

  std::string relation(int depth, const Ctes& ctes, const std::vector<Visible>& outer, Visible& made) {
    if (depth > 2 || chance(50)) {
      auto table = pick({"a", "r", "w"});
      if (!ctes.empty() && chance(50)) table = std::next(ctes.begin(), static_cast<std::ptrdiff_t>(below(ctes.size())))->first;
      made = {table, ctes.contains(table) ? ctes.at(table) : kTables.contains(table) ? kTables.at(table) : Names{}};
      if (!chance(50)) return table;
      made.alias = pick(kNames);
      return fmt::format("{} AS {}{}", table, made.alias, renamed(made.columns, 20));
    }
    auto inner = query(depth + 1, ctes, chance(50) ? outer : std::vector<Visible>{});
    made = {pick(kNames), inner.columns};
    return fmt::format("{}({}) AS {}{}", chance(15) ? "LATERAL " : "", inner.sql, made.alias, renamed(made.columns, 12));
  }

  Query select(int depth, const Ctes& ctes, const std::vector<Visible>& outer) {
    std::vector<Visible> scope;
    std::string from;
    for (std::size_t i = 0, count = 1 + below(5) / 3 + below(6) / 5; i < count; ++i) {
      auto visible = outer;
      visible.insert(visible.end(), scope.begin(), scope.end());
      Visible made;
      const auto text = relation(depth, ctes, visible, made);
      const auto key = scope.empty() || scope.back().columns.empty() ? "id" : pick(scope.back().columns);
      if (scope.empty()) {
        from = text;
      } else {
        switch (below(7)) {
          case 0: from += ", " + text; break;
          case 1: from += fmt::format(" JOIN {} ON true", text); break;
          case 2: from += fmt::format(" {} JOIN {} USING ({})", pick({"LEFT", "RIGHT", "FULL", ""}), text, key); break;
          case 3: from += fmt::format(" NATURAL {} JOIN {}", pick({"LEFT", "FULL", ""}), text); break;
          case 4: from += " POSITIONAL JOIN " + text; break;
          case 5: from += fmt::format(" {} JOIN {} ON true", pick({"SEMI", "ANTI"}), text); break;
          default: from = fmt::format("({} JOIN {} ON true) AS {}", from, text, pick(kNames)); break;
        }
      }
      scope.push_back(std::move(made));
    }
    auto visible = scope;
    if (chance(30)) visible.insert(visible.end(), outer.begin(), outer.end());
    Query made;
    Names items;
    if (chance(35)) items.push_back(star(scope, made.columns));
    for (std::size_t i = 0, count = 1 + below(3); i < count; ++i) {
      auto item = expression(visible);
      auto name = item.substr(item.rfind('.') + 1);
      if (chance(60)) {
        name = chance(85) ? pick(kNames) : pick(kMadeUp);
        item += " AS " + name;
      } else if (!std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; })) {
        name = pick(kMadeUp);
      }
      items.push_back(std::move(item));
      made.columns.push_back(std::move(name));
    }
    made.sql = fmt::format("SELECT {}{} FROM {}", chance(5) ? "DISTINCT " : "", fmt::join(items, ", "), from);
    if (chance(5)) made.sql += " GROUP BY ALL";
    if (chance(5)) made.sql += " QUALIFY row_number() OVER () < 3";
    return made;
  }

  std::mt19937_64 random_;
};

class GeneratedTraces : public ::testing::Test {
 protected:
  void SetUp() override {
    instance_ = duck::open_instance({}).value();
    connection_ = instance_->connect().value();
    for (const auto& [table, columns] : kTables) {
      IngredientSchema schema{table, {}};
      Names rows{"", ""}, types;
      for (const auto& column : columns) {
        schema.columns.push_back({column, "VARCHAR"});
        types.push_back(column + " VARCHAR");
        for (std::size_t i = 0; i < rows.size(); ++i) rows[i] += fmt::format("{}'{}.{}#{}'", rows[i].empty() ? "" : ", ", table, column, i);
      }
      ASSERT_TRUE(connection_->execute(fmt::format("CREATE TABLE {} ({})", table, fmt::join(types, ", "))));
      for (const auto& row : rows) ASSERT_TRUE(connection_->execute(fmt::format("INSERT INTO {} VALUES ({})", table, row)));
      ingredients_.push_back(std::move(schema));
    }
  }

  struct Answer {
    std::vector<TracedColumn> traced;
    std::vector<std::set<std::string>> seen, seen_whole;  // `a.mail`, by column
  };
  // nullopt: DuckDB or the guard refuses it.
  std::optional<Answer> ask(const std::string& sql) {
    const auto described = connection_->describe(sql);
    if (!described) return std::nullopt;
    Names aliases, outputs;
    for (const auto& schema : ingredients_) aliases.push_back(schema.alias);
    for (const auto& column : *described) outputs.push_back(column.name);
    auto serialized = connection_->query("SELECT CAST(json_serialize_sql(CAST(? AS VARCHAR)) AS VARCHAR)", {sql}).value()->rows().value();
    json::parse_options options;
    options.max_depth = 1000;
    const auto tree = json::parse(std::string_view(serialized.at(0).at(0).as_string()), {}, options);
    const auto guarded = guard_select(tree, aliases);
    auto cursor = connection_->query(fmt::format("SELECT * FROM ({}) LIMIT 60", sql), {});
    if (!guarded || !cursor) return std::nullopt;
    const auto rows = (*cursor)->rows();
    if (!rows) return std::nullopt;
    Answer answer{trace_select(tree, ingredients_, *guarded, outputs, [](std::string_view text) { return std::string(text.substr(0, 8)); }),
                  std::vector<std::set<std::string>>(outputs.size()), std::vector<std::set<std::string>>(outputs.size())};
    static const std::regex kValue("([arw]\\.[a-z]+)#[0-9]");
    for (const auto& row : *rows) {
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto text = json::serialize(row.at(i));
        for (std::sregex_iterator at(text.begin(), text.end(), kValue), end; at != end; ++at) {
          answer.seen[i].insert((*at)[1]);
          if (text == fmt::format("\"{}\"", at->str())) answer.seen_whole[i].insert((*at)[1]);
        }
      }
    }
    return answer;
  }

  std::vector<IngredientSchema> ingredients_;
  std::shared_ptr<duck::Instance> instance_;
  std::unique_ptr<duck::Connection> connection_;
};

TEST_F(GeneratedTraces, NameEveryOrigin) {
  const auto seed = setting("WEFT_SEED", 1), rounds = setting("WEFT_ROUNDS", 4000);
  Generator generator(seed);
  std::size_t answered = 0, exact = 0;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const auto sql = generator.query(0, {}, {}).sql;
    const auto answer = ask(sql);
    if (!answer) continue;
    ++answered;
    for (std::size_t column = 0; column < answer->traced.size(); ++column) {
      const auto& [origins, computed_from] = answer->traced[column].lineage;
      exact += std::ranges::none_of(origins, [](const auto& origin) { return origin.ends_with(".*"); }) ? 1U : 0U;
      for (const auto& value : answer->seen[column]) {
        const auto dot = value.find('.');
        ASSERT_TRUE(is_made_of(origins, value.substr(0, dot), value.substr(dot + 1))) << value << " in column " << column << " of " << sql;
      }
      for (const auto& value : answer->seen_whole[column]) {
        const auto dot = value.find('.');
        ASSERT_TRUE(hands_on(origins, computed_from, value.substr(0, dot), value.substr(dot + 1)))
            << value << " as it is in column " << column << " of " << sql;
      }
    }
  }
  EXPECT_GT(answered, rounds / 10) << "seed " << seed;
  EXPECT_GT(exact, answered) << "seed " << seed;
}

}  // namespace
}  // namespace weft
