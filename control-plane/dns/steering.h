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
  std::array<uint16_t, kMostAnswers> pops{};  // indices into the chart
  uint8_t size = 0;
  // How many of them the client is to be sent to; they come first. Only if there is nobody else,
  // PoPs that should not get more are among them.
  uint8_t active = 0;
  uint8_t scope = 0;       // how many leading bits of the address (of 128) this holds for
  bool forbidden = false;  // the distribution is not for the client's country
  bool single = false;     // the first one alone is the answer: a share or an order would be undone
};

// Decides, and remembers what it decided: asking databases takes longer than all the rest of an
// answer. One thread. Does not allocate once it is warm.
class Steering {
 public:
  Steering();

  // Valid until the next call.
  const Ranking& rank(const View& view, const geo::Address& client, uint32_t distribution);

 private:
  struct Slot {
    uint64_t epoch = 0;  // of the view it was decided in; 0: empty
    uint64_t high = 0;   // of the address, as far as `length` goes
    uint64_t low = 0;
    uint32_t policy = 0;  // of the chart
    uint8_t length = 0;
    Ranking ranking;
  };
  static constexpr size_t kSlots = 4096;

  void decide(const View& view, const geo::Address& client, uint32_t policy, Ranking& ranking);

  std::unique_ptr<std::array<Slot, kSlots>> slots_;
  geo::Decision decision_;
};

}  // namespace atl::dns
