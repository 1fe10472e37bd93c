#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "control-plane/dns/record.h"
#include "control-plane/dns/wire.h"

namespace atl::dns {

inline constexpr uint32_t kMostAnswers = 8;      // PoPs in one answer
inline constexpr size_t kMostRecords = 256;      // of one name and type
inline constexpr size_t kLargestSet = 48 << 10;  // octets of them, so that a message holds them

// How the names of one distribution are answered.
struct DistributionSpec {
  std::string id;
  std::vector<std::string> hosts;  // "a.example", "*.a.example" or "*", lower case
  uint32_t ttl = 0;                // seconds
  uint32_t count = 1;              // PoPs in an answer, at most kMostAnswers
  bool fail_open = false;          // without a live PoP: the nearest ones all the same, or SERVFAIL
  bool operator==(const DistributionSpec&) const = default;
};

// What the zone consists of, names as text.
struct ZoneSpec {
  std::string name;
  std::vector<std::string> name_servers;
  std::string mailbox;  // as a name: "hostmaster.example.org"
  uint32_t serial = 1;
  uint32_t ttl = 0;           // seconds; of the zone's own NS and SOA
  uint32_t negative_ttl = 0;  // seconds
  std::vector<RecordText> records;
  std::vector<DistributionSpec> distributions;
  bool operator==(const ZoneSpec&) const = default;
};

// Something wrong with a ZoneSpec, and with which part of it.
struct ZoneProblem {
  enum class Part : uint8_t { Zone, NameServer, Mailbox, Record, Distribution };
  Part part = Part::Zone;
  size_t index = 0;  // into name_servers, records or distributions
  std::string text;  // a sentence
};

struct RecordSet {
  Type type = Type::A;
  uint32_t ttl = 0;
  std::vector<std::string> data;  // wire form
};

// How a distribution is answered, without its names.
struct Policy {
  uint32_t distribution = 0;  // its index in the ZoneSpec
  uint32_t ttl = 0;
  uint32_t count = 1;
  bool fail_open = false;
};

// What is at a name. A name between others, with nothing of its own, is an empty node.
struct Node {
  std::vector<RecordSet> sets;
  std::optional<Policy> policy;  // A and AAAA are those of PoPs

  const RecordSet* find(Type type) const;
};

// The names we are the authority of. Immutable; any thread.
//
// A distribution is at those of its hosts that lie in the zone, patterns as in HTTP routing ("*.a"
// stands for one or more labels, the longest suffix wins, "*" is last), and at ID.ZONE, for names
// elsewhere to point to by CNAME. Unlike RFC 4592's wildcards a pattern also covers names that have
// records of their own, unless these are A, AAAA or CNAME: a PoP would serve the host all the same.
class Zone {
 public:
  static std::expected<Zone, std::vector<ZoneProblem>> make(const ZoneSpec& spec);
  Zone(Zone&&) = default;
  Zone& operator=(Zone&&) = default;

  std::string_view name() const { return name_; }  // wire form, lower case
  const RecordSet& authority() const { return *apex_->find(Type::Soa); }
  uint32_t negative_ttl() const { return negative_ttl_; }

  // `name`: wire form, lower case, within the zone. Null: there is no such name. A node that stands
  // for many names is the same one for all of them. Does not allocate.
  const Node* find(std::string_view name) const;

 private:
  friend class ZoneMaker;
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const;
  };
  using Nodes = std::unordered_map<std::string, Node, Hash, std::equal_to<>>;

  Zone() = default;

  std::string name_;
  uint32_t negative_ttl_ = 0;
  Nodes nodes_;
  Nodes patterns_;            // by suffix, which lies in the zone
  std::optional<Node> rest_;  // of a pattern that covers the whole zone
  const Node* apex_ = nullptr;
};

}  // namespace atl::dns
