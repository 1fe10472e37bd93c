#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "control-plane/dns/cookie.h"
#include "control-plane/dns/query.h"
#include "control-plane/dns/wire.h"

namespace atl::dns {

// One answer on its way into a buffer: header, question, sections in their order, OPT. Lives for
// one query.
class Reply {
 public:
  // `limit`: the most octets the answer may have.
  Reply(const Query& query, std::span<uint8_t> out, size_t limit);

  enum class Section : uint8_t { Answer, Authority };

  // Where the question's name is, for records that have it as their owner.
  static constexpr uint16_t kQuestionName = kHeader;

  // A record of class IN; its owner is the name that begins at the offset `owner` of the answer.
  // Returns the offset of its data.
  size_t add(Section section, uint16_t owner, Type type, uint32_t ttl, std::string_view data);

  // How many leading bits of the subnet option's address the answer holds for.
  void set_scope(uint8_t bits) { scope_ = bits; }

  // Ours and the client's cookie; only if the query has one.
  void set_cookie(const Cookie& cookie) { cookie_ = cookie; }

  // Leaves out all records so far.
  void clear();

  // Leaves all records out, and says so.
  void truncate() { dropped_ = true; }

  // Completes it and returns its size. Records that did not fit are all left out, with the flag
  // that says so.
  size_t finish(Rcode rcode, bool authoritative);
  bool truncated() const { return truncated_; }

 private:
  size_t opt_size() const;
  void write_opt(Rcode rcode);

  const Query& query_;
  std::span<uint8_t> out_;
  Writer writer_;
  size_t sections_at_;  // where records begin
  uint16_t counts_[2] = {0, 0};
  uint8_t scope_ = 0;
  Cookie cookie_{};
  bool dropped_ = false;
  bool truncated_ = false;
};

}  // namespace atl::dns
