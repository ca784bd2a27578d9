// Rules for the text of settings: each tidies what it accepts, or says how it must look (the message completes
// "<key> …"). Used by the table of settings only.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::setting_rule {

Result<std::string> origin(std::string_view text);         // http(s)://host[:port]; a slash at the end is dropped
Result<std::string> origin_or_any(std::string_view text);  // the same, or `*`
Result<std::string> network(std::string_view text);        // an address, or CIDR without host bits
Result<std::string> store_address(std::string_view text);  // host, address or network; all but networks with a port
Result<std::string> host(std::string_view text);           // a host name or an address
Result<std::string> absolute_path(std::string_view text);  // without `.` and `..`; slashes at the end are dropped
Result<std::string> postgres_url(std::string_view text);
Result<std::string> mailbox(std::string_view text);  // `weft@example.org` or `Weft <weft@example.org>`

}  // namespace weft::setting_rule
