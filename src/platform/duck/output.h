// The growing end of a buffer. Writers reserve, write through a bare pointer, and say how far they came.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace weft::duck {

class Output {
 public:
  // Starts over at the beginning of `target`, whose capacity is kept.
  explicit Output(std::string& target) : target_(target) { extend(target.capacity()); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { target_.resize(size()); }

  // At least `bytes` may be written at the pointer that comes back.
  [[nodiscard]] char* reserve(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) grow(bytes);
    return at_;
  }
  void commit(char* at) { at_ = at; }
  [[nodiscard]] char* position() const { return at_; }

  void append(std::string_view text) {
    std::memcpy(reserve(text.size()), text.data(), text.size());
    at_ += text.size();
  }
  void append(char byte) {
    *reserve(1) = byte;
    ++at_;
  }
  // Takes back what was written after the first `size` bytes.
  void cut(std::size_t size) { at_ = target_.data() + size; }

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(at_ - target_.data()); }
  [[nodiscard]] std::string_view view() const { return {target_.data(), size()}; }

 private:
  void grow(std::size_t bytes) {
    const auto used = size();
    target_.resize(used);
    extend(std::max(used + bytes, used + used / 2 + 256));
    at_ = target_.data() + used;
  }
  // Makes the whole capacity writable without filling it.
  void extend(std::size_t size) {
    target_.resize_and_overwrite(size, [](char*, std::size_t n) { return n; });
    at_ = target_.data();
    end_ = target_.data() + target_.size();
  }

  std::string& target_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace weft::duck
