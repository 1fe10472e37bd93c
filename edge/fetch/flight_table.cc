#include "edge/fetch/flight_table.h"

#include <bit>

namespace atl::edge {

Flight::Flight(FlightTable& table, const FlightName& name, std::shared_ptr<Transfer> transfer)
    : table_(table),
      key_(name.key),
      variant_(name.variant),
      hash_(name.hash),
      transfer_(std::move(transfer)) {}

Flight::~Flight() { take_out(); }

void Flight::close() {
  const std::lock_guard lock(table_.shard_of(hash_).mutex);
  joinable_ = false;
}

std::unique_lock<std::mutex> Flight::lock_shard() {
  return std::unique_lock(table_.shard_of(hash_).mutex);
}

std::unique_lock<std::mutex> Flight::take_out() {
  std::unique_lock lock = lock_shard();
  if (std::exchange(listed_, false)) FlightTable::remove(table_.shard_of(hash_), *this);
  return lock;
}

FlightTable::FlightTable(unsigned shards)
    : shards_(std::bit_ceil(shards == 0 ? 1U : shards)), mask_(shards_.size() - 1) {}

std::unique_ptr<Flight> FlightTable::join(const FlightName& name, net::Loop& loop,
                                          RetentionBudget& budget, TransferReader* reader) {
  Shard& shard = shard_of(name.hash);
  const std::lock_guard lock(shard.mutex);
  const auto [first, last] = shard.flights.equal_range(name.hash);
  for (auto it = first; it != last; ++it) {
    const Flight& flight = *it->second;
    if (!flight.joinable_ || flight.key_ != name.key || flight.variant_ != name.variant) continue;
    if (reader != nullptr) reader->join(flight.transfer_);
    return nullptr;
  }
  auto flight = enlist(shard, name, loop, budget);
  if (reader != nullptr) reader->join(flight->transfer_);
  return flight;
}

std::unique_ptr<Flight> FlightTable::register_alone(const FlightName& name, net::Loop& loop,
                                                    RetentionBudget& budget) {
  Shard& shard = shard_of(name.hash);
  const std::lock_guard lock(shard.mutex);
  auto flight = enlist(shard, name, loop, budget);
  flight->joinable_ = false;
  return flight;
}

void FlightTable::taint(std::string_view key, uint64_t hash, const Transfer* except) {
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const auto [first, last] = shard.flights.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    if (it->second->key_ != key || it->second->transfer_.get() == except) continue;
    it->second->joinable_ = false;
    it->second->tainted_ = true;
  }
}

void FlightTable::taint_if(const std::function<bool(std::string_view key)>& matches) {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [hash, flight] : shard.flights) {
      if (!matches(flight->key_)) continue;
      flight->joinable_ = false;
      flight->tainted_ = true;
    }
  }
}

size_t FlightTable::size() const {
  size_t total = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    total += shard.flights.size();
  }
  return total;
}

std::unique_ptr<Flight> FlightTable::enlist(Shard& shard, const FlightName& name, net::Loop& loop,
                                            RetentionBudget& budget) {
  std::unique_ptr<Flight> flight(new Flight(*this, name, std::make_shared<Transfer>(loop, budget)));
  shard.flights.emplace(name.hash, flight.get());
  return flight;
}

void FlightTable::remove(Shard& shard, const Flight& flight) {
  const auto [first, last] = shard.flights.equal_range(flight.hash_);
  for (auto it = first; it != last; ++it) {
    if (it->second != &flight) continue;
    shard.flights.erase(it);
    return;
  }
}

}  // namespace atl::edge
