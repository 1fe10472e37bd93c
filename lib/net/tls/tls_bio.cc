#include "lib/net/tls/tls_bio.h"

#include "lib/base/check.h"
#include "lib/net/tls/tls_stream.h"

namespace atl::net {
namespace {

TlsStream& stream_of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

int read(BIO* bio, char* out, size_t size, size_t* taken) {
  BIO_clear_retry_flags(bio);
  *taken = stream_of(bio).take_input(out, size);
  if (*taken > 0) return 1;
  BIO_set_retry_read(bio);
  return -1;
}

int write(BIO* bio, const char* bytes, size_t size, size_t* taken) {
  BIO_clear_retry_flags(bio);
  stream_of(bio).put_output({bytes, size});
  *taken = size;
  return 1;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

}  // namespace

BIO_METHOD* make_tls_bio_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "atoll stream");
  ATOLL_CHECK(method != nullptr);
  BIO_meth_set_read_ex(method, read);
  BIO_meth_set_write_ex(method, write);
  BIO_meth_set_ctrl(method, control);
  return method;
}

BIO* make_tls_bio(const BIO_METHOD* method, TlsStream& stream) {
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &stream);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace atl::net
