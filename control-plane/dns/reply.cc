#include "control-plane/dns/reply.h"

#include <algorithm>

namespace atl::dns {
namespace {

constexpr size_t kFixedOpt = 11;
constexpr size_t kOptionHead = 4;
constexpr uint16_t kOurUdpSize = 1232;
constexpr uint32_t kDnssecOk = 0x8000;

}  // namespace

Reply::Reply(const Query& query, std::span<uint8_t> out, size_t limit)
    : query_(query), out_(out), writer_(out.first(std::min(limit, out.size()) - opt_size())) {
  writer_.put16(query.id);
  writer_.put16(0);
  writer_.put16(query.question.empty() ? 0 : 1);
  for (int i = 0; i < 3; ++i) writer_.put16(0);
  writer_.put(query.question);
  sections_at_ = writer_.size();
}

size_t Reply::add(Section section, uint16_t owner, Type type, uint32_t ttl, std::string_view data) {
  writer_.put16(static_cast<uint16_t>(0xc000 | owner));
  writer_.put16(static_cast<uint16_t>(type));
  writer_.put16(static_cast<uint16_t>(Class::In));
  writer_.put32(ttl);
  writer_.put16(static_cast<uint16_t>(data.size()));
  const size_t at = writer_.size();
  writer_.put(data);
  ++counts_[static_cast<size_t>(section)];
  return at;
}

void Reply::clear() {
  writer_.rewind(sections_at_);
  counts_[0] = counts_[1] = 0;
}

size_t Reply::opt_size() const {
  if (!query_.edns) return 0;
  size_t size = kFixedOpt;
  if (query_.subnet) size += kOptionHead + 4 + query_.subnet->address.size();
  if (!query_.cookie.empty()) size += kOptionHead + kWholeCookie;
  return size;
}

void Reply::write_opt(Rcode rcode) {
  writer_.put8(0);  // the root
  writer_.put16(static_cast<uint16_t>(Type::Opt));
  writer_.put16(kOurUdpSize);
  const auto extended = static_cast<uint32_t>(rcode) >> 4;
  writer_.put32(extended << 24 | (query_.dnssec_ok ? kDnssecOk : 0));
  writer_.put16(static_cast<uint16_t>(opt_size() - kFixedOpt));
  if (query_.subnet) {
    writer_.put16(kOptionSubnet);
    writer_.put16(static_cast<uint16_t>(4 + query_.subnet->address.size()));
    writer_.put16(query_.subnet->family);
    writer_.put8(query_.subnet->source_length);
    writer_.put8(scope_);
    writer_.put(query_.subnet->address);
  }
  if (!query_.cookie.empty()) {
    writer_.put16(kOptionCookie);
    writer_.put16(kWholeCookie);
    writer_.put(cookie_);
  }
}

size_t Reply::finish(Rcode rcode, bool authoritative) {
  truncated_ = dropped_ || !writer_.fits();
  if (truncated_) clear();
  uint16_t flags = kResponseFlag | (query_.flags & (kRecursionDesiredFlag | kOpcodeMask));
  if (authoritative) flags |= kAuthoritativeFlag;
  if (truncated_) flags |= kTruncatedFlag;
  flags |= static_cast<uint16_t>(rcode) & 0xf;
  writer_.patch16(2, flags);
  writer_.patch16(6, counts_[0]);
  writer_.patch16(8, counts_[1]);
  writer_.patch16(10, query_.edns ? 1 : 0);
  if (query_.edns) {
    const size_t size = writer_.size();
    writer_ = Writer(out_);
    writer_.rewind(size);
    write_opt(rcode);
  }
  return writer_.size();
}

}  // namespace atl::dns
