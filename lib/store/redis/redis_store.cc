#include "lib/store/redis/redis_store.h"

#include <utility>

#include "lib/store/redis/client.h"
#include "lib/store/redis/slot.h"

namespace atl::store {
namespace {

using redis::Operation;

size_t bytes_of(const Write& write) {
  size_t bytes = write.partition.size();
  for (const Change& change : write.changes) bytes += change.sort.size() + change.value.size();
  return bytes;
}

class RedisStore final : public Store {
 public:
  RedisStore(net::Loop& loop, RedisOptions options)
      : client_(std::make_shared<redis::Client>(loop, std::move(options))) {
    client_->start();
  }
  ~RedisStore() override { client_->close(); }

  void get(std::string partition, std::string sort, OnDone<std::optional<Item>> on_done) override {
    const auto problem = problem_of_key(partition, sort);
    const size_t bytes = partition.size() + sort.size();
    Operation operation{.call = redis::call_get(prefix(), partition, sort),
                        .slot = slot(partition)};
    operation.what = Operation::Get{std::move(sort), std::move(on_done)};
    client_->submit(std::move(operation), bytes, problem);
  }

  void range(Range range, OnDone<Page> on_done) override {
    const auto problem = problem_of(range);
    const size_t bytes = range.partition.size() + range.begin.size();
    Operation operation{.call = redis::call_range(prefix(), range), .slot = slot(range.partition)};
    operation.what = Operation::Range{std::move(on_done)};
    client_->submit(std::move(operation), bytes, problem);
  }

  void write(Write write, OnDone<Written> on_done) override {
    const auto problem = problem_of(write);
    const size_t bytes = bytes_of(write);
    const Version version = client_->next_version();
    Operation operation{.slot = slot(write.partition)};
    if (!problem) operation.call = redis::call_write(prefix(), write, version);
    for (Change& change : write.changes) change.value = {};  // it is in the command now
    operation.what = Operation::Put{std::move(write), version, std::move(on_done)};
    client_->submit(std::move(operation), bytes, problem);
  }

  std::string problem() const override { return client_->problem(); }

 private:
  std::string_view prefix() const { return client_->options().prefix; }
  uint16_t slot(std::string_view partition) const {
    return redis::slot_of(redis::keys_of(prefix(), partition).values);
  }

  std::shared_ptr<redis::Client> client_;
};

const char* problem_of(const RedisOptions& options) {
  using Mode = RedisOptions::Mode;
  if (options.endpoints.empty()) return "no address of a server";
  if (options.mode == Mode::Single && options.endpoints.size() > 1)
    return "several addresses, but neither Sentinels nor a cluster";
  if (options.mode == Mode::Sentinel && options.master.empty())
    return "no name of the master that the Sentinels watch";
  if (options.prefix.find_first_of("{}") != std::string::npos)
    return "a prefix of keys with a brace, which would decide where they are";
  if (!options.user.empty() && options.password.empty()) return "a user without a password";
  if (!options.sentinel_user.empty() && options.sentinel_password.empty())
    return "a user of the Sentinels without a password";
  if (options.replicas < 0) return "a negative number of replicas";
  if (options.timeout.count() <= 0) return "no time for a call";
  if (options.replicas > 0 &&
      (options.replica_timeout.count() <= 0 || options.replica_timeout >= options.timeout))
    return "the time for replicas must be less than that for a whole call, and more than nothing";
  return nullptr;
}

}  // namespace

Outcome<std::unique_ptr<Store>> open_redis(net::Loop& loop, RedisOptions options) {
  if (const char* problem = problem_of(options))
    return std::unexpected(std::string("Redis: ") + problem);
  return std::make_unique<RedisStore>(loop, std::move(options));
}

}  // namespace atl::store
