#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "edge/fetch/fetch.h"
#include "edge/fetch/transfer.h"
#include "edge/frontend/frontend.h"
#include "edge/frontend/part_body.h"
#include "edge/frontend/part_fetch.h"
#include "lib/server/application.h"

namespace atl::edge {

// A request that could not be answered at once: asks for a fetch or joins one, waits for its head,
// passes on its body. The connection owns it; loop thread.
class Request final : public server::Handler, TransferReader::Sink, BodySource {
 public:
  Request(Frontend& frontend, Inquiry inquiry);
  ~Request() override;

  void run();
  // The same, but what is stored for the request is an error that has this page.
  void run_page(const ErrorPage& page);

 private:
  enum class Step : uint8_t {
    Ask,      // begin or join a fetch
    Head,     // its outcome is awaited
    Body,     // the answer's head has left, its body is passed on
    Blocked,  // the same, but the client must take some first
    Ended,    // the exchange is over; nothing may be touched but what is ours
  };
  enum class Next : uint8_t { More, Wait };

  // The part of the body that the client gets, while it is passed on.
  struct Passing {
    uint64_t skip = 0;
    std::optional<uint64_t> left;  // nullopt: to its end
    Account account;
  };

  void on_body(std::string_view bytes) override;
  void on_body_end(std::string_view trailers) override;
  void on_writable() override;
  void on_abort(server::Abort why) override;
  void on_transfer() override { run(); }
  void on_fetch_writable() override;
  void on_fetch_ended() override { fetch_ = nullptr; }

  Next ask();
  Next ask_shared();
  Next ask_alone();
  Next await_head();
  Next take_head(const ResponseHead& head);
  Next take_object(cache::Pin object);
  Next take_from_disk(cache::Pin object, const cache::Judgement& judgement);
  Next take_failure();
  const ErrorPage* page_for(uint16_t status) const;
  Next turn_to_page(const ErrorPage& page, std::string_view why);
  Next page_failed();
  Next answer_from(const ResponseHead& head);
  Next begin(const ResponseHead& head, const Selection& selection);
  Next begin_at_once(std::string_view head, std::string_view lines, const ResponseHead& from,
                     uint64_t length);
  Next pass_body();

  // Answers in parts (request_part.cc).
  bool has_usable_outline() const;
  Next use_outline(cache::Store::Found found);
  Next ask_missing(uint64_t offset);
  std::optional<PartAsk> first_part_of(const cache::Store::Found& found) const;
  Next take_part(const ResponseHead& head);
  Next take_without_part(const ResponseHead& head);
  bool is_passed_on(const ArrivingPart& part, const Selection& selection) const;
  static bool answers(const ResponseHead& head, const Selection& selection);
  Next serve_outline(cache::Pin outline, const Selection& selection, const CacheStatus& status,
                     const Account& done);
  Next pass_parts();

  bool is_follower() const { return !leading_ && plan().mode == FetchMode::Fill; }
  Next go_alone(std::string_view detail);
  Next try_own_variant(std::string_view variant_key);
  bool falls_back(uint16_t status);
  Next serve_stale(uint16_t forward_status, std::string_view detail);
  Next serve_stored(cache::Pin object, Outcome outcome, const CacheStatus& status);
  void learn_from_head(const ResponseHead& head);
  CacheStatus status_of(const ResponseHead& head) const;
  Outcome outcome_of(const ResponseHead& head) const;
  Account account(Outcome outcome, std::string_view reason) const;
  void write_account();
  void retire();

  const Exchange& exchange() const { return inquiry_.exchange; }
  // What selects among variants.
  http::Fields fields() const {
    return inquiry_.request ? inquiry_.request->fields() : exchange().head.fields;
  }
  std::shared_ptr<const UpstreamRequest> upstream_request() const;
  ForwardPlan& plan() { return inquiry_.plan; }
  const ForwardPlan& plan() const { return inquiry_.plan; }
  FrontendContext& context() { return frontend_.context(); }
  WallTime now() { return context().loop.wall_now(); }

  Frontend& frontend_;
  Inquiry inquiry_;
  Step step_ = Step::Ask;
  bool leading_ = false;
  std::string variant_;       // of the flight asked for; see FlightName
  bool own_variant_ = false;  // the second flight asked for
  std::string_view failed_;   // of the page's error: why there was no answer, if there was none
  Fetch* fetch_ = nullptr;    // takes our body
  Passing passing_;
  std::optional<PartAsk> part_;      // what was asked for instead of the whole
  std::unique_ptr<PartBody> parts_;  // instead of the transfer's body
  KeptRequest kept_;
  bool confirmed_ = false;  // a 304 makes the outline usable as it is
  unsigned asked_ = 0;      // for parts that turned out to be of no use
  TransferReader reader_;
};

}  // namespace atl::edge
