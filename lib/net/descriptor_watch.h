#pragma once

#include <functional>

#include "lib/net/descriptor.h"
#include "lib/net/loop.h"

namespace atl::net {

// Calls back in every turn in which a descriptor can be read from, for as long as it can. Dies
// silently with its owner, which may be in its callback. Loop thread.
class DescriptorWatch {
 public:
  // `descriptor` is one that poll() knows: a socket, a pipe, a timerfd; non-blocking.
  DescriptorWatch(Loop& loop, Descriptor descriptor, std::function<void()> on_readable);
  ~DescriptorWatch();
  DescriptorWatch(const DescriptorWatch&) = delete;
  DescriptorWatch& operator=(const DescriptorWatch&) = delete;

  // Valid for the watch's life.
  int descriptor() const;

 private:
  struct Node;
  Node* node_;
};

}  // namespace atl::net
