#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "tests/stress/poller.h"
#include "tests/stress/reply.h"
#include "tests/stress/truth.h"

namespace atl::stress {

struct CrowdOptions {
  sockaddr_in edge{};
  size_t clients = 400;  // at the same time
  uint32_t seed = 1;
  std::chrono::seconds deadline{30};  // without a byte: a hang
};

struct Tally {
  uint64_t requests = 0;
  uint64_t complete = 0;
  uint64_t cut_off = 0;     // visibly: the connection ended before the answer did
  uint64_t unanswered = 0;  // the connection ended before a head
  uint64_t left = 0;        // the client went away
  uint64_t connections = 0;
  uint64_t bytes = 0;  // held against the truth
  std::map<uint16_t, uint64_t> by_status;
  std::map<std::string, uint64_t> by_cache;  // "hit", "fwd=miss", "collapsed", "disk"
  uint64_t wrong = 0;
  uint64_t hangs = 0;
};

// What one request is, and how its client behaves. Request number N of a seed is always the same,
// whatever the answers were.
struct Errand {
  Inquiry inquiry;
  std::string head;  // and body
  enum class Manner : uint8_t {
    Patient,
    LeavesInHead,  // before the request is complete
    LeavesAtOnce,  // after the request
    LeavesInBody,  // after `until` bytes
    HalfCloses,    // after the request
    ReadsSlowly,
  } manner = Manner::Patient;
  uint64_t until = 0;
  bool resets = false;
  bool last = false;  // of its connection
};
Errand make_errand(uint32_t seed, uint64_t number, const Catalogue& catalogue);

// Many clients, each with one connection at a time. The poller's thread.
class Crowd {
 public:
  Crowd(Poller& poller, Catalogue& catalogue, const CrowdOptions& options);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void start();
  void stop() { stopping_ = true; }  // no more requests
  bool idle() const { return busy_ == 0; }
  // Counts what has waited too long; call it now and then.
  void look_for_hangs();
  const Tally& tally() const { return tally_; }

 private:
  class Client;
  void note(const ReplyReader& reply);
  void report(const ReplyReader& reply, std::string_view what);

  Poller& poller_;
  Catalogue& catalogue_;
  const CrowdOptions options_;
  Tally tally_;
  uint64_t next_ = 0;
  size_t busy_ = 0;
  bool stopping_ = false;
  std::unordered_set<std::string> serials_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace atl::stress
