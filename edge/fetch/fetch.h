#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/parts.h"
#include "edge/cache/store.h"
#include "edge/disk/tier_slot.h"
#include "edge/encoding/encoder.h"
#include "edge/fetch/flight_table.h"
#include "edge/fetch/hot_keys.h"
#include "edge/fetch/origin_book.h"
#include "edge/fetch/peer_order.h"
#include "edge/fetch/purge_marks.h"
#include "edge/fetch/retention_budget.h"
#include "edge/fetch/transfer.h"
#include "edge/fetch/upstream_request.h"
#include "edge/identity.h"
#include "edge/stats/counters.h"
#include "lib/base/log.h"
#include "lib/net/loop.h"
#include "lib/rpc/exchange_client.h"

namespace atl::edge {

class FetchSet;

struct FetchLimits {
  uint64_t max_object = 64ULL << 20;              // largest body that is stored
  std::chrono::milliseconds body_idle{60'000};    // origin sends nothing although it may
  std::chrono::milliseconds head_grace{2'000};    // past the origin's own head_timeout
  std::chrono::milliseconds uncacheable{60'000};  // how long "hit for miss" is remembered
  std::chrono::milliseconds disk_grace{2'000};    // then the origin is asked instead
  uint64_t part_block = 1ULL << 20;               // a part is fetched in blocks of so many bytes
};

// What every fetch of one worker works with. Outlives them.
struct FetchContext {
  net::Loop& loop;
  rpc::ExchangeClient& client;
  cache::Store& store;
  FlightTable& flights;
  RetentionBudget& budget;
  Counters& counters;
  const Identity& identity;
  OriginBook& origins;
  HotKeys& hot;
  const PurgeMarks& purges;
  FetchLimits limits;
  const disk::TierSlot& disk;  // null: memory is the only tier
};

// The client's half of a request with a body: hears when more may be sent.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual void on_fetch_writable() = 0;
  virtual void on_fetch_ended() = 0;  // no more body is wanted; the fetch must not be used again
};

// One answer from an origin group: a chain of attempts until one has a head to show, then its body,
// into a Transfer and, when it may be stored and is complete, into the store. Owned by its worker's
// FetchSet, so it outlives the client that began it. Loop thread.
class Fetch final : public net::Disposable,
                    rpc::ExchangeObserver,
                    Transfer::Producer,
                    OriginQueuer::Owner {
 public:
  Fetch(FetchSet& owner, FetchPlan plan, std::unique_ptr<Flight> flight);
  ~Fetch() override;

  // Looks on disk, if there may be something, then opens the first exchange. May end the fetch:
  // when no origin may be asked.
  void start();

  // It has ended and goes at the end of the turn: nothing may be called any more.
  bool ended() const { return step_ == Step::Ended; }
  // False: on_fetch_writable() will say when.
  bool takes_body() const { return call_ != nullptr; }
  // The request body, piece by piece, once it is taken. False: wait for on_fetch_writable().
  void set_body_source(BodySource* source) { body_source_ = source; }
  bool send_body(std::string_view bytes);
  void end_body(std::string_view trailers);

  // Called now and then: gives up what has waited too long.
  void check_deadline(MonoTime now);
  // The worker stops.
  void abort();

  const std::shared_ptr<Transfer>& transfer() const { return flight_->transfer(); }

 private:
  friend class FetchSet;

  enum class Step : uint8_t {
    Disk,         // what is stored there is being read
    Queue,        // the origin has as many exchanges as it may have
    Head,         // an attempt is open, nothing was passed on
    NotModified,  // a 304 to our condition came; its end is awaited
    Body,         // the head was passed on
    Ended,
  };

  void on_informational(uint16_t status, std::string_view fields) override;
  void on_head(const rpc::ExchangeResponseHead& head) override;
  void on_body(std::string chunk) override;
  void on_end(std::string_view trailers) override;
  void on_failure(const rpc::ExchangeFailure& failure) override;
  void on_request_writable() override;
  void on_room() override;
  void on_abandoned() override;
  void on_admitted(OriginTicket ticket, Refusal refusal) override;

  // A read that outlives the fetch finds it gone.
  struct DiskRead {
    Fetch* fetch;
  };
  bool look_on_disk();
  void on_disk(cache::Pin object);
  void forget_disk_read();

  // Parts (fetch_part.cc).
  cache::Parts parts() const { return {context_.store, context_.limits.part_block}; }
  void append_part_fields(std::string& fields) const;
  void publish_part(const rpc::ExchangeResponseHead& head);
  cache::PartDecision judge_arrived(const std::optional<uint64_t>& body_length);
  bool may_keep(const cache::PartDecision& decision, ResponseHead& head) const;
  cache::Pin begin_outline(const cache::PartDecision& decision, ResponseHead& head);
  cache::Pin refresh_outline(ResponseHead& head);
  void refuse_part(std::string_view reason);
  void keep_part();
  void keep_cut_off();
  bool outdates_outline(const cache::ResponseView& response) const;
  void drop_outline();
  void begin_body(ResponseHead head);

  void ask_peers_first();
  std::chrono::milliseconds head_time() const;
  void count_attempt();
  void approach();
  Refusal admit_from(size_t first);
  bool join_queue();
  void open();
  bool next_origin();
  bool may_retry(bool request_seen) const;
  void publish(const rpc::ExchangeResponseHead& head);
  cache::StoreReason decide(const cache::ResponseView& response, ResponseHead& head) const;
  void negotiate(const cache::ResponseView& response, const ResponseHead& head);
  void begin_encoding(ResponseHead& head);
  void append(std::string chunk);
  void invalidate(const cache::ResponseView& response);
  void remember_uncacheable(uint16_t status);
  void stop_storing(std::string_view why);
  void apply_not_modified();
  void drop_stale();
  void refetch_whole();
  void finish_body(std::string_view trailers);
  void give_up(UpstreamFailure failure);
  void attempt_failed(const rpc::ExchangeFailure& failure);
  void log_failure(std::string_view what) const;
  // The same for what is no failure, but surprises who expects it to be stored.
  void log_remark(std::string_view what) const;
  void log_exchange(LogLevel level, std::string_view what) const;
  void end();

  const OriginEndpoint& origin() const { return *origins_[attempt_]; }
  bool at_sibling() const { return &origin() == peers_.sibling; }

  FetchSet& owner_;
  FetchContext& context_;
  FetchPlan plan_;  // `stale` may come from disk
  const cache::Policy policy_;
  std::unique_ptr<Flight> flight_;
  std::unique_ptr<rpc::ExchangeCall> call_;
  BodySource* body_source_ = nullptr;
  Step step_ = Step::Head;

  // In the order in which they are tried: other edges first, then the group's.
  std::vector<const OriginEndpoint*> origins_;
  PeerRoute peers_;
  size_t attempt_ = 0;
  OriginTicket ticket_;                   // for the present attempt
  std::unique_ptr<OriginQueuer> queuer_;  // in Step::Queue
  bool conditional_ = false;              // our own validators go with the request
  bool body_begun_ = false;  // request body bytes were given away: no other origin can have them
  bool storing_ = false;
  bool paused_ = false;
  WallTime request_time_{};
  WallTime response_time_{};
  MonoTime deadline_{};
  std::optional<uint64_t> body_length_;
  uint64_t received_ = 0;
  std::string not_modified_;  // field lines of the 304
  std::string stale_head_;    // of `plan_.stale`, as the origin sent it
  Negotiated coding_;         // of the answer that is being stored
  std::unique_ptr<encoding::Encoder> encoder_;
  std::vector<http::Field> fields_;
  size_t place_ = 0;                     // in the owner's list
  std::shared_ptr<DiskRead> disk_read_;  // in Step::Disk
  uint64_t disk_epoch_ = 0;              // of the store, when the read began
};

// Owns a worker's fetches. Loop thread.
class FetchSet {
 public:
  explicit FetchSet(FetchContext context);
  ~FetchSet();
  FetchSet(const FetchSet&) = delete;
  FetchSet& operator=(const FetchSet&) = delete;

  // The fetch lives until it has ended. `flight`: see FlightTable.
  Fetch& start(FetchPlan plan, std::unique_ptr<Flight> flight, BodySource* body = nullptr);

  // Every answer still in arrival is cut off; nobody hears of it.
  void abort_all();

  // Gives up what has waited too long; runs by itself four times a second.
  void check_deadlines(MonoTime now);

  size_t size() const { return fetches_.size(); }
  FetchContext& context() { return context_; }

 private:
  friend class Fetch;
  void remove(Fetch& fetch);
  void tick();

  FetchContext context_;
  net::Timer timer_;
  std::vector<std::unique_ptr<Fetch>> fetches_;
  // An origin that is down fails thousands of fetches a second; the log gets a few lines of them.
  // Lines the log may take at once, of those about single exchanges; some more every tick.
  static constexpr uint32_t kLogBurst = 30;
  uint32_t log_tokens_ = kLogBurst;
  uint64_t unlogged_ = 0;
};

}  // namespace atl::edge
