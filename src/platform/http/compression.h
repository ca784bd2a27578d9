// gzip: who wants it, what deserves it, and the compressor.
#pragma once

#include <zlib.h>

#include <memory>
#include <string>
#include <string_view>

#include "platform/http/message.h"

namespace weft::http {

// Bodies below this are not worth it.
inline constexpr std::size_t kMinCompressedBytes = 1024;

enum class Coding { Identity, Gzip };

// What Accept-Encoding asks for; its q-values are honoured. Without the header: Identity.
[[nodiscard]] Coding preferred_coding(const Headers& request_headers);

// Text, JSON in its many names, CSV, XML and scripts; not what is compressed already (Parquet, Arrow, images).
[[nodiscard]] bool is_compressible(std::string_view content_type);

class GzipWriter {
 public:
  enum class Speed { Fast, Small };
  enum class Flush {
    Piece,   // all input so far can be read by the client
    Finish,  // the end; the trailer is written
  };

  // Throws std::bad_alloc.
  explicit GzipWriter(Speed speed);
  // Appends the compressed form of `input` to `output`.
  void write(std::string_view input, Flush flush, std::string& output);
  // Makes it ready for another body.
  void reset();

 private:
  struct End {
    void operator()(z_stream* stream) const;
  };
  std::unique_ptr<z_stream, End> stream_;  // zlib keeps its address
};

// A whole body at once.
[[nodiscard]] std::string gzip(std::string_view body);

}  // namespace weft::http
