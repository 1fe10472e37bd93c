#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "lib/geo/address.h"
#include "lib/geo/record.h"

namespace atl::geo {

// A MaxMind-format database, mapped into memory. Immutable; any thread. Replace the file by
// renaming another one over it, never by writing into it.
class Database {
 public:
  struct Answer {
    Finding finding;  // views live as long as the database
    // How many leading bits (of 128, IPv4 mapped) the answer holds for.
    uint8_t prefix_length = 0;
    bool broken = false;  // the database contradicts itself here
  };

  // The error is a sentence that names the file.
  static std::expected<std::shared_ptr<const Database>, std::string> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Does not allocate.
  Answer find(const Address& address) const;

  const std::string& path() const { return path_; }
  std::string type() const;      // as it calls itself: "DBIP-City-Lite"
  uint64_t build_epoch() const;  // Unix seconds

 private:
  struct State;
  Database(std::string path, std::unique_ptr<State> state);

  std::string path_;
  std::unique_ptr<State> state_;
};

}  // namespace atl::geo
