#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "lib/net/stream.h"

namespace atl::testing {

// The far end of a Stream that is nothing but memory: what a test says here, a connection hears,
// and the other way round. No loop: a callback comes only inside send(), finish(), break_off(),
// take() and poll(), as it would from a loop. One thread.
class MemoryPeer {
 public:
  MemoryPeer();
  ~MemoryPeer();
  MemoryPeer(const MemoryPeer&) = delete;
  MemoryPeer& operator=(const MemoryPeer&) = delete;

  // The near end; once. It may die before this object or after it.
  std::unique_ptr<net::Stream> stream();
  // What the near end takes for its peer's address: static text.
  std::string_view address = "192.0.2.7";

  // ---- To the near end ----

  // What the near end does not read now waits; poll() delivers it when it reads again.
  void send(std::string_view bytes);
  void finish();     // FIN, after what was sent
  void break_off();  // the connection is gone
  void poll();

  // ---- From the near end ----

  // How many bytes are accepted before take() is called again. Unlimited to begin with.
  void set_window(size_t bytes);
  // Reads up to `bytes` of what the near end queued.
  void take(size_t bytes);
  // From now on bytes are counted and not kept.
  void discard_output();

  const std::string& received() const;
  uint64_t received_bytes() const;
  // How many calls it took: a gathered write is one.
  size_t writes() const;
  size_t reads() const;
  bool saw_fin() const;    // of the near end
  bool saw_reset() const;  //
  bool closed() const;     // the near end is destroyed
  bool reading() const;    // the near end wants input

 private:
  class Near;
  struct Wire;
  std::shared_ptr<Wire> wire_;
};

}  // namespace atl::testing
