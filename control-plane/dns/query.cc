#include "control-plane/dns/query.h"

#include <algorithm>

#include "control-plane/dns/cookie.h"
#include "control-plane/dns/name.h"

namespace atl::dns {
namespace {

constexpr size_t kLeastServerCookie = 8;
constexpr size_t kMostServerCookie = 32;
constexpr uint16_t kDnssecOk = 0x8000;
constexpr uint16_t kCompactOk = 0x4000;
constexpr uint16_t kLeastUdpSize = 512;  // RFC 6891 section 6.2.3

// Takes octets from the front; false leaves everything as it is.
class Cursor {
 public:
  explicit Cursor(Octets rest) : rest_(rest) {}
  Octets rest() const { return rest_; }
  bool take(size_t count, Octets& out) {
    if (rest_.size() < count) return false;
    out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return true;
  }

 private:
  Octets rest_;
};

// A name in a question stands first in its message, so there is nothing it could point back to.
bool take_question(Cursor& cursor, Query& query) {
  const Octets all = cursor.rest();
  size_t at = 0;
  for (;;) {
    if (at >= all.size()) return false;
    const size_t label = all[at];
    if (label > kLongestLabel || at + label + 1 > kLongestName || at + label >= all.size()) {
      return false;
    }
    query.name_octets[at] = static_cast<char>(label);
    for (size_t i = 1; i <= label; ++i) {
      query.name_octets[at + i] = lower(static_cast<char>(all[at + i]));
    }
    at += label + 1;
    if (label == 0) break;
  }
  if (all.size() - at < 4) return false;
  query.name_size = at;
  query.type = read16(&all[at]);
  query.klass = read16(&all[at + 2]);
  return cursor.take(at + 4, query.question);
}

// The owner of a record. Its octets do not matter here, only whether it is the root.
bool skip_name(Cursor& cursor, bool& root) {
  const Octets all = cursor.rest();
  Octets skipped;
  size_t at = 0;
  for (;;) {
    if (at >= all.size() || at >= kLongestName) return false;
    const size_t label = all[at];
    if (label >= 0xc0) {
      root = false;
      return cursor.take(at + 2, skipped);
    }
    if (label > kLongestLabel) return false;
    at += label + 1;
    if (label == 0) break;
  }
  root = at == 1;
  return cursor.take(at, skipped);
}

// RFC 7871 section 6: no more and no fewer octets than the length needs, and no bit beyond it.
bool read_subnet(Octets data, Query& query) {
  if (data.size() < 4) return false;
  ClientSubnet subnet{read16(data.data()), data[2], data.subspan(4)};
  // Family 0 is what some send for "nobody", with no address.
  const unsigned most = subnet.family == 1 ? 32 : subnet.family == 2 ? 128 : 0;
  if (subnet.family > 2 || subnet.source_length > most || data[3] != 0) return false;
  if (subnet.address.size() != (subnet.source_length + 7u) / 8u) return false;
  const unsigned rest = subnet.source_length % 8;
  if (rest != 0 && (subnet.address.back() & (0xff >> rest)) != 0) return false;
  query.subnet = subnet;
  return true;
}

bool read_cookie(Octets data, Query& query) {
  const bool ours = data.size() >= kClientCookie + kLeastServerCookie &&
                    data.size() <= kClientCookie + kMostServerCookie;
  if (data.size() != kClientCookie && !ours) return false;
  query.cookie = data;
  return true;
}

// Of options given twice the first one counts.
Fault read_options(Octets options, Query& query) {
  Cursor cursor(options);
  while (!cursor.rest().empty()) {
    Octets head;
    Octets data;
    if (!cursor.take(4, head) || !cursor.take(read16(&head[2]), data)) return Fault::Edns;
    const uint16_t code = read16(head.data());
    if (code == kOptionSubnet && !query.subnet && !read_subnet(data, query)) return Fault::Subnet;
    if (code == kOptionCookie && query.cookie.empty() && !read_cookie(data, query)) {
      return Fault::BadCookie;
    }
  }
  return Fault::None;
}

// A record of the additional section; only OPT means anything to us.
Fault take_record(Cursor& cursor, Query& query, bool& future) {
  bool root = false;
  Octets fixed;
  Octets data;
  if (!skip_name(cursor, root) || !cursor.take(10, fixed) ||
      !cursor.take(read16(&fixed[8]), data)) {
    return Fault::Record;
  }
  if (read16(fixed.data()) != static_cast<uint16_t>(Type::Opt)) return Fault::None;
  if (query.edns || !root) return Fault::Edns;
  query.edns = true;
  query.udp_size = std::max(read16(&fixed[2]), kLeastUdpSize);
  const uint16_t flags = read16(&fixed[6]);
  query.dnssec_ok = (flags & kDnssecOk) != 0;
  query.compact_ok = (flags & kCompactOk) != 0;
  future = fixed[5] != 0;
  return future ? Fault::None : read_options(data, query);
}

}  // namespace

Fault parse(Octets message, Query& query) {
  Cursor cursor(message);
  Octets header;
  if (!cursor.take(kHeader, header)) return Fault::Short;
  query.id = read16(&header[0]);
  query.flags = read16(&header[2]);
  if ((query.flags & kResponseFlag) != 0) return Fault::NotAQuery;
  if ((query.flags & kOpcodeMask) != 0) return Fault::Opcode;
  const unsigned questions = read16(&header[4]);
  const unsigned records = read16(&header[6]) + read16(&header[8]);
  if (questions > 1 || records != 0) return Fault::Counts;
  if (questions == 1 && !take_question(cursor, query)) return Fault::Question;
  bool future = false;
  for (unsigned left = read16(&header[10]); left > 0; --left) {
    if (const Fault fault = take_record(cursor, query, future); fault != Fault::None) return fault;
  }
  if (!cursor.rest().empty()) return Fault::Trailing;
  if (questions == 0 && query.cookie.empty()) return Fault::Counts;
  return future ? Fault::EdnsVersion : Fault::None;
}

geo::Address address_of(const ClientSubnet& subnet) {
  geo::Address address;
  size_t at = 0;
  if (subnet.family == 1) {
    at = 12;
    address.bytes[10] = address.bytes[11] = 0xff;
  }
  std::copy(subnet.address.begin(), subnet.address.end(), address.bytes.begin() + at);
  return address;
}

}  // namespace atl::dns
