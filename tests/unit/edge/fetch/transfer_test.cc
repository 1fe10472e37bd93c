#include "edge/fetch/transfer.h"

#include <doctest/doctest.h>

#include <array>

namespace atl::edge {
namespace {

struct Ears final : Transfer::Producer {
  int room = 0;
  int abandoned = 0;
  void on_room() override { ++room; }
  void on_abandoned() override { ++abandoned; }
};

struct Listener final : TransferReader::Sink {
  explicit Listener(net::Loop& loop) : reader(loop, *this) {}
  int woken = 0;
  void on_transfer() override { ++woken; }
  std::string take_all() {
    std::string all;
    cache::SegmentRef segment;
    while (reader.take({&segment, 1}).count == 1) all += segment->bytes();
    return all;
  }
  TransferReader reader;
};

struct Stage {
  Stage() : transfer(std::make_shared<Transfer>(loop, budget)) { transfer->set_producer(&ears); }
  ~Stage() { transfer->set_producer(nullptr); }
  void begin(Transfer::Retention retention) {
    transfer->begin({.status = 200, .shared = retention == Transfer::Retention::Retain}, retention);
  }
  Transfer::Appended append(size_t size) {
    return transfer->append(cache::SegmentRef::adopt(std::string(size, 'x')));
  }
  void turn() {
    for (int i = 0; i < 3; ++i) {
      loop.post([this] { loop.stop(); });
      loop.run();
    }
  }

  net::Loop loop;
  RetentionBudget budget{10 << 20};
  Ears ears;
  std::shared_ptr<Transfer> transfer;
};

TEST_CASE("transfer: a reader is woken once until it has looked") {
  Stage stage;
  Listener listener(stage.loop);
  listener.reader.join(stage.transfer);
  stage.begin(Transfer::Retention::Retain);
  stage.append(1);
  stage.append(1);
  stage.turn();
  CHECK(listener.woken == 1);
  stage.append(1);
  stage.turn();
  CHECK(listener.woken == 1);  // it has not looked
  CHECK(listener.reader.look().phase == Transfer::Phase::Streaming);
  stage.append(1);
  stage.turn();
  CHECK(listener.woken == 2);
  CHECK(listener.take_all() == "xxxx");
}

TEST_CASE("transfer: what was retained is given back when it is complete and when it dies") {
  SUBCASE("complete") {
    Stage stage;
    stage.begin(Transfer::Retention::Retain);
    stage.append(1000);
    CHECK(stage.budget.used() == 1000);
    CHECK(stage.transfer->segments().size() == 1);
    stage.transfer->complete({});
    CHECK(stage.budget.used() == 0);
    CHECK(stage.transfer->held() == 0);
  }
  SUBCASE("cut off") {
    Stage stage;
    stage.begin(Transfer::Retention::Retain);
    stage.append(1000);
    stage.transfer->fail({});
    CHECK(stage.budget.used() == 0);
  }
}

TEST_CASE("transfer: a full budget takes nothing and changes nothing") {
  Stage stage;
  stage.begin(Transfer::Retention::Retain);
  CHECK(stage.append(9 << 20) == Transfer::Appended::GoOn);
  CHECK(stage.append(2 << 20) == Transfer::Appended::NoRoom);
  CHECK(stage.transfer->received() == 9 << 20);
  CHECK(stage.budget.used() == 9 << 20);
}

TEST_CASE("transfer: a window pauses at its size and has room again at half") {
  Stage stage;
  Listener slow(stage.loop);
  Listener quick(stage.loop);
  slow.reader.join(stage.transfer);
  quick.reader.join(stage.transfer);
  stage.begin(Transfer::Retention::Window);
  constexpr size_t kPiece = 128 << 10;
  for (int i = 0; i < 8; ++i) CHECK(stage.append(kPiece) == Transfer::Appended::GoOn);
  quick.take_all();
  CHECK(stage.append(kPiece) == Transfer::Appended::Pause);
  CHECK(stage.transfer->held() == 9 * kPiece);
  std::array<cache::SegmentRef, 4> some;
  slow.reader.take(some);
  stage.turn();
  CHECK(stage.ears.room == 0);
  CHECK(stage.transfer->held() == 5 * kPiece);
  CHECK(stage.transfer->should_pause() == false);
  CHECK(stage.append(4 * kPiece) == Transfer::Appended::Pause);
  slow.take_all();
  quick.take_all();
  stage.turn();
  CHECK(stage.ears.room == 1);
  CHECK(stage.transfer->held() == 0);
}

TEST_CASE("transfer: only what nobody reads and nobody keeps is abandoned") {
  Stage stage;
  auto listener = std::make_unique<Listener>(stage.loop);
  listener->reader.join(stage.transfer);
  SUBCASE("a window") { stage.begin(Transfer::Retention::Window); }
  SUBCASE("before the head, for one client") {}
  SUBCASE("retained no longer") {
    stage.begin(Transfer::Retention::Retain);
    stage.transfer->stop_retaining();
  }
  stage.turn();
  CHECK(stage.ears.abandoned == 0);
  listener = nullptr;
  stage.turn();
  CHECK(stage.ears.abandoned == 1);
}

TEST_CASE("transfer: what is kept is not abandoned") {
  Stage stage;
  auto listener = std::make_unique<Listener>(stage.loop);
  listener->reader.join(stage.transfer);
  stage.transfer->keep_unattended(true);
  SUBCASE("before the head") {}
  SUBCASE("retained") { stage.begin(Transfer::Retention::Retain); }
  SUBCASE("complete") {
    stage.begin(Transfer::Retention::Retain);
    stage.transfer->complete({});
  }
  listener = nullptr;
  stage.turn();
  CHECK(stage.ears.abandoned == 0);
}

TEST_CASE("transfer: a reader that came back in time keeps it alive") {
  Stage stage;
  Listener listener(stage.loop);
  listener.reader.join(stage.transfer);
  listener.reader.leave();
  listener.reader.join(stage.transfer);
  stage.turn();
  CHECK(stage.ears.abandoned == 0);
}

TEST_CASE("transfer: a late reader of a window begins where the window does") {
  Stage stage;
  Listener first(stage.loop);
  first.reader.join(stage.transfer);
  stage.begin(Transfer::Retention::Window);
  stage.append(3);
  first.take_all();
  stage.append(4);
  Listener late(stage.loop);
  late.reader.join(stage.transfer);
  CHECK(late.take_all().size() == 4);
}

TEST_CASE("transfer: readers that have gone are not called") {
  Stage stage;
  auto listener = std::make_unique<Listener>(stage.loop);
  listener->reader.join(stage.transfer);
  stage.begin(Transfer::Retention::Retain);  // the wake-up is under way
  listener = nullptr;
  stage.turn();
  CHECK(stage.transfer->readers() == 0);
}

TEST_CASE("transfer: 1xx heads are kept in order and bounded") {
  Stage stage;
  Listener listener(stage.loop);
  listener.reader.join(stage.transfer);
  for (size_t i = 0; i < Transfer::kMaxInformational + 5; ++i) {
    stage.transfer->inform(std::to_string(i));
  }
  std::string lines;
  size_t count = 0;
  while (listener.reader.take_informational(lines)) CHECK(lines == std::to_string(count++));
  CHECK(count == Transfer::kMaxInformational);
}

}  // namespace
}  // namespace atl::edge
