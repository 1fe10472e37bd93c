#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/outcome.h"

namespace atl::lab {

// A program that this one started, and that ends with it: terminated, and killed if that takes
// longer than five seconds; terminated by the kernel if this program dies first. One thread, whose
// end counts as the program's.
class Process {
 public:
  // What it writes goes to the end of the file `log`.
  static Outcome<Process> start(const std::string& program,
                                const std::vector<std::string>& arguments, const std::string& log);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t id() const { return id_; }
  bool running();
  // Asks it to end; the destructor waits.
  void terminate();
  // As if its machine had failed; returns when it is gone.
  void kill();

 private:
  explicit Process(pid_t id) : id_(id) {}
  pid_t id_ = -1;
};

// An address of this machine that other programs hardly use: 127.x.y.z made of this process's
// number, or 127.0.0.1 where there is none but that.
std::string own_address();
// Ports of the address that nobody listens on at this moment; all different.
Outcome<std::vector<uint16_t>> free_ports(const std::string& address, size_t count);

}  // namespace atl::lab
