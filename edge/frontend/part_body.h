#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "edge/cache/object.h"
#include "edge/cache/parts.h"
#include "edge/cache/segment.h"
#include "edge/fetch/transfer.h"
#include "edge/frontend/answer.h"
#include "edge/frontend/part_fetch.h"
#include "lib/base/holder.h"

namespace atl::edge {

// The body of an answer from a representation of which only parts are stored: what is stored comes
// from the store, what is missing is fetched block by block as the client takes it, the next block
// while one is on its way. A fetch that breaks off is begun again where it did, a few times.
//
// Every byte is of the outline's representation: what the origin sends is held against its strong
// validator, and when that has changed the body breaks off. Loop thread; lives within its request.
class PartBody {
 public:
  using Section = PartAnswer::Section;

  // `reader` is the request's; it may be on the fetch of a part already. Of `answer`, what is said
  // of the body is taken.
  PartBody(FrontendContext& context, const Inquiry& inquiry, TransferReader& reader,
           cache::Pin outline, PartAnswer answer);

  enum class Next : uint8_t {
    Bytes,   // `out` has some
    Wait,    // the reader's sink will be woken
    End,     // that was all
    Broken,  // the rest cannot be had
  };
  struct Chunk {
    std::string_view bytes;
    Holder holder;  // keeps them
  };
  Next next(Chunk& out);
  // After Broken: the reason, static text for the access log.
  std::string_view why() const { return why_; }

 private:
  // What arrives on the reader's transfer.
  struct Arriving {
    cache::ByteRange range;
    uint64_t next = 0;          // offset of the segment to be taken next
    cache::SegmentRef segment;  // taken last; ends at `next`
  };
  enum class Look : uint8_t { Found, Elsewhere, Wait, Broken };

  const cache::ByteRange& range() const { return sections_[section_].range; }
  bool give_text(std::string& text, Chunk& out);
  void give(std::string_view bytes, Holder holder, Chunk& out);
  Look look_at_head();
  Look take_arriving(Chunk& out);
  Look broken(std::string_view why);
  bool take_stored(Chunk& out);
  void look_ahead();
  void leave();

  FrontendContext& context_;
  const Inquiry& inquiry_;
  TransferReader& reader_;
  const cache::Pin outline_;
  cache::Parts parts_;
  std::vector<Section> sections_;
  std::string end_;
  size_t section_ = 0;
  uint64_t at_ = 0;  // offset of the next byte
  std::optional<Arriving> arriving_;
  KeptRequest request_;
  uint64_t ahead_ = 0;  // the block that was looked after last
  unsigned idle_ = 0;   // looks since the last byte
  unsigned failures_ = 0;
  std::string_view why_ = "part-missing";
};

}  // namespace atl::edge
