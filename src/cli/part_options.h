// From the settings to the options of each part that the server is made of. No part knows the settings themselves.
#pragma once

#include "cli/housekeeping.h"
#include "cli/mesh_server.h"
#include "mesh/delivery/long_reads.h"
#include "mesh/usage/hit_journal_file.h"
#include "platform/duck/duck.h"
#include "platform/mail/mail.h"
#include "platform/worker/worker.h"

namespace weft {

[[nodiscard]] http::ServerOptions http_options(const MeshServerOptions& options);
[[nodiscard]] WorkerOptions worker_options(const MeshServerOptions& options);
[[nodiscard]] duck::InstanceOptions duck_options(const MeshServerOptions& options);
[[nodiscard]] LongReadLimits long_read_limits(const MeshServerOptions& options);
[[nodiscard]] Retention retention(const MeshServerOptions& options);
[[nodiscard]] HitJournalOptions journal_options(const MeshServerOptions& options);
// By SMTP, or into the folder `mail` where no mail server is set. Errors: `mail.*`.
[[nodiscard]] Result<std::unique_ptr<MailSender>> make_mail_sender(const MeshServerOptions& options);

}  // namespace weft
