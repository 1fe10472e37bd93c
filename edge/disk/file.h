#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/error.h"

namespace atl::disk {

// What the tier asks of an operating system's file. Blocking; any thread; tests put a faulty one in
// its place. Every failure is Io with static text (Exhausted: no space left).
class File {
 public:
  virtual ~File() = default;
  // Fills `out`; fewer bytes only at the end of the file.
  virtual Result<size_t> read(uint64_t at, std::span<char> out) = 0;
  // All of it or an error; after an error any part may have been written.
  virtual Result<void> write(uint64_t at, std::string_view bytes) = 0;
  // What was written before is on the device when it returns.
  virtual Result<void> sync() = 0;
};

// Opens the file or device for this process alone (Conflict: another one has it), makes it if it is
// absent, and sees that it has `size` bytes, space reserved. `size` 0: as it is.
using OpenFile =
    std::function<Result<std::unique_ptr<File>>(const std::string& path, uint64_t size)>;
Result<std::unique_ptr<File>> open_file(const std::string& path, uint64_t size);

// Whether a volume of that size can be at that path: a sentence about why not; empty when it can.
std::string check_place(const std::string& path, uint64_t size);

}  // namespace atl::disk
