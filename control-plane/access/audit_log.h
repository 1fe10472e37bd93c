#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace atl::control {

// One line of the audit log: who did what, or tried to.
struct AuditEntry {
  uint64_t time_ms = 0;  // Unix time
  std::string token;     // its name; empty: none was shown, or authentication is off
  std::string role;      // of the token; empty without one
  std::string client;    // address
  std::string action;    // "purge", "create-token", ...
  std::string subject;   // what it was done to
  uint16_t status = 0;   // of the answer; 0: not over HTTP
  std::string reason;    // why it was not done; empty: it was
};

// {"time":...,"time_ms":...,"token":...,...} without the end of line. Pure.
std::string to_json_line(const AuditEntry& entry);

// A file of such lines, which only grows; at 16 MiB it is put aside as PATH.1, in place of the one
// before. Other processes may append too. What was written survives the process, and the machine
// once the kernel has written it back. Blocks for a write.
class AuditLog {
 public:
  static constexpr size_t kLargest = size_t{16} << 20;
  static constexpr size_t kMostRead = 1000;

  explicit AuditLog(std::string path) : path_(std::move(path)) {}

  // The error is a sentence.
  std::expected<void, std::string> append(const AuditEntry& entry);

  // At most so many lines, newest first, as far as the last mebibyte has them. What is no entry is
  // left out.
  std::expected<std::vector<std::string>, std::string> latest(size_t limit) const;

 private:
  std::string path_;
};

}  // namespace atl::control
