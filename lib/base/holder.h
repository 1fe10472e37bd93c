#pragma once

#include <memory>
#include <string>
#include <utility>

namespace atl {

// Keeps something alive until it is destroyed: the bytes of a queued write, say. Type-erased and
// without allocation of its own; move-only. Release happens on the thread that destroys it.
class Holder {
 public:
  using Release = void (*)(void* object);

  Holder() = default;
  Holder(void* object, Release release) : object_(object), release_(release) {}
  Holder(Holder&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), release_(other.release_) {}
  Holder& operator=(Holder&& other) noexcept {
    Holder(std::move(other)).swap(*this);
    return *this;
  }
  ~Holder() {
    if (object_ != nullptr) release_(object_);
  }

  explicit operator bool() const { return object_ != nullptr; }
  void swap(Holder& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(release_, other.release_);
  }

 private:
  void* object_ = nullptr;
  Release release_ = nullptr;
};

// Hands a heap object to a Holder.
template <class T>
Holder hold(std::unique_ptr<T> object) {
  return {object.release(), [](void* raw) { delete static_cast<T*>(raw); }};
}

}  // namespace atl
