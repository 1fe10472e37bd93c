#pragma once

#include <functional>
#include <initializer_list>
#include <vector>

#include "lib/net/loop.h"

namespace atl::net {

// Calls back on the loop when the process gets one of the signals. For main(); one per process.
class Signals {
 public:
  Signals(Loop& loop, std::initializer_list<int> signals, std::function<void(int signal)> callback);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct Node;
  std::vector<Node*> nodes_;
  std::function<void(int)> callback_;
};

}  // namespace atl::net
