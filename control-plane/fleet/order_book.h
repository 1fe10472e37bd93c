#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "control-plane/fleet/order.h"

namespace atl::control {

// The orders in force, kept over restarts: a PoP that was taken out of service stays out. One
// thread; writing blocks until it is durable.
class OrderBook {
 public:
  // Reads what is there. The error is a sentence; a file that is damaged is one too, because PoPs
  // must not go back into service by themselves.
  static std::expected<OrderBook, std::string> open(std::string path);

  // Of a PoP of which there is none: to serve.
  const Order& of(std::string_view pop) const;
  // Durable when it returns; nothing is changed if it fails.
  std::expected<void, std::string> set(const std::string& pop, Order order);

 private:
  using Orders = std::map<std::string, Order, std::less<>>;
  explicit OrderBook(std::string path) : path_(std::move(path)) {}

  std::string path_;
  Orders orders_;  // without those to serve
};

}  // namespace atl::control
