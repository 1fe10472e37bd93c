#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/holder.h"

namespace atl::net {

// Bytes that somebody else owns. The layout matches struct iovec's needs; no ownership.
using Bytes = std::string_view;

// A byte stream: TCP, TLS above it, memory in tests. One loop; callbacks come from the loop,
// never from inside a call made by the owner (so the owner may be disposed of in any of them).
class Stream {
 public:
  class Reader {
   public:
    virtual ~Reader() = default;
    // `bytes` is valid during the call only.
    virtual void on_read(Bytes bytes) = 0;
    // The other side finished sending (orderly), or `error` says what broke. No more on_read.
    virtual void on_end() = 0;
    virtual void on_error(Error error) = 0;
    // Everything queued by write() has left, or died with the stream.
    virtual void on_drained() = 0;
  };

  virtual ~Stream() = default;  // closes; no callback after this

  virtual void set_reader(Reader* reader) = 0;
  virtual void start_reading() = 0;
  virtual void stop_reading() = 0;

  // Writes what the kernel takes at once, without queueing: one writev. Returns the number of bytes
  // taken, 0 when none can be, an error when the stream is broken. Not while queued() > 0.
  virtual Result<size_t> try_write(std::span<const Bytes> pieces) = 0;

  // Queues `pieces` after what is queued already. The bytes must stay valid until `holder` is
  // released, which the stream does when they have left or died.
  virtual void write(std::span<const Bytes> pieces, Holder holder) = 0;

  // Bytes queued by write() and not yet taken by the kernel.
  virtual size_t queued() const = 0;

  // Sends FIN after what is queued; reading goes on.
  virtual void shutdown() = 0;

  // Closes at once with RST, so that the peer sees an incomplete message as an error.
  virtual void reset() = 0;

  // Textual address of the peer without port; valid for the stream's life. Empty if there is none.
  virtual std::string_view peer_address() const = 0;

  // Whether what passes is encrypted between here and the peer: the "https" of a request.
  virtual bool secure() const { return false; }
};

}  // namespace atl::net
