#include "cli/keep_elements.h"

#include "base/id.h"
#include "cli/terminal.h"
#include "cli/wait_for_run.h"

namespace weft {

namespace {

constexpr std::string_view kUnresolved = "unknown";  // no id; the form takes it, so that it does not complain once more

bool has_unresolved_ingredient(const json::object& object) {
  const auto* ingredients = object.if_contains("ingredients");
  return ingredients != nullptr && ingredients->is_array() &&
         std::ranges::any_of(ingredients->get_array(),
                             [](const json::value& ingredient) { return text_at(ingredient, "/element") == kUnresolved; });
}

// Null when there is none that one may know of.
Result<json::value> find_element(MeshClient& client, const std::string& domain, const std::string& name) {
  json::value found;
  CHECK(client.walk("/api/v1/elements", {{"domain", domain}}, {}, [&](const json::value& item) -> Result<void> {
    if (text_at(item, "/domain") == domain && text_at(item, "/name") == name) found = item;
    return {};
  }));
  return found;
}

Result<std::string> find_store(MeshClient& client, const std::string& name) {
  std::string id;
  CHECK(client.walk("/api/v1/data-stores", {}, {}, [&](const json::value& item) -> Result<void> {
    if (text_at(item, "/name") == name || text_at(item, "/id") == name) id = text_at(item, "/id");
    return {};
  }));
  if (!id.empty()) return id;
  return fail(make_error(ErrorKind::NotFound, "data_store.not_found", fmt::format("There is no data store {} that you may know of.", name))
                  .with_fields({{"store", "is not known"}}));
}

// Whether to go on with the other elements: what the server lacks it would lack for each of them.
bool is_of_one_element(const Error& error) {
  switch (error.kind) {
    case ErrorKind::Invalid:
    case ErrorKind::Denied:
    case ErrorKind::NotFound:
    case ErrorKind::Conflict:
    case ErrorKind::Unprocessable: return true;
    default: return false;
  }
}

// What is wrong with the elements, as one error: of the first one's kind.
class Faults {
 public:
  void add(const std::string& path, const std::string& name, Error error) {
    if (error.fields.empty()) error.fields.push_back({"", error.message});
    for (auto& field : error.fields) field.field = field.field.empty() ? path : path + "." + field.field;
    names_.push_back(name.empty() ? path : name);
    if (!error_) {
      error_ = std::move(error);
      return;
    }
    std::ranges::move(error.fields, std::back_inserter(error_->fields));
    if (error_->hint != error.hint) error_->hint.clear();
  }
  [[nodiscard]] std::optional<Error> as_error() && {
    if (error_) error_->message = fmt::format("The element{} {} can't be made.", names_.size() == 1 ? "" : "s", fmt::join(names_, ", "));
    return std::move(error_);
  }

 private:
  std::vector<std::string> names_;
  std::optional<Error> error_;
};

struct ElementName {
  std::string domain, name;
};

// `name` or `domain/name`.
Result<ElementName> parse_element_name(MeshClient& client, const std::string& domain, const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return ElementName{domain, text};
  return ElementName{TRY(client.present_path(text.substr(0, slash))), text.substr(slash + 1)};
}

class Keeper {
 public:
  Keeper(MeshClient& client, const ProductFile& file, const std::set<std::string>& missing)
      : client_(client), file_(file), missing_(missing) {}

  // NeedsAnother: one of `missing`.
  enum class Kept { Yes, NeedsAnother };
  Result<Kept> keep(json::object wanted) {
    const auto name = text_at(wanted, "/name");
    if (name.empty()) {
      return fail(make_error(ErrorKind::Invalid, "product_file.invalid", "An element has no name.").with_fields({{"name", "is missing"}}));
    }
    std::vector<FieldError> complaints;
    CHECK(resolve_elements(client_, file_.domain, wanted, "ingredients", complaints, missing_));
    if (!complaints.empty()) {
      return fail(make_error(ErrorKind::Invalid, "product_file.invalid", fmt::format("The element {} can't be made.", name))
                      .with_fields(std::move(complaints)));
    }
    if (has_unresolved_ingredient(wanted)) return Kept::NeedsAnother;
    const auto known = TRY(find_element(client_, file_.domain, name));
    CHECK(known.is_null() ? make(std::move(wanted)) : change(std::move(wanted), known));
    return Kept::Yes;
  }

 private:
  Result<void> make(json::object wanted) {
    if (const auto store = text_at(wanted, "/store"); !store.empty()) wanted["store"] = TRY(find_store(client_, store));
    wanted["domain"] = file_.domain;
    const auto made = TRY(client_.post("/api/v1/elements", wanted));
    remark(fmt::format("Made the element {}/{}.", file_.domain, text_at(made, "/name")));
    return wait_for_data(made);
  }

  // A view's data is there once its newest run has ended; making and changing it have queued one.
  Result<void> wait_for_data(const json::value& element) {
    if (element.at("view").is_null()) return {};
    const auto run = TRY(newest_run(element));
    if (!run.is_null()) CHECK(wait_for_run(client_, text_at(run, "/id")));
    return {};
  }

  // A change while one runs would be left for the next.
  Result<void> wait_while_open(const json::value& element) {
    const auto run = TRY(newest_run(element));
    const auto state = text_at(run, "/state");
    // How it ended is not what this is about.
    if (state == "queued" || state == "running") (void)wait_for_run(client_, text_at(run, "/id"));
    return {};
  }

  Result<json::value> newest_run(const json::value& element) {
    const auto runs = TRY(client_.get("/api/v1/runs", {{"object", text_at(element, "/id")}, {"limit", "1"}}));
    boost::system::error_code none;
    const auto* run = runs.find_pointer("/items/0", none);
    return run == nullptr ? json::value(nullptr) : *run;
  }

  Result<void> change(json::object wanted, const json::value& known) {
    const auto path = "/api/v1/elements/" + text_at(known, "/id");
    if (!known.at("mapping").is_null()) {
      const bool same_store = text_at(wanted, "/store") == text_at(known, "/mapping/store/name") ||
                              text_at(wanted, "/store") == text_at(known, "/mapping/store/id");
      if (!same_store || text_at(wanted, "/table") != text_at(known, "/mapping/table")) {
        return fail(
            make_error(ErrorKind::Conflict, "element.other_table", fmt::format("The element {} is another table.", text_at(known, "/name")))
                .with_hint("Give this one another name, or remove that one first.")
                .with_fields({{"table", fmt::format("the element is {} of {} already", text_at(known, "/mapping/table"),
                                                    text_at(known, "/mapping/store/name"))}}));
      }
    } else if (!known.at("view").is_null()) {
      json::object view;
      for (const auto* field : {"sql", "ingredients", "rate"}) {
        if (const auto* value = wanted.if_contains(field)) view[field] = *value;
      }
      auto same = [&](const char* field, const json::value& by_default) {
        const auto* value = view.if_contains(field);
        return (value == nullptr ? by_default : *value) == known.at("view").at(field);
      };
      if (!same("sql", "") || !same("ingredients", json::array{}) || !same("rate", "manual")) {
        CHECK(wait_while_open(known));
        CHECK(client_.change("PUT", path + "/view", view, TRY(client_.get_tagged(path)).etag));
        remark(fmt::format("Changed the element {}/{}.", file_.domain, text_at(known, "/name")));
        CHECK(wait_for_data(known));
      }
    }
    json::object words;
    for (const auto* field : {"title", "description"}) {
      const auto* value = wanted.if_contains(field);
      if (value != nullptr && *value != known.at(field)) words[field] = *value;
    }
    if (words.empty()) return {};
    CHECK(client_.change("PATCH", path, words, TRY(client_.get_tagged(path)).etag));
    return {};
  }

  MeshClient& client_;
  const ProductFile& file_;
  const std::set<std::string>& missing_;
};

}  // namespace

Result<KeptElements> keep_elements(MeshClient& client, const ProductFile& file) {
  KeptElements all;
  Keeper keeper(client, file, all.missing);
  Faults faults;
  for (std::size_t i = 0; i < file.elements.size(); ++i) {
    const auto name = text_at(file.elements[i], "/name");
    auto kept = keeper.keep(file.elements[i].as_object());
    if (!kept && !is_of_one_element(kept.error())) return fail(kept.error());
    if (!kept || *kept == Keeper::Kept::NeedsAnother) all.missing.insert(name);
    if (!kept) faults.add(fmt::format("elements[{}]", i), name, kept.error());
  }
  all.fault = std::move(faults).as_error();
  return all;
}

Result<void> resolve_elements(MeshClient& client, const std::string& domain, json::object& object, const std::string& field,
                              std::vector<FieldError>& complaints, const std::set<std::string>& missing) {
  auto* ingredients = object.if_contains("ingredients");
  if (ingredients == nullptr || !ingredients->is_array()) return {};
  auto& list = ingredients->get_array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto name = text_at(list[i], "/element");
    if (name.empty() || is_uuid(name)) continue;
    const auto wanted = TRY(parse_element_name(client, domain, name));
    auto& element = list[i].get_object()["element"];
    element = kUnresolved;
    if (wanted.domain == domain && missing.contains(wanted.name)) continue;
    const auto found = TRY(find_element(client, wanted.domain, wanted.name));
    if (found.is_null()) {
      complaints.push_back({fmt::format("{}[{}].element", field, i), fmt::format("there is no element '{}' that you may use", name)});
    } else {
      element = text_at(found, "/id");
    }
  }
  return {};
}

}  // namespace weft
