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
  std::string corrected;  // the words as they were taken when nothing matched those that were typed; else empty
};

// Thread-safe. A document is found from the moment put() returns.
class TextIndex {
 public:
  virtual ~TextIndex() = default;
  [[nodiscard]] virtual Result<void> put(const SearchDocument& document) = 0;
  [[nodiscard]] virtual Result<void> remove(std::string_view key) = 0;
  [[nodiscard]] virtual Result<void> clear() = 0;
  // Errors: `search.query` (Invalid) for more than 1,000 bytes.
  [[nodiscard]] virtual Result<SearchAnswer> search(const SearchQuery& query) = 0;
};

// An empty index in `folder`, whatever was there before. `facets`: all that documents may carry.
// Errors: `search.unusable`.
[[nodiscard]] Result<std::unique_ptr<TextIndex>> make_text_index(const std::filesystem::path& folder, std::vector<std::string> facets);

}  // namespace weft
