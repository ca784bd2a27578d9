#include "platform/search/text_index.h"

#include <xapian.h>

namespace weft {

namespace {

constexpr std::size_t kMaxQueryBytes = 1000;
constexpr std::size_t kMaxTermBytes = 200;  // Xapian's limit is 245, escapes included
constexpr int kMaxFacetValues = 100;
const std::string kMarkKey = "mark";
constexpr char kSeparator = '\x1f';

// Long terms are cut at a digest-free prefix of their own: two filters that differ only beyond it would be one. Names and
// paths of ours are shorter; a longer one is told apart by its length and hash.
std::string filter_term(std::string_view filter) {
  std::string term = "F";
  if (filter.size() <= kMaxTermBytes) return term + std::string(filter);
  return term + std::string(filter.substr(0, kMaxTermBytes - 32)) +
         fmt::format("#{}#{:x}", filter.size(), std::hash<std::string_view>{}(filter));
}

std::string key_term(std::string_view key) { return "Q" + std::string(key); }

// Counts the values of one facet over all matches.
class FacetSpy final : public Xapian::MatchSpy {
 public:
  explicit FacetSpy(Xapian::valueno slot) : slot_(slot) {}
  void operator()(const Xapian::Document& document, double) override {
    const auto values = document.get_value(slot_);
    std::string_view rest = values;
    while (!rest.empty()) {
      const auto end = rest.find(kSeparator);
      ++counts_[std::string(rest.substr(0, end))];
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    }
  }
  [[nodiscard]] std::vector<FacetCount> most_frequent() const {
    std::vector<FacetCount> list;
    for (const auto& [value, count] : counts_) list.push_back({value, count});
    std::ranges::stable_sort(list, [](const auto& a, const auto& b) { return a.count > b.count; });
    if (list.size() > kMaxFacetValues) list.resize(kMaxFacetValues);
    return list;
  }

 private:
  Xapian::valueno slot_;
  std::map<std::string, int> counts_;
};

class XapianIndex final : public TextIndex {
 public:
  XapianIndex(const std::filesystem::path& folder, std::vector<std::string> facets) : database_(open(folder)), stemmer_("english") {
    for (auto& facet : facets) slots_[std::move(facet)] = static_cast<Xapian::valueno>(slots_.size() + 1);
  }

  Result<void> put(const SearchDocument& source) override {
    return guarded<void>([&]() -> Result<void> {
      Xapian::Document document;
      Xapian::TermGenerator generator;
      generator.set_stemmer(stemmer_);
      generator.set_database(database_);
      generator.set_flags(Xapian::TermGenerator::FLAG_SPELLING);
      generator.set_document(document);
      for (const auto& text : source.texts) {
        generator.index_text(text.text, static_cast<Xapian::termcount>(text.weight));
        generator.increase_termpos();
      }
      for (const auto& filter : source.filters) document.add_boolean_term(filter_term(filter));
      for (const auto& [facet, values] : source.facets)
        document.add_value(slots_.at(facet), fmt::format("{}", fmt::join(values, std::string(1, kSeparator))));
      document.add_value(0, source.key);
      document.add_boolean_term(key_term(source.key));
      document.set_data(source.payload);
      const std::scoped_lock lock(mutex_);
      database_.replace_document(key_term(source.key), document);
      return {};
    });
  }

  Result<void> remove(std::string_view key) override {
    return guarded<void>([&]() -> Result<void> {
      const std::scoped_lock lock(mutex_);
      database_.delete_document(key_term(key));
      return {};
    });
  }

  Result<void> clear() override {
    return guarded<void>([&]() -> Result<void> {
      const std::scoped_lock lock(mutex_);
      for (auto document = database_.postlist_begin(""); document != database_.postlist_end(""); ++document)
        database_.delete_document(*document);
      database_.set_metadata(kMarkKey, "");
      return {};
    });
  }

  Result<void> commit(std::string_view mark) override {
    return guarded<void>([&]() -> Result<void> {
      const std::scoped_lock lock(mutex_);
      database_.set_metadata(kMarkKey, std::string(mark));
      database_.commit();
      return {};
    });
  }

  Result<std::string> mark() override {
    return guarded<std::string>([&]() -> Result<std::string> {
      const std::scoped_lock lock(mutex_);
      return database_.get_metadata(kMarkKey);
    });
  }

  Result<SearchAnswer> search(const SearchQuery& query) override {
    if (query.text.size() > kMaxQueryBytes) {
      return fail(ErrorKind::Invalid, "search.query", fmt::format("The search text is longer than {} bytes.", kMaxQueryBytes),
                  "Search for a few words.");
    }
    return guarded<SearchAnswer>([&]() -> Result<SearchAnswer> {
      const std::scoped_lock lock(mutex_);
      auto answer = match(query, query.text);
      if (answer.total > 0 || query.text.empty()) return answer;
      const auto corrected = correct(query.text);
      if (corrected.empty()) return answer;
      answer = match(query, corrected);
      if (answer.total > 0) answer.corrected = corrected;
      return answer;
    });
  }

 private:
  static Xapian::WritableDatabase open(const std::filesystem::path& folder) {
    constexpr int kFlags = Xapian::DB_BACKEND_GLASS | Xapian::DB_NO_SYNC;
    try {
      return Xapian::WritableDatabase(folder.string(), Xapian::DB_CREATE_OR_OPEN | kFlags);
    } catch (const Xapian::DatabaseError&) {
      return Xapian::WritableDatabase(folder.string(), Xapian::DB_CREATE_OR_OVERWRITE | kFlags);
    }
  }

  template <typename T, typename Action>
  static Result<T> guarded(Action action) {
    try {
      return action();
    } catch (const Xapian::Error& error) {
      return fail(make_error(ErrorKind::Internal, "search.failed", "The search index failed.").with_detail(error.get_description()));
    }
  }

  Xapian::QueryParser parser() {
    Xapian::QueryParser parser;
    parser.set_database(database_);
    parser.set_stemmer(stemmer_);
    parser.set_stemming_strategy(Xapian::QueryParser::STEM_SOME);
    parser.set_default_op(Xapian::Query::OP_AND);
    parser.set_max_expansion(100, Xapian::Query::WILDCARD_LIMIT_MOST_FREQUENT, Xapian::QueryParser::FLAG_PARTIAL);
    return parser;
  }

  SearchAnswer match(const SearchQuery& query, const std::string& text) {
    Xapian::Query parsed = text.find_first_not_of(" \t\n") == std::string::npos
                               ? Xapian::Query::MatchAll
                               : parser().parse_query(text, Xapian::QueryParser::FLAG_PARTIAL);
    for (const auto& group : query.filters) {
      std::vector<Xapian::Query> any;
      for (const auto& filter : group) any.emplace_back(filter_term(filter));
      // A list that is empty holds for nothing.
      parsed = Xapian::Query(Xapian::Query::OP_FILTER, parsed,
                             any.empty() ? Xapian::Query::MatchNothing : Xapian::Query(Xapian::Query::OP_OR, any.begin(), any.end()));
    }
    Xapian::Enquire enquire(database_);
    enquire.set_query(parsed);
    enquire.set_sort_by_relevance_then_value(0, false);
    std::map<std::string, std::unique_ptr<FacetSpy>> spies;
    for (const auto& facet : query.facets) {
      auto& spy = spies[facet] = std::make_unique<FacetSpy>(slots_.at(facet));
      enquire.add_matchspy(spy.get());
    }
    // Exact counts: every match is looked at.
    const auto matches =
        enquire.get_mset(static_cast<Xapian::doccount>(query.offset), static_cast<Xapian::doccount>(query.limit), database_.get_doccount());
    SearchAnswer answer;
    answer.total = matches.get_matches_estimated();
    for (auto hit = matches.begin(); hit != matches.end(); ++hit) answer.payloads.push_back(hit.get_document().get_data());
    for (const auto& [facet, spy] : spies) answer.facets[facet] = spy->most_frequent();
    return answer;
  }

  std::string correct(const std::string& text) {
    std::string corrected;
    bool changed = false;
    std::size_t at = 0;
    while (at < text.size()) {
      const auto end = std::min(text.find(' ', at), text.size());
      auto word = text.substr(at, end - at);
      if (!word.empty()) {
        auto better = database_.get_spelling_suggestion(word, 2);
        if (!better.empty()) {
          word = std::move(better);
          changed = true;
        }
        corrected += (corrected.empty() ? "" : " ") + word;
      }
      at = end + 1;
    }
    return changed ? corrected : std::string{};
  }

  std::mutex mutex_;
  Xapian::WritableDatabase database_;
  Xapian::Stem stemmer_;
  std::map<std::string, Xapian::valueno> slots_;  // 0 is the key
};

}  // namespace

Result<std::unique_ptr<TextIndex>> make_text_index(const std::filesystem::path& folder, std::vector<std::string> facets) {
  try {
    std::filesystem::create_directories(folder);
    return std::make_unique<XapianIndex>(folder, std::move(facets));
  } catch (const Xapian::Error& error) {
    return fail(make_error(ErrorKind::Internal, "search.unusable", "The search index can't be made.").with_detail(error.get_description()));
  } catch (const std::exception& error) {
    return fail(make_error(ErrorKind::Internal, "search.unusable", "The search index can't be made.").with_detail(error.what()));
  }
}

}  // namespace weft
