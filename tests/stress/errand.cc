#include <fmt/format.h>

#include "tests/stress/crowd.h"

namespace atl::stress {
namespace {

class Dice {
 public:
  Dice(uint32_t seed, uint64_t number)
      : random_(seed * 2'654'435'761ULL + number * 40'503ULL + 1) {}
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(random_() >> 33) % bound; }
  bool percent(uint32_t share) { return below(100) < share; }

 private:
  std::mt19937_64 random_;
};

// Of what there may be: the size of the first version says roughly where the end is.
std::string some_range(Dice& dice, size_t object) {
  const auto size = static_cast<uint32_t>(size_of({object, {}, 1}));
  const uint32_t first = dice.below(size);
  const uint32_t last = first + dice.below(size - first);
  switch (dice.below(8)) {
    case 0:
      return fmt::format("bytes={}-", first);
    case 1:
      return fmt::format("bytes=-{}", 1 + dice.below(size));
    case 2:
      return fmt::format("bytes={}-{},{}-{},-{}", first / 3, first / 3 + 9, first / 2 + 500,
                         first / 2 + 600, 1 + dice.below(100));
    case 3:
      return fmt::format("bytes={}-", size + dice.below(size));
    case 4:
      return "bytes=0-0";
    default:
      return fmt::format("bytes={}-{}", first, last);
  }
}

std::string some_tag(Dice& dice, size_t object, std::string_view variant,
                     const Catalogue& catalogue) {
  const uint32_t now = catalogue.current(object);
  return tag_of({object, variant, now - std::min(now, dice.below(3))});
}

Errand::Manner some_manner(Dice& dice) {
  using Manner = Errand::Manner;
  const uint32_t share = dice.below(200);
  if (share < 2) return Manner::LeavesInHead;
  if (share < 8) return Manner::LeavesAtOnce;
  if (share < 24) return Manner::LeavesInBody;
  if (share < 28) return Manner::HalfCloses;
  if (share < 36) return Manner::ReadsSlowly;
  return Manner::Patient;
}

void add_conditions(Dice& dice, const Catalogue& catalogue, Inquiry& inquiry) {
  if (dice.percent(30)) {
    inquiry.range = some_range(dice, inquiry.object);
    if (dice.percent(25) && validator_of(inquiry.object) == Validator::Strong) {
      inquiry.if_range = some_tag(dice, inquiry.object, inquiry.variant, catalogue);
    }
  } else if (dice.percent(15)) {
    inquiry.if_none_match = some_tag(dice, inquiry.object, inquiry.variant, catalogue);
  }
}

}  // namespace

Errand make_errand(uint32_t seed, uint64_t number, const Catalogue& catalogue) {
  Dice dice(seed, number);
  Errand errand;
  Inquiry& inquiry = errand.inquiry;
  // The smaller the number, the hotter the object.
  const auto count = static_cast<uint32_t>(catalogue.size());
  inquiry.object = std::min(dice.below(count), dice.below(count));
  const std::string_view language = dice.percent(50) ? "de" : "en";
  if (varies(inquiry.object)) inquiry.variant = language;
  if (dice.percent(2)) {
    inquiry.method = "POST";
  } else if (dice.percent(5) && validator_of(inquiry.object) != Validator::None) {
    inquiry.method = "HEAD";
  } else {
    add_conditions(dice, catalogue, inquiry);
  }
  std::string& head = errand.head;
  head = fmt::format("{} {} HTTP/1.1\r\nHost: www.example.org\r\nAccept-Language: {}\r\n",
                     inquiry.method, path_of(inquiry.object), language);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) head += fmt::format("{}: {}\r\n", name, value);
  };
  add("Range", inquiry.range);
  add("If-Range", inquiry.if_range);
  add("If-None-Match", inquiry.if_none_match);
  if (dice.percent(4)) {
    constexpr std::string_view kDirectives[] = {"no-cache", "max-age=0", "no-store",
                                                "only-if-cached", "max-stale"};
    head += fmt::format("Cache-Control: {}\r\n", kDirectives[dice.below(5)]);
  }
  errand.manner = some_manner(dice);
  errand.until = dice.below(static_cast<uint32_t>(size_of({inquiry.object, {}, 1})) + 1);
  errand.resets = dice.percent(50);
  errand.last = dice.percent(5);
  const std::string body = inquiry.method == "POST" ? std::string(dice.below(40'000), 'b') : "";
  if (inquiry.method == "POST") {
    head += dice.percent(50)
                ? fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body)
                : fmt::format("Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
                              body.empty() ? "" : fmt::format("{:x}\r\n{}\r\n", body.size(), body));
  } else {
    head += "\r\n";
  }
  return errand;
}

}  // namespace atl::stress
