#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "control-plane/dns/view.h"
#include "control-plane/geo/choice.h"
#include "lib/geo/address.h"

namespace atl::dns {

// The PoPs for a client, the best first: the decision of geo::choose(), as much of it as an answer
// needs.
struct Ranking {
  std::array<uint16_t, kMostAnswers> pops{};  // indices into View::pops
  uint8_t size = 0;
  uint8_t active = 0;  // how many of them take requests; they come first
  uint8_t scope = 0;   // how many leading bits of the address (of 128) this holds for
};

// Decides, and remembers what it decided: asking databases takes longer than all the rest of an
// answer. One thread. Does not allocate once it is warm.
class Steering {
 public:
  Steering();

  // Valid until the next call.
  const Ranking& rank(const View& view, const geo::Address& client);

 private:
  struct Slot {
    uint64_t epoch = 0;  // of the view it was decided in; 0: empty
    uint64_t high = 0;   // of the address, as far as `length` goes
    uint64_t low = 0;
    uint8_t length = 0;
    Ranking ranking;
  };
  static constexpr size_t kSlots = 4096;

  void decide(const View& view, const geo::Address& client, Ranking& ranking);

  std::unique_ptr<std::array<Slot, kSlots>> slots_;
  geo::Decision decision_;
};

}  // namespace atl::dns
