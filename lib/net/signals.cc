#include "lib/net/signals.h"

#include <uv.h>

#include <utility>

#include "lib/base/check.h"

namespace atl::net {

struct Signals::Node {
  uv_signal_t handle;
  Signals* owner;
};

Signals::Signals(Loop& loop, std::initializer_list<int> signals, std::function<void(int)> callback)
    : callback_(std::move(callback)) {
  for (const int number : signals) {
    auto* node = new Node{{}, this};
    ATOLL_CHECK(uv_signal_init(loop.raw(), &node->handle) == 0);
    node->handle.data = node;
    ATOLL_CHECK(uv_signal_start(
                    &node->handle,
                    [](uv_signal_t* handle, int signal) {
                      auto* self = static_cast<Node*>(handle->data);
                      if (self->owner != nullptr) self->owner->callback_(signal);
                    },
                    number) == 0);
    nodes_.push_back(node);
  }
}

Signals::~Signals() {
  for (Node* node : nodes_) {
    node->owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&node->handle),
             [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
  }
}

}  // namespace atl::net
