#include "mesh/catalog/catalog_index_xapian.h"

namespace weft {

namespace {

constexpr int kNameWeight = 10, kTitleWeight = 8, kTagWeight = 5, kDescriptionWeight = 3, kColumnWeight = 1;
const std::vector<std::string> kFacets = {"domain", "tag", "type", "state"};

std::string key_of(CatalogEntry::Type type, std::string_view id) { return fmt::format("{}:{}", to_text(type), id); }

// `daily-delays` is found by `daily` and by `delays`.
std::string words_of(std::string_view name) {
  std::string words(name);
  std::ranges::replace_if(words, [](char c) { return c == '_' || c == '-' || c == '.'; }, ' ');
  return fmt::format("{} {}", name, words);
}

SearchDocument document_of(const CatalogEntry& entry) {
  SearchDocument document;
  document.key = key_of(entry.type, entry.id);
  document.texts = {{words_of(entry.name), kNameWeight},
                    {entry.title, kTitleWeight},
                    {words_of(entry.domain), kDescriptionWeight},
                    {entry.description, kDescriptionWeight}};
  for (const auto& tag : entry.tags) document.texts.push_back({words_of(tag), kTagWeight});
  for (const auto& column : entry.columns) document.texts.push_back({words_of(column), kColumnWeight});
  document.filters.push_back(fmt::format("type:{}", to_text(entry.type)));
  for (const auto& path : self_and_ancestors(entry.domain)) {
    document.filters.push_back("domain:" + path);
    if (entry.audience == CatalogEntry::Audience::Keepers) document.filters.push_back("keeper:" + path);
  }
  if (entry.audience == CatalogEntry::Audience::Everybody) document.filters.emplace_back("everybody");
  for (const auto& tag : entry.tags) document.filters.push_back("tag:" + tag);
  document.filters.push_back("state:" + entry.state);
  document.facets = {{"domain", self_and_ancestors(entry.domain)},
                     {"type", {std::string(to_text(entry.type))}},
                     {"tag", entry.tags},
                     {"state", {entry.state}}};
  document.payload = json::serialize(json::object{{"type", to_text(entry.type)},
                                                  {"id", entry.id},
                                                  {"domain", entry.domain},
                                                  {"name", entry.name},
                                                  {"title", entry.title},
                                                  {"description", entry.description},
                                                  {"state", entry.state},
                                                  {"tags", json::array(entry.tags.begin(), entry.tags.end())}});
  return document;
}

class XapianCatalogIndex final : public CatalogIndex {
 public:
  explicit XapianCatalogIndex(std::unique_ptr<TextIndex> index) : index_(std::move(index)) {}

  Result<void> put(const CatalogEntry& entry) override { return index_->put(document_of(entry)); }
  Result<void> remove(CatalogEntry::Type type, std::string_view id) override { return index_->remove(key_of(type, id)); }
  Result<void> clear() override { return index_->clear(); }
  Result<void> save(std::string_view mark) override { return index_->commit(mark); }
  Result<std::string> mark() override { return index_->mark(); }

  Result<CatalogPage> search(const CatalogSearch& search, const Principal& who) override {
    SearchQuery query{search.text, {}, kFacets, search.offset, search.limit};
    // `sales/daily-orders` is a product as addresses and the command line write it. Its words are looked for one by one: side by
    // side they stand nowhere, and of a phrase the last word could not be unfinished.
    std::ranges::replace_if(query.text, [](char c) { return c == '/' || c == '-'; }, ' ');
    if (!who.administrator()) {
      std::vector<std::string> audience = {"everybody"};
      if (who.has(Role::DomainOwner)) {
        for (const auto& path : who.owned_domains) audience.push_back("keeper:" + path);
      }
      query.filters.push_back(std::move(audience));
    }
    if (search.domain) query.filters.push_back({"domain:" + *search.domain});
    if (search.tag) query.filters.push_back({"tag:" + *search.tag});
    if (search.state) query.filters.push_back({"state:" + *search.state});
    if (search.type) query.filters.push_back({"type:" + *search.type});
    const auto answer = TRY(index_->search(query));
    CatalogPage page;
    page.total = answer.total;
    page.corrected = answer.corrected;
    for (const auto& payload : answer.payloads) page.items.push_back(TRY(parse_json(payload)).as_object());
    for (const auto& [facet, counts] : answer.facets) {
      auto& list = page.facets[facet];
      for (const auto& count : counts) list.push_back({count.value, count.count});
    }
    return page;
  }

 private:
  std::unique_ptr<TextIndex> index_;
};

}  // namespace

Result<std::unique_ptr<CatalogIndex>> make_catalog_index(const std::filesystem::path& folder) {
  return std::make_unique<XapianCatalogIndex>(TRY(make_text_index(folder, kFacets)));
}

}  // namespace weft
