#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "lib/store/store.h"

namespace atl::store {

// What the threads of the engine hand back: which call, and its result.
struct Answer {
  uint64_t call = 0;
  std::variant<Result<std::optional<Item>>, Result<Page>, Result<Written>> result;
};

struct Answers {
  std::vector<Answer> answers;
  std::string problem;  // what the database or the disk said; empty: all went well
};

// The calls not answered yet. Callbacks stay here, on the loop, so that they die with the store and
// never on another thread. Loop thread.
class Calls {
 public:
  // An engine-independent bound: the error of a call that is one too many.
  std::optional<Error> full(size_t bytes) const {
    if (open_.size() < kMaxPending && bytes_ + bytes <= kMaxPendingBytes) return std::nullopt;
    return Error{.code = Code::Exhausted,
                 .side = Side::Self,
                 .retryable = true,
                 .detail = "too many calls to the store at a time"};
  }

  template <class T>
  uint64_t add(Store::OnDone<T> on_done, size_t bytes) {
    open_.emplace(++last_, Call{std::move(on_done), bytes});
    bytes_ += bytes;
    return last_;
  }

  void answer(Answer answer) {
    auto node = open_.extract(answer.call);
    if (node.empty()) return;
    bytes_ -= node.mapped().bytes;
    std::visit(
        [&]<class T>(Store::OnDone<T>& on_done) {
          on_done(std::get<Result<T>>(std::move(answer.result)));
        },
        node.mapped().on_done);
  }

 private:
  struct Call {
    std::variant<Store::OnDone<std::optional<Item>>, Store::OnDone<Page>, Store::OnDone<Written>>
        on_done;
    size_t bytes = 0;
  };
  std::unordered_map<uint64_t, Call> open_;
  size_t bytes_ = 0;
  uint64_t last_ = 0;
};

}  // namespace atl::store
