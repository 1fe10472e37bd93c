#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "tests/stress/moods.h"
#include "tests/stress/poller.h"

namespace atl::stress {

// An HTTP/1.1 server whose answers are a Temper's. The poller's thread.
class Origin final : public Ready {
 public:
  Origin(Poller& poller, Temper& temper);
  ~Origin() override;
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  uint16_t port() const { return port_; }
  uint64_t requests() const { return requests_; }
  void ready(uint32_t events) override;

 private:
  class Connection;
  void forget(Connection& connection);

  Poller& poller_;
  Temper& temper_;
  int listener_ = -1;
  uint16_t port_ = 0;
  uint64_t requests_ = 0;
  std::set<std::shared_ptr<Connection>> connections_;
};

}  // namespace atl::stress
