// Conditional requests (RFC 9110, section 13) and how they live with compression. Pure.
#pragma once

#include <string>
#include <string_view>

#include "platform/http/message.h"

namespace weft::http {

// Whether the client has this version already: If-None-Match names `etag` (by weak comparison) or is `*`, and the
// method is GET or HEAD. The server asks this of every 200 that carries an ETag and answers 304 itself; a handler may
// ask earlier and answer 304 with the same ETag.
// REQUIRES: etag is quoted, as in the header.
[[nodiscard]] bool has_current_version(const RequestHead& head, std::string_view etag);

// Whether a change may go ahead: If-Match names `etag` (by strong comparison: weak ones never do), a variant of it (`"7.x"`
// of `"7"`: another answer about the same version) or is `*`.
// REQUIRES: etag is quoted and strong.
[[nodiscard]] bool expects_version(const RequestHead& head, std::string_view etag);

// A compressed answer has other bytes than the plain one, so a strong ETag must differ, yet handlers should not have to
// know: the server adds a suffix within the quotes (`"7"` → `"7-gzip"`) and takes it off If-None-Match and If-Match
// before a handler sees them. Not off If-Range: a range of the plain bytes does not continue a compressed answer.
// Weak ETags stay as they are. REQUIRES: no ETag of a handler ends in `-gzip"`.
[[nodiscard]] std::string with_gzip_suffix(std::string_view etag);

enum class GzipSuffix { Absent, Removed };
GzipSuffix remove_gzip_suffixes(Headers& headers);

}  // namespace weft::http
