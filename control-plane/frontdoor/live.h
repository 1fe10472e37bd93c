#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/frontdoor/api.h"
#include "control-plane/history/history.h"
#include "lib/base/clock.h"
#include "lib/http/date.h"
#include "lib/server/application.h"

namespace atl::control {

// What is going on now, told to whoever listens: GET /v1/live, an event stream (WHATWG HTML,
// section 9.2 "Server-sent events"), and the past of it. Loop thread.
class Live {
 public:
  // Each costs a connection and, while it does not keep up, at most one unsent event.
  static constexpr size_t kMostListeners = 256;

  // All outlive it.
  Live(const Clock& clock, const Controller& controller, const Fleet& fleet,
       std::string_view version);
  ~Live();

  // Reads the nodes' reports; when a second is over, tells the listeners. To be called several
  // times a second.
  void tick();

  const History& history() const { return history_; }
  size_t listeners() const { return listeners_.size(); }

  // Answers with the stream; null when it was answered otherwise (503: too many listeners). The
  // stream ends when `allowed`, asked once a second, says no.
  std::unique_ptr<server::Handler> listen(server::Responder& responder, http::DateTime now,
                                          std::function<bool()> allowed);
  // Ends every stream, so that a drain need not wait for them.
  void end();

 private:
  class Listener;

  ApiView view() const { return {controller_, fleet_, version_}; }
  void look_at_layout();

  const Clock& clock_;
  const Controller& controller_;
  const Fleet& fleet_;
  const std::string version_;
  History history_;
  std::vector<Listener*> listeners_;  // owned by their connections
  std::string layout_;                // event, as last made
  uint64_t layout_number_ = 0;        // grows when it changes
};

}  // namespace atl::control
