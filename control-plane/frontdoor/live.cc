#include "control-plane/frontdoor/live.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control-plane/frontdoor/live_json.h"
#include "control-plane/frontdoor/reply.h"

namespace atl::control {
namespace {

std::string event(std::string_view name, std::string_view data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, data);
}

}  // namespace

// One client of the stream. What it cannot take in time it misses: the next event says it all.
class Live::Listener final : public server::Handler {
 public:
  Listener(Live& live, server::Responder& responder, http::DateTime now,
           std::function<bool()> allowed)
      : live_(live), responder_(responder), allowed_(std::move(allowed)) {
    live_.listeners_.push_back(this);
    const std::string head = fmt::format(
        "HTTP/1.1 200 OK\r\nDate: {}\r\nContent-Type: text/event-stream\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n",
        http::format_date(now));
    const std::string_view piece = head;
    responder_.begin({&piece, 1}, {.length = std::nullopt});
  }
  ~Listener() override { leave(); }

  void on_body(std::string_view) override {}
  void on_body_end(std::string_view) override {}
  void on_writable() override { writable_ = true; }
  void on_abort(server::Abort) override { leave(); }

  // `layout` is sent before, if it is news to this listener.
  void tell(std::string_view text, std::string_view layout, uint64_t layout_number) {
    if (!writable_) return;
    auto bytes = std::make_unique<std::string>();
    if (std::exchange(layout_seen_, layout_number) != layout_number) *bytes += layout;
    *bytes += text;
    const std::string_view piece = *bytes;
    writable_ = responder_.write(piece, hold(std::move(bytes)));
  }
  bool allowed() const { return allowed_(); }
  void finish() {
    leave();
    responder_.finish();
  }

 private:
  void leave() { std::erase(live_.listeners_, this); }

  Live& live_;
  server::Responder& responder_;
  const std::function<bool()> allowed_;
  uint64_t layout_seen_ = 0;
  bool writable_ = true;
};

Live::Live(const Clock& clock, const Controller& controller, const Fleet& fleet,
           std::string_view version)
    : clock_(clock), controller_(controller), fleet_(fleet), version_(version) {}

Live::~Live() { end(); }

void Live::tick() {
  std::vector<std::string> pops;
  std::vector<NodeReading> readings;
  for (const PopConfig& pop : controller_.site()->config().pops) {
    pops.push_back(pop.id);
    for (const NodeRecord* record : fleet_.nodes_of(pop.id)) {
      if (!record->statistics) continue;
      readings.push_back({pop.id, record->hello.node, record->hello.instance, record->statistics_at,
                          &*record->statistics});
    }
  }
  if (!history_.advance(clock_.wall(), clock_.mono(), pops, readings)) return;
  if (listeners_.empty()) return;
  look_at_layout();
  const std::string text = event("sample", sample_json(view(), history_));
  const std::vector<Listener*> all = listeners_;  // one that breaks leaves meanwhile
  for (Listener* listener : all) {
    if (std::find(listeners_.begin(), listeners_.end(), listener) == listeners_.end()) continue;
    if (!listener->allowed()) {
      listener->finish();
      continue;
    }
    listener->tell(text, layout_, layout_number_);
  }
}

void Live::look_at_layout() {
  std::string made = event("layout", layout_json(view()));
  if (made == layout_) return;
  layout_ = std::move(made);
  ++layout_number_;
}

std::unique_ptr<server::Handler> Live::listen(server::Responder& responder, http::DateTime now,
                                              std::function<bool()> allowed) {
  if (listeners_.size() >= kMostListeners) {
    Reply reply = error_reply(503, fmt::format("{} listen already; try later", kMostListeners));
    reply.extra = "Retry-After: 5\r\n";
    send(responder, std::move(reply), now, false);
    return nullptr;
  }
  auto listener = std::make_unique<Listener>(*this, responder, now, std::move(allowed));
  look_at_layout();
  const bool known = history_.last_second() != 0;
  listener->tell(known ? event("sample", sample_json(view(), history_)) : std::string(), layout_,
                 layout_number_);
  return listener;
}

void Live::end() {
  while (!listeners_.empty()) listeners_.back()->finish();
}

}  // namespace atl::control
