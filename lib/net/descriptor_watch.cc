#include "lib/net/descriptor_watch.h"

#include <uv.h>

#include <utility>

#include "lib/base/check.h"

namespace atl::net {

// Freed when libuv is done with it; the descriptor is closed then, and not before.
struct DescriptorWatch::Node {
  uv_poll_t poll{};
  Descriptor descriptor;
  std::function<void()> on_readable;
  bool alive = true;
};

DescriptorWatch::DescriptorWatch(Loop& loop, Descriptor descriptor,
                                 std::function<void()> on_readable)
    : node_(new Node) {
  node_->descriptor = std::move(descriptor);
  node_->on_readable = std::move(on_readable);
  node_->poll.data = node_;
  ATOLL_CHECK(uv_poll_init(loop.raw(), &node_->poll, node_->descriptor.get()) == 0);
  ATOLL_CHECK(uv_poll_start(&node_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
                auto* node = static_cast<Node*>(poll->data);
                if (node->alive) node->on_readable();
              }) == 0);
}

DescriptorWatch::~DescriptorWatch() {
  node_->alive = false;
  uv_close(reinterpret_cast<uv_handle_t*>(&node_->poll),
           [](uv_handle_t* handle) { delete static_cast<Node*>(handle->data); });
}

int DescriptorWatch::descriptor() const { return node_->descriptor.get(); }

}  // namespace atl::net
