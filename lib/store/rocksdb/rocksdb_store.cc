#include "lib/store/rocksdb/rocksdb_store.h"

#include <rocksdb/db.h>

#include <chrono>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/log.h"
#include "lib/store/rocksdb/calls.h"
#include "lib/store/rocksdb/database.h"
#include "lib/store/rocksdb/worker.h"
#include "lib/store/rocksdb/write_group.h"

namespace atl::store {
namespace {

constexpr size_t kGroupWrites = 1000;
constexpr size_t kGroupBytes = 16 * 1024 * 1024;
// Answers of reads are handed over in portions, so that the first ones need not wait for the last.
constexpr size_t kPortion = 64;
constexpr size_t kPortionBytes = 256 * 1024;
// How often a database that a full disk has stopped is asked whether it goes on.
constexpr std::chrono::seconds kResumeEvery{1};

struct ReadJob {
  struct Get {
    std::string partition;
    std::string sort;
  };
  uint64_t call = 0;
  std::variant<Get, Range> what;
};

struct WriteJob {
  uint64_t call = 0;
  Write write;
};

size_t bytes_of(const Write& write) {
  size_t bytes = write.partition.size();
  for (const Change& change : write.changes) bytes += change.sort.size() + change.value.size();
  return bytes;
}

// What the threads and the store share on the loop. The store owns it; posted answers look whether
// it is still there.
struct Desk {
  Calls calls;
  std::string reads;   // problem of the last read
  std::string writes;  // and of the last group of writes

  void note(std::string Desk::* problem, const std::string& now) {
    if (this->*problem == now) return;
    this->*problem = now;
    if (now.empty())
      log_info("store: the database works again");
    else
      log_error("store: {}", now);
  }
};

// The writing thread.
class Writer {
 public:
  explicit Writer(rocksdb::DB& db) : db_(db) {}

  Answers work(std::deque<WriteJob>& jobs) {
    Answers out;
    if (auto stopped = stopped_reason()) {
      out.problem = stopped->ToString();
      for (const WriteJob& job : jobs)
        out.answers.push_back(
            {job.call, Result<Written>(std::unexpected(to_error(*stopped, true)))});
      jobs.clear();
      return out;
    }
    WriteGroup group(db_);
    while (!jobs.empty() && out.answers.size() < kGroupWrites && group.bytes() < kGroupBytes) {
      out.answers.push_back({jobs.front().call, group.add(jobs.front().write, out.problem)});
      jobs.pop_front();
    }
    if (const auto status = group.commit(); !status.ok()) {
      failed_ = status;
      asked_ = std::chrono::steady_clock::now();
      out.problem = status.ToString();
      for (Answer& answer : out.answers)
        answer.result = Result<Written>(std::unexpected(to_error(status, false)));
    }
    return out;
  }

 private:
  // Why nothing is written at present. RocksDB refuses writes after one that failed, until it is
  // told to try again.
  std::optional<rocksdb::Status> stopped_reason() {
    if (!failed_) return std::nullopt;
    const auto now = std::chrono::steady_clock::now();
    if (now - asked_ < kResumeEvery) return failed_;
    asked_ = now;
    if (const auto resumed = db_.Resume(); !resumed.ok()) return failed_;
    failed_.reset();
    return std::nullopt;
  }

  rocksdb::DB& db_;
  std::optional<rocksdb::Status> failed_;
  std::chrono::steady_clock::time_point asked_;
};

// The reading thread: the next portion of answers.
Answers read_portion(rocksdb::DB& db, std::deque<ReadJob>& jobs) {
  Answers out;
  size_t bytes = 0;
  while (!jobs.empty() && out.answers.size() < kPortion && bytes < kPortionBytes) {
    const ReadJob job = std::move(jobs.front());
    jobs.pop_front();
    if (const auto* get = std::get_if<ReadJob::Get>(&job.what)) {
      auto item = read_item(db, get->partition, get->sort, out.problem);
      if (item && *item) bytes += (*item)->value.size();
      out.answers.push_back({job.call, std::move(item)});
    } else {
      auto page = read_page(db, std::get<Range>(job.what), out.problem);
      if (page)
        for (const Item& item : page->items) bytes += item.sort.size() + item.value.size();
      out.answers.push_back({job.call, std::move(page)});
    }
  }
  return out;
}

class RocksStore final : public Store {
 public:
  RocksStore(net::Loop& loop, std::unique_ptr<rocksdb::DB> db)
      : loop_(loop),
        db_(std::move(db)),
        reader_([this, desk = std::weak_ptr(desk_)](std::deque<ReadJob>& jobs) {
          deliver(desk, read_portion(*db_, jobs), &Desk::reads);
        }),
        writer_([this, desk = std::weak_ptr(desk_),
                 writer = Writer(*db_)](std::deque<WriteJob>& jobs) mutable {
          deliver(desk, writer.work(jobs), &Desk::writes);
        }) {}

  void get(std::string partition, std::string sort, OnDone<std::optional<Item>> on_done) override {
    const size_t bytes = partition.size() + sort.size();
    const auto problem = problem_of_key(partition, sort);
    if (const auto call = begin(problem, std::move(on_done), bytes))
      reader_.add({*call, ReadJob::Get{std::move(partition), std::move(sort)}});
  }

  void range(Range range, OnDone<Page> on_done) override {
    const size_t bytes = range.partition.size() + range.begin.size();
    const auto problem = problem_of(range);
    if (const auto call = begin(problem, std::move(on_done), bytes))
      reader_.add({*call, std::move(range)});
  }

  void write(Write write, OnDone<Written> on_done) override {
    const auto problem = problem_of(write);
    if (const auto call = begin(problem, std::move(on_done), bytes_of(write)))
      writer_.add({*call, std::move(write)});
  }

  std::string problem() const override {
    return desk_->writes.empty() ? desk_->reads : desk_->writes;
  }

 private:
  // The call's number, or nothing when it was refused, which it is told in a later turn.
  template <class T>
  std::optional<uint64_t> begin(std::optional<Error> problem, OnDone<T> on_done, size_t bytes) {
    if (!problem) problem = desk_->calls.full(bytes);
    const uint64_t call = desk_->calls.add<T>(std::move(on_done), bytes);
    if (!problem) return call;
    loop_.post([desk = std::weak_ptr(desk_), call, error = *problem] {
      if (const auto here = desk.lock())
        here->calls.answer({call, Result<T>(std::unexpected(error))});
    });
    return std::nullopt;
  }

  void deliver(std::weak_ptr<Desk> desk, Answers answers, std::string Desk::* problem) {
    loop_.post([desk = std::move(desk), answers = std::move(answers), problem]() mutable {
      if (const auto here = desk.lock()) here->note(problem, answers.problem);
      for (Answer& answer : answers.answers) {
        const auto here = desk.lock();  // an answer may be the end of the store
        if (here == nullptr) return;
        here->calls.answer(std::move(answer));
      }
    });
  }

  net::Loop& loop_;
  std::shared_ptr<Desk> desk_ = std::make_shared<Desk>();
  std::unique_ptr<rocksdb::DB> db_;
  Worker<ReadJob> reader_;  // before the database in destruction
  Worker<WriteJob> writer_;
};

}  // namespace

Outcome<std::unique_ptr<Store>> open_rocksdb(net::Loop& loop, RocksOptions options) {
  auto db = open_database(options.path, options.cache_bytes, options.env);
  if (!db) return std::unexpected(db.error());
  return std::make_unique<RocksStore>(loop, *std::move(db));
}

}  // namespace atl::store
