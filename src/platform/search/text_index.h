// Full text with exact filters and facets, on Xapian (which stays in text_index.cpp). Knows nothing of what it indexes.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft {

struct WeightedText {
  std::string text;
  int weight = 1;
};

struct SearchDocument {
  std::string key;                                         // replaces the document of the same key; sorts an answer without words
  std::vector<WeightedText> texts;                         // what words are found in
  std::vector<std::string> filters;                        // exact terms, such as `domain:sales`
  std::map<std::string, std::vector<std::string>> facets;  // facet → its values
  std::string payload;                                     // handed back with a hit
};

struct SearchQuery {
  std::string text;                               // words; the last one may be unfinished; empty: everything
  std::vector<std::vector<std::string>> filters;  // of each list at least one must hold
  std::vector<std::string> facets;                // which to count
  int offset = 0, limit = 50;
};

struct FacetCount {
  std::string value;
  int count = 0;
};

struct SearchAnswer {
  std::vector<std::string> payloads;
  std::int64_t total = 0;
  std::map<std::string, std::vector<FacetCount>> facets;  // most frequent first
  // The words as they were taken when nothing matched those that were typed, and something that passes the filters
  // matched these; else empty: a word that stands in filtered documents only is never told.
  std::string corrected;
};

// Thread-safe. A document is found from the moment put() returns.
class TextIndex {
 public:
  virtual ~TextIndex() = default;
  [[nodiscard]] virtual Result<void> put(const SearchDocument& document) = 0;
  [[nodiscard]] virtual Result<void> remove(std::string_view key) = 0;
  [[nodiscard]] virtual Result<void> clear() = 0;
  // Writes what was put and removed, and `mark` with it: a process that is killed finds both again, or neither. A power
  // failure may leave an index that can't be opened: it is a copy, and made anew.
  [[nodiscard]] virtual Result<void> commit(std::string_view mark) = 0;
  // Of the last commit(); empty after clear() and in a new index.
  [[nodiscard]] virtual Result<std::string> mark() = 0;
  // Errors: `search.query` (Invalid) for more than 1,000 bytes.
  [[nodiscard]] virtual Result<SearchAnswer> search(const SearchQuery& query) = 0;
};

// The index in `folder`, or an empty one where none can be opened. `facets`: all that documents may carry.
// Errors: `search.unusable`.
[[nodiscard]] Result<std::unique_ptr<TextIndex>> make_text_index(const std::filesystem::path& folder, std::vector<std::string> facets);

}  // namespace weft
