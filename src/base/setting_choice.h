// Settings that choose one of a few. The names that people write stand in the table of settings, in the same order.
#pragma once

namespace weft {

enum class LogFormat { Auto, Human, Json };  // Auto: Human on a terminal, else Json
enum class LogLevel { Debug, Info, Warning, Error };

// Whether workers may run where the kernel has nothing that keeps them from other files.
enum class WithoutLandlock { Refuse, Allow };

// How far the journal of hits is flushed before an answer counts as sent.
enum class UsageSync {
  Batch,   // at most once a second: power loss may cost that second, a crash nothing
  Always,  // each time
};

enum class SmtpSecurity { None, StartTls, Tls };

}  // namespace weft
