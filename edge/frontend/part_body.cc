#include "edge/frontend/part_body.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "edge/cache/part.h"

namespace atl::edge {
namespace {

// Looks without a byte between them, and fetches that broke off, before an answer is given up.
constexpr unsigned kIdle = 4;
constexpr unsigned kFailures = 3;
// Fetches under way on a worker above which nothing is fetched ahead.
constexpr size_t kFetches = 4096;

}  // namespace

PartBody::PartBody(FrontendContext& context, const Inquiry& inquiry, TransferReader& reader,
                   cache::Pin outline, PartAnswer answer)
    : context_(context),
      inquiry_(inquiry),
      reader_(reader),
      outline_(std::move(outline)),
      parts_(context.store, context.fetches.context().limits.part_block),
      sections_(std::move(answer.sections)),
      end_(std::move(answer.end)) {
  if (!sections_.empty()) at_ = range().first;
}

PartBody::Next PartBody::next(Chunk& out) {
  while (section_ < sections_.size()) {
    if (give_text(sections_[section_].text, out)) return Next::Bytes;
    if (at_ > range().last) {
      if (++section_ < sections_.size()) at_ = range().first;
      continue;
    }
    Look look = take_arriving(out);
    if (look == Look::Elsewhere && take_stored(out)) look = Look::Found;
    switch (look) {
      case Look::Found:
        look_ahead();
        return Next::Bytes;
      case Look::Wait:
        return Next::Wait;
      case Look::Broken:
        leave();
        return Next::Broken;
      case Look::Elsewhere:
        break;
    }
    leave();
    if (++idle_ > kIdle) return Next::Broken;
    fetch_part(context_, inquiry_, request_, outline_, at_, &reader_);
  }
  return give_text(end_, out) ? Next::Bytes : Next::End;
}

// Once: what was given is not there any more.
bool PartBody::give_text(std::string& text, Chunk& out) {
  if (text.empty()) return false;
  auto kept = std::make_unique<std::string>(std::exchange(text, {}));
  out.bytes = *kept;
  out.holder = hold(std::move(kept));
  return true;
}

// From at_ on, no further than the section goes.
void PartBody::give(std::string_view bytes, Holder holder, Chunk& out) {
  out.bytes = bytes.substr(0, range().last - at_ + 1);
  out.holder = std::move(holder);
  at_ += out.bytes.size();
  idle_ = 0;
}

// Whether what the reader waits for has begun, and is what it should be.
PartBody::Look PartBody::look_at_head() {
  if (arriving_) return Look::Found;
  if (reader_.transfer() == nullptr) return Look::Elsewhere;
  const TransferReader::View view = reader_.look();
  if (view.phase == Transfer::Phase::Waiting) return Look::Wait;
  if (view.phase == Transfer::Phase::Object) return Look::Elsewhere;  // it is stored
  if (view.head == nullptr) return broken(reader_.failure().token);
  if (!view.head->part) {
    const std::string_view refused = view.head->part_refused;
    return broken(refused.empty() ? "part-changed" : refused);
  }
  const ArrivingPart& part = *view.head->part;
  if (part.outline->representation() != outline_->representation()) return broken("part-changed");
  arriving_ = {.range = part.range, .next = part.range.first, .segment = {}};
  return Look::Found;
}

PartBody::Look PartBody::take_arriving(Chunk& out) {
  if (const Look look = look_at_head(); look != Look::Found) return look;
  Arriving& arriving = *arriving_;
  for (;;) {
    const uint64_t held = arriving.segment ? arriving.segment->bytes().size() : 0;
    if (at_ > arriving.range.last) leave();
    if (!arriving_ || at_ < arriving.next - held) return Look::Elsewhere;
    if (at_ < arriving.next) {
      cache::SegmentRef shared = arriving.segment;
      const std::string_view bytes = shared->bytes().substr(at_ - (arriving.next - held));
      give(bytes, std::move(shared).to_holder(), out);
      return Look::Found;
    }
    cache::SegmentRef segment;
    const auto taken = reader_.take({&segment, 1});
    if (taken.count == 0) {
      if (taken.phase == Transfer::Phase::Streaming) return Look::Wait;
      if (taken.phase == Transfer::Phase::Complete) return Look::Elsewhere;
      const Look broke = broken(reader_.failure().token);
      return ++failures_ > kFailures ? broke : Look::Elsewhere;
    }
    arriving.next += segment->bytes().size();
    arriving.segment = std::move(segment);
  }
}

PartBody::Look PartBody::broken(std::string_view why) {
  why_ = why;
  return Look::Broken;
}

bool PartBody::take_stored(Chunk& out) {
  auto stretch = parts_.find(*outline_, at_);
  if (!stretch) return false;
  const std::string_view bytes = stretch.at(at_);
  give(bytes, std::move(stretch.object).to_holder(), out);
  return true;
}

// The block after the one that is passed on, so that its bytes are here when the client is.
void PartBody::look_ahead() {
  if (at_ > range().last) return;
  const uint64_t block = context_.fetches.context().limits.part_block;
  const uint64_t next = cache::block_start(at_, block) + block;
  if (next > range().last || next == std::exchange(ahead_, next)) return;
  if (context_.fetches.size() >= kFetches || !parts_.first_missing(*outline_, {next, next})) return;
  fetch_part(context_, inquiry_, request_, outline_, next, nullptr);
}

void PartBody::leave() {
  arriving_.reset();
  reader_.leave();
}

}  // namespace atl::edge
