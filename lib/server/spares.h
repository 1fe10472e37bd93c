#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace atl::server {

// Objects that were used and will be again, so that an idle connection holds none and a busy one
// need not allocate. One thread.
template <class T>
class Spares {
 public:
  // Null when there is none.
  std::unique_ptr<T> take() {
    if (spare_.empty()) return nullptr;
    std::unique_ptr<T> object = std::move(spare_.back());
    spare_.pop_back();
    return object;
  }
  void give(std::unique_ptr<T> object) {
    if (spare_.size() < kKept) spare_.push_back(std::move(object));
  }

 private:
  static constexpr size_t kKept = 64;
  std::vector<std::unique_ptr<T>> spare_;
};

}  // namespace atl::server
