#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "lib/http/field.h"
#include "tests/stress/truth.h"

namespace atl::stress {

// How the origin misbehaves while it answers one request.
enum class Mood : uint8_t {
  Honest,
  Drops,         // closes without an answer
  Resets,        // the same, harder
  Silent,        // never answers
  Fails,         // 500 or 503
  CutOff,        // closes in the middle of the body
  TooLong,       // Content-Length says more than there is; closes
  TooShort,      // Content-Length says less than there is; X-Short says so to the checker
  Uncacheable,   // for this client only; X-Serial is another one each time
  Late,          // the head after a while
  Halting,       // half of the body after a while
  Unasked304,    // 304 although nothing was asked, or of another version
  Changes,       // another version from this answer on: a part will not fit what is stored
  IgnoresRange,  // 200 to a Range
  OtherRange,    // a part that was not asked for
  StrayRange,    // 200 with Content-Range
  Malformed,     // a line that is no field
  TwoLengths,    // two Content-Lengths that contradict each other
  EarlyHints,    // 103 first
  kCount,
};
std::string_view to_string(Mood mood);

struct OriginRequest {
  std::string method;
  std::string target;
  std::vector<http::Field> fields;  // views that live as long as the request
  std::string_view get(std::string_view name) const;
};

// What goes out: a head, then bytes of an edition. A pure function of its arguments' state, so that
// a seed and the order of requests give the same answers again.
struct OriginAnswer {
  std::string head;
  Edition edition;
  uint64_t offset = 0;  // of the first byte in the edition
  uint64_t length = 0;  // bytes to send
  bool chunked = false;
  bool unterminated = false;  // no last chunk
  bool close = false;         // when all was sent
  bool reset = false;
  bool silent = false;
  std::chrono::milliseconds late{0};     // before the head
  std::chrono::milliseconds halting{0};  // in the middle of the body
};

class Temper {
 public:
  // `silent`: whether Mood::Silent may happen; it costs its clients seconds.
  Temper(Catalogue& catalogue, uint32_t seed, bool silent)
      : catalogue_(catalogue), random_(seed), silent_(silent) {}

  OriginAnswer answer(const OriginRequest& request);
  uint64_t count(Mood mood) const { return counts_[static_cast<size_t>(mood)]; }

 private:
  uint32_t next(uint32_t below) { return static_cast<uint32_t>(random_() >> 8) % below; }
  Mood choose();
  std::string lifetime();
  OriginAnswer found(const OriginRequest& request, size_t object, Mood mood);
  bool unchanged(const OriginRequest& request, const Edition& edition) const;
  OriginAnswer not_modified(const Edition& edition, bool lie);
  bool pick_range(const OriginRequest& request, Mood mood, OriginAnswer& answer,
                  std::string& lines);
  void frame(const OriginRequest& request, Mood mood, uint64_t announced, OriginAnswer& answer,
             std::string& lines);

  Catalogue& catalogue_;
  std::mt19937 random_;
  const bool silent_;
  uint64_t serial_ = 0;
  uint64_t counts_[static_cast<size_t>(Mood::kCount)] = {};
};

}  // namespace atl::stress
