#include "platform/http/compression.h"

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "platform/http/field.h"

namespace weft::http {

namespace {

constexpr int kWindowBitsWithGzipHeader = 15 + 16;
constexpr int kMemoryLevel = 8;

// `0`, `1`, `0.5`, at most three decimals, in thousandths. What is malformed counts as 0: not wanted.
int parse_quality(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return 0;
  int thousandths = (text[0] - '0') * 1000;
  if (text.size() == 1) return thousandths;
  if (text[1] != '.') return 0;
  int unit = 100;
  for (char digit : text.substr(2)) {
    if (digit < '0' || digit > '9') return 0;
    thousandths += (digit - '0') * unit;
    unit /= 10;
  }
  return std::min(thousandths, 1000);
}

int quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto semicolon = parameters.find(';');
    const auto parameter = trim(parameters.substr(0, semicolon));
    parameters.remove_prefix(semicolon == std::string_view::npos ? parameters.size() : semicolon + 1);
    if (parameter.size() >= 2 && (parameter[0] == 'q' || parameter[0] == 'Q') && parameter[1] == '=') {
      return parse_quality(parameter.substr(2));
    }
  }
  return 1000;
}

}  // namespace

Coding preferred_coding(const Headers& request_headers) {
  std::optional<int> gzip_quality;
  std::optional<int> identity;
  std::optional<int> any;
  const auto accepted = joined_field(request_headers, "accept-encoding");
  for (auto element : list_elements(accepted)) {
    const auto semicolon = element.find(';');
    const auto coding = trim(element.substr(0, semicolon));
    const int quality = semicolon == std::string_view::npos ? 1000 : quality_of(element.substr(semicolon + 1));
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) gzip_quality = quality;
    if (equal_ignoring_case(coding, "identity")) identity = quality;
    if (coding == "*") any = quality;
  }
  const int wanted = gzip_quality.value_or(any.value_or(0));
  // Identity that is not named is acceptable, yet the client that names gzip prefers that.
  return wanted > 0 && wanted >= identity.value_or(0) ? Coding::Gzip : Coding::Identity;
}

bool is_compressible(std::string_view content_type) {
  const auto type = trim(content_type.substr(0, content_type.find(';')));
  const auto starts_with = [&](std::string_view prefix) {
    return type.size() >= prefix.size() && equal_ignoring_case(type.substr(0, prefix.size()), prefix);
  };
  const auto ends_with = [&](std::string_view suffix) {
    return type.size() >= suffix.size() && equal_ignoring_case(type.substr(type.size() - suffix.size()), suffix);
  };
  static constexpr std::array<std::string_view, 9> kTypes{"application/json",   "application/ndjson",     "application/x-ndjson",
                                                          "application/csv",    "application/xml",        "application/yaml",
                                                          "application/x-yaml", "application/javascript", "application/sql"};
  return starts_with("text/") || ends_with("+json") || ends_with("+xml") ||
         std::ranges::any_of(kTypes, [&](std::string_view known) { return equal_ignoring_case(type, known); });
}

void GzipWriter::End::operator()(z_stream* stream) const {
  deflateEnd(stream);
  delete stream;
}

GzipWriter::GzipWriter(Speed speed) {
  auto stream = std::make_unique<z_stream>();
  const int level = speed == Speed::Fast ? Z_BEST_SPEED : 5;
  if (deflateInit2(stream.get(), level, Z_DEFLATED, kWindowBitsWithGzipHeader, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  stream_.reset(stream.release());
}

void GzipWriter::write(std::string_view input, Flush flush, std::string& output) {
  constexpr std::size_t kMaxInput = std::numeric_limits<uInt>::max() / 2;
  constexpr std::size_t kStep = 64 * 1024;
  do {
    const auto part = input.substr(0, kMaxInput);
    input.remove_prefix(part.size());
    const int mode = !input.empty() ? Z_NO_FLUSH : flush == Flush::Piece ? Z_SYNC_FLUSH : Z_FINISH;
    stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));  // zlib does not write to it
    stream_->avail_in = static_cast<uInt>(part.size());
    do {
      const auto used = output.size();
      output.resize_and_overwrite(used + kStep, [&](char* bytes, std::size_t) {
        stream_->next_out = reinterpret_cast<Bytef*>(bytes + used);
        stream_->avail_out = kStep;
        deflate(stream_.get(), mode);
        return used + kStep - stream_->avail_out;
      });
    } while (stream_->avail_out == 0);
  } while (!input.empty());
}

void GzipWriter::reset() { deflateReset(stream_.get()); }

std::string gzip(std::string_view body) {
  // A compressor is 256 KiB of memory to set up: each pool thread keeps its own.
  thread_local GzipWriter writer(GzipWriter::Speed::Small);
  writer.reset();
  std::string compressed;
  writer.write(body, GzipWriter::Flush::Finish, compressed);
  return compressed;
}

}  // namespace weft::http
