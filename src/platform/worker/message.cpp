#include "platform/worker/message.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace weft {
namespace {

constexpr std::size_t kHeadBytes = 4;
constexpr std::size_t kReadBytes = 64U << 10;

std::size_t length_in(const char* head) {
  std::uint32_t length = 0;
  for (std::size_t at = 0; at < kHeadBytes; ++at) length |= static_cast<std::uint32_t>(static_cast<unsigned char>(head[at])) << (8 * at);
  return length;
}

bool write_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(socket, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool read_all(int socket, char* to, std::size_t count) {
  while (count > 0) {
    const auto got = ::read(socket, to, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    count -= static_cast<std::size_t>(got);
  }
  return true;
}

// The first byte carries the descriptor.
bool send_with(int socket, std::string_view bytes, int pass) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec piece{const_cast<char*>(bytes.data()), 1};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &pass, sizeof(int));
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1 && write_all(socket, bytes.substr(1));
}

void take_descriptors(msghdr& message, FileDescriptor& passed) {
  for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(head) + at * sizeof(int), sizeof(int));
      FileDescriptor descriptor(number);
      if (!passed.valid()) passed = std::move(descriptor);
    }
  }
}

}  // namespace

std::string frame(std::string_view text) {
  std::string bytes;
  bytes.reserve(kHeadBytes + text.size());
  for (std::size_t at = 0; at < kHeadBytes; ++at) bytes.push_back(static_cast<char>((text.size() >> (8 * at)) & 0xff));
  bytes.append(text);
  return bytes;
}

std::optional<json::object> parse_message(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth + 2;
  json::error_code error;
  json::value value;
  try {
    value = json::parse(text, error, {}, options);
  } catch (const std::exception&) {
    return std::nullopt;  // out of memory
  }
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

MessageReader::State MessageReader::receive(int socket, FileDescriptor* passed) {
  bytes_.erase(0, std::exchange(taken_, 0));
  while (true) {
    const auto before = bytes_.size();
    if (before >= kHeadBytes && length_in(bytes_.data()) > kMaxMessageBytes) return State::TooLong;
    if (before > kMaxMessageBytes + kHeadBytes) return State::Open;  // a whole message waits to be taken
    bytes_.resize(before + kReadBytes);
    ssize_t got = 0;
    if (passed != nullptr) {
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
      iovec piece{bytes_.data() + before, kReadBytes};
      msghdr message{};
      message.msg_iov = &piece;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      got = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      if (got > 0) take_descriptors(message, *passed);
    } else {
      got = ::recv(socket, bytes_.data() + before, kReadBytes, MSG_DONTWAIT);  // without room for them, none arrive
    }
    const int error = errno;
    bytes_.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got > 0) continue;
    if (got < 0 && error == EINTR) continue;
    return got < 0 && error == EAGAIN ? State::Open : State::Closed;
  }
}

std::optional<std::string> MessageReader::next() {
  const std::string_view rest = std::string_view(bytes_).substr(taken_);
  if (rest.size() < kHeadBytes) return std::nullopt;
  const auto length = length_in(rest.data());
  if (length > kMaxMessageBytes || rest.size() < kHeadBytes + length) return std::nullopt;
  taken_ += kHeadBytes + length;
  return std::string(rest.substr(kHeadBytes, length));
}

bool send_message(int socket, std::string_view text, int pass) {
  if (text.size() > kMaxMessageBytes) return false;
  const std::string bytes = frame(text);
  return pass < 0 ? write_all(socket, bytes) : send_with(socket, bytes, pass);
}

std::optional<std::string> receive_message(int socket) {
  std::array<char, kHeadBytes> head{};
  if (!read_all(socket, head.data(), head.size())) return std::nullopt;
  const auto length = length_in(head.data());
  if (length > kMaxMessageBytes) return std::nullopt;
  std::string text(length, '\0');
  if (!read_all(socket, text.data(), text.size())) return std::nullopt;
  return text;
}

}  // namespace weft
