#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "lib/rpc/admission.h"

namespace atl::rpc {

// A call of somebody who can be shown the door.
class Guest {
 public:
  virtual ~Guest() = default;
  // Ends the call. Any thread; without effect once it has ended.
  virtual void evict() = 0;
};

// The calls in progress at a server with mutual TLS, so that those of a node can be ended when it
// is revoked. Any thread.
class Guests : public std::enable_shared_from_this<Guests> {
 public:
  explicit Guests(std::shared_ptr<Admission> admission) : admission_(std::move(admission)) {}

  Admission& admission() { return *admission_; }

  // Keeps a call in the list for as long as it lives.
  class Stay {
   public:
    Stay() = default;
    Stay(std::shared_ptr<Guests> at, uint64_t id) : at_(std::move(at)), id_(id) {}
    Stay(Stay&& other) noexcept : at_(std::move(other.at_)), id_(other.id_) {}
    Stay& operator=(Stay&& other) noexcept {
      std::swap(at_, other.at_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Stay() {
      if (at_ != nullptr) at_->leave(id_);
    }

   private:
    std::shared_ptr<Guests> at_;
    uint64_t id_ = 0;
  };
  Stay enter(std::shared_ptr<const trust::Caller> caller, std::weak_ptr<Guest> guest);

  // Evicts everybody who would not be admitted now.
  void recheck();

 private:
  struct Entry {
    std::shared_ptr<const trust::Caller> caller;
    std::weak_ptr<Guest> guest;
  };
  void leave(uint64_t id);

  const std::shared_ptr<Admission> admission_;
  std::mutex mutex_;
  std::unordered_map<uint64_t, Entry> guests_;
  uint64_t next_id_ = 1;
};

}  // namespace atl::rpc
