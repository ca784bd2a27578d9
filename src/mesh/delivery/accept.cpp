#include "mesh/delivery/accept.h"

#include "base/ascii.h"
#include "mesh/delivery/text_cursor.h"

namespace weft {

namespace {

// What there is, the preferred first; the first media type of each is the one that is sent.
struct Offer {
  Representation representation;
  std::string_view suffix;
  std::array<std::string_view, 4> media_types;
  enum class Wildcards { Match, Never } wildcards = Wildcards::Match;
};
constexpr std::array kOffers = {
    Offer{{DataFormat::Json, Shape::Rows}, "json", {"application/json", "application/vnd.pgrst.array+json", "application/vnd.pgrst.array"}},
    Offer{{DataFormat::Ndjson, Shape::Rows},
          "ndjson",
          {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}},
    Offer{{DataFormat::Csv, Shape::Rows}, "csv", {"text/csv"}},
    Offer{
        {DataFormat::Parquet, Shape::Rows}, "parquet", {"application/vnd.apache.parquet", "application/x-parquet", "application/parquet"}},
    Offer{{DataFormat::ArrowStream, Shape::Rows}, "arrow", {"application/vnd.apache.arrow.stream"}},
    Offer{{DataFormat::Json, Shape::SingleObject},
          "",
          {"application/vnd.pgrst.object+json", "application/vnd.pgrst.object"},
          Offer::Wildcards::Never},
};

struct Range {
  std::string type, subtype;
  int quality = 1000;  // thousandths
};

// `0`, `1`, `0.5`, `0.875`; anything else counts as 1, as if it were not there.
int read_quality(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return 1000;
  if (text.size() == 1) return text[0] == '1' ? 1000 : 0;
  if (text[1] != '.' || text[0] == '1') return 1000;
  int quality = 0, unit = 100;
  for (const char c : text.substr(2)) {
    if (c < '0' || c > '9') return 1000;
    quality += (c - '0') * unit;
    unit /= 10;
  }
  return quality;
}

// Parameters but q must be ones that change nothing: `charset`; others ask for what there is not.
std::optional<Range> read_range(std::string_view text) {
  Range range;
  for (bool first = true; !text.empty() || first; first = false) {
    const auto end = std::min(text.find(';'), text.size());
    const auto part = lower_case(trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (first) {
      const auto slash = part.find('/');
      if (slash == std::string::npos) return std::nullopt;
      range.type = part.substr(0, slash);
      range.subtype = part.substr(slash + 1);
    } else if (part.starts_with("q=")) {
      range.quality = read_quality(std::string_view(part).substr(2));
    } else if (!part.empty() && !part.starts_with("charset=") && !part.starts_with("header=present")) {
      return std::nullopt;
    }
  }
  return range;
}

struct Match {
  int quality = -1;       // none yet
  int specificity = 0;    // 1: */*, 2: text/*, 3: exact
  std::size_t place = 0;  // in the header
};

Match match(const Offer& offer, const std::vector<Range>& ranges) {
  Match best;
  for (std::size_t place = 0; place < ranges.size(); ++place) {
    const auto& range = ranges[place];
    for (const auto media_type : offer.media_types) {
      if (media_type.empty()) continue;
      const auto slash = media_type.find('/');
      int specificity = 0;
      if (range.type == media_type.substr(0, slash) && range.subtype == media_type.substr(slash + 1)) specificity = 3;
      if (specificity == 0 && offer.wildcards == Offer::Wildcards::Match && range.subtype == "*") {
        if (range.type == media_type.substr(0, slash)) specificity = 2;
        if (range.type == "*") specificity = 1;
      }
      if (specificity > best.specificity) best = {range.quality, specificity, place};
    }
  }
  return best;
}

bool better(const Match& a, const Match& b) {
  return std::tuple(-a.quality, -a.specificity, a.place) < std::tuple(-b.quality, -b.specificity, b.place);
}

std::string all_types() {
  std::string list;
  for (const auto& offer : kOffers) list += fmt::format("{}{}", list.empty() ? "" : ", ", offer.media_types[0]);
  return list;
}

}  // namespace

Result<PortSegment> split_port_segment(std::string_view segment) {
  const auto dot = segment.find('.');
  if (dot == std::string_view::npos) return PortSegment{std::string(segment), std::nullopt};
  const auto suffix = segment.substr(dot + 1);
  for (const auto& offer : kOffers) {
    if (!offer.suffix.empty() && offer.suffix == suffix)
      return PortSegment{std::string(segment.substr(0, dot)), offer.representation.format};
  }
  return fail(ErrorKind::NotAcceptable, "data.unknown_format", fmt::format("There is no format '{}'.", shorten(suffix, 40)),
              "Formats are .json, .ndjson, .csv, .parquet and .arrow.");
}

Result<Representation> choose_representation(std::optional<DataFormat> suffix, std::string_view accept) {
  if (suffix) return Representation{*suffix, Shape::Rows};
  std::vector<Range> ranges;
  for (auto rest = accept; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    if (auto range = read_range(rest.substr(0, end))) ranges.push_back(*std::move(range));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (trim(accept).empty()) return Representation{};
  const Offer* chosen = nullptr;
  Match best;
  for (const auto& offer : kOffers) {
    const auto found = match(offer, ranges);
    if (found.quality <= 0 || (chosen != nullptr && !better(found, best))) continue;
    chosen = &offer;
    best = found;
  }
  if (chosen != nullptr) return chosen->representation;
  return fail(ErrorKind::NotAcceptable, "data.not_acceptable",
              fmt::format("None of these media types are available: {}", shorten(accept, 200)), fmt::format("There are {}.", all_types()));
}

std::string_view content_type(Representation representation) {
  if (representation.shape == Shape::SingleObject) return "application/vnd.pgrst.object+json; charset=utf-8";
  switch (representation.format) {
    case DataFormat::Json: return "application/json; charset=utf-8";
    case DataFormat::Ndjson: return "application/x-ndjson; charset=utf-8";
    case DataFormat::Csv: return "text/csv; charset=utf-8";
    case DataFormat::Parquet: return "application/vnd.apache.parquet";
    case DataFormat::ArrowStream: return "application/vnd.apache.arrow.stream";
  }
  return "";
}

std::string_view suffix_of(DataFormat format) {
  const auto* offer = std::ranges::find(kOffers, Representation{format, Shape::Rows}, &Offer::representation);
  return offer == kOffers.end() ? "" : offer->suffix;
}

}  // namespace weft
