#include "platform/worker/connect_events.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace weft {

void answer_connect(int connect_events, const std::function<FileDescriptor()>& connection) {
  seccomp_notif event{};
  if (::ioctl(connect_events, SECCOMP_IOCTL_NOTIF_RECV, &event) != 0) return;  // who asked is gone
  seccomp_notif_resp answer{};
  answer.id = event.id;
  answer.error = -EACCES;
  if (const FileDescriptor connected = connection(); connected.valid()) {
    seccomp_notif_addfd place{};
    place.id = event.id;
    place.flags = SECCOMP_ADDFD_FLAG_SETFD;
    place.srcfd = static_cast<__u32>(connected.get());
    place.newfd = static_cast<__u32>(event.data.args[0]);
    place.newfd_flags = O_CLOEXEC;
    answer.error = ::ioctl(connect_events, SECCOMP_IOCTL_NOTIF_ADDFD, &place) < 0 ? -errno : 0;
  }
  (void)::ioctl(connect_events, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

}  // namespace weft
