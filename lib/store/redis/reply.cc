#include "lib/store/redis/reply.h"

#include <hiredis/read.h>

#include "lib/base/check.h"

namespace atl::store::redis {
namespace {

// hiredis builds replies through these. Children live in their parent, so only roots are allocated
// and freed.
Reply* place(const redisReadTask* task) {
  if (task->parent == nullptr) return new Reply;
  return &static_cast<Reply*>(task->parent->obj)->elements[static_cast<size_t>(task->idx)];
}

void* make_string(const redisReadTask* task, char* text, size_t size) {
  Reply* reply = place(task);
  reply->kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::Error
                : task->type == REDIS_REPLY_STATUS ? Reply::Kind::Status
                                                   : Reply::Kind::String;
  reply->text.assign(text, size);
  return reply;
}

void* make_array(const redisReadTask* task, int elements) {
  if (elements < 0 || static_cast<size_t>(elements) > ReplyReader::kMostElements) return nullptr;
  Reply* reply = place(task);
  reply->kind = Reply::Kind::Array;
  reply->elements.resize(static_cast<size_t>(elements));
  return reply;
}

void* make_integer(const redisReadTask* task, long long value) {
  Reply* reply = place(task);
  reply->kind = Reply::Kind::Integer;
  reply->integer = value;
  return reply;
}

void* make_nil(const redisReadTask* task) { return place(task); }

void free_root(void* root) { delete static_cast<Reply*>(root); }

redisReplyObjectFunctions functions = {make_string, make_array, make_integer, make_nil, free_root};

}  // namespace

ReplyReader::ReplyReader() : reader_(redisReaderCreateWithFunctions(&functions)) {
  ATOLL_CHECK(reader_ != nullptr);
}

ReplyReader::~ReplyReader() { redisReaderFree(reader_); }

bool ReplyReader::feed(std::string_view bytes) {
  fed_ += bytes.size();
  return redisReaderFeed(reader_, bytes.data(), bytes.size()) == REDIS_OK;
}

std::expected<std::optional<Reply>, const char*> ReplyReader::next() {
  void* root = nullptr;
  if (redisReaderGetReply(reader_, &root) != REDIS_OK)
    return std::unexpected("the server does not speak Redis' protocol");
  if (root == nullptr) {
    if (fed_ > kMostBytes) return std::unexpected("a reply that is too long");
    return std::nullopt;
  }
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(root));
  fed_ = 0;
  return std::move(*reply);
}

}  // namespace atl::store::redis
