#include "lib/store/rocksdb/rocksdb_store.h"

#include <doctest/doctest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tests/component/lib/store/driver.h"
#include "tests/support/scratch_directory.h"

namespace atl::store::testing {
namespace {

Outcome<std::unique_ptr<Store>> open(net::Loop& loop, const std::string& path) {
  return open_rocksdb(loop, {.path = path});
}

// Opens, puts `count` items of 10 kB, closes.
void fill(const std::string& path, uint64_t count) {
  net::Loop loop;
  auto store = open(loop, path);
  REQUIRE(store.has_value());
  Driver driver(loop, **store);
  for (uint64_t i = 0; i < count; ++i)
    driver.put("p", format_number(i), std::string(10'000, static_cast<char>('a' + i % 26)));
}

// The files that hold data, by name, as they are now.
std::map<std::string, std::string> data_files(const ScratchDirectory& scratch) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.file("db"))) {
    const std::string name = entry.path().filename();
    if (name.starts_with("LOG") || name.starts_with("OPTIONS") || name == "LOCK") continue;
    files[name] = scratch.read("db/" + name);
  }
  return files;
}

std::string file_like(const ScratchDirectory& scratch, std::string_view part) {
  for (const auto& [name, bytes] : data_files(scratch))
    if (name.find(part) != std::string::npos && !bytes.empty()) return "db/" + name;
  FAIL("no such file");
  return {};
}

// Turns what is in the log into tables.
void flush(const ScratchDirectory& scratch) {
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open({}, scratch.file("db"), &db).ok());
  REQUIRE(db->Flush({}).ok());
  delete db;
}

TEST_CASE("rocksdb: what was written is there after closing and opening") {
  const ScratchDirectory scratch;
  fill(scratch.file("db"), 20);
  net::Loop loop;
  auto store = open(loop, scratch.file("db"));
  REQUIRE(store.has_value());
  Driver driver(loop, **store);
  const auto page = driver.range({.partition = "p"});
  CHECK(page->items.size() == 20);
  // Numbers of versions go on where they were.
  const Version version = driver.put("p", "new", "");
  for (const Item& item : page->items) CHECK(item.version < version);
}

TEST_CASE("rocksdb: a store that is destroyed finishes its writes and calls nothing") {
  const ScratchDirectory scratch;
  const auto witness = std::make_shared<int>(0);
  net::Loop loop;
  {
    auto store = open(loop, scratch.file("db"));
    REQUIRE(store.has_value());
    for (uint64_t i = 0; i < 500; ++i) {
      (*store)->write({"p", {Change::put(format_number(i), "v")}},
                      [witness](auto) { FAIL("called"); });
      (*store)->get("p", "a", [witness](auto) { FAIL("called"); });
    }
    store->reset();
    CHECK(witness.use_count() == 1);  // the callbacks are gone with the store
  }
  loop.post([&] { loop.stop(); });
  loop.run();
  auto store = open(loop, scratch.file("db"));
  REQUIRE(store.has_value());
  Driver driver(loop, **store);
  CHECK(driver.range({.partition = "p", .limit = kMaxPage})->items.size() == 500);
}

TEST_CASE("rocksdb: an answer may be the end of the store") {
  const ScratchDirectory scratch;
  net::Loop loop;
  auto store = *open(loop, scratch.file("db"));
  const auto witness = std::make_shared<int>(0);
  int answered = 0;
  for (int i = 0; i < 50; ++i) {
    store->write({"p", {Change::put("a", "v")}}, [&, witness](auto) {
      ++answered;
      store.reset();
      loop.stop();
    });
  }
  loop.run();
  CHECK(answered == 1);
  CHECK(witness.use_count() == 1);
}

TEST_CASE("rocksdb: a directory that cannot be used is said by name") {
  const ScratchDirectory scratch;
  scratch.write("file", "not a directory");
  net::Loop loop;
  for (const std::string& path :
       {scratch.file("file"), scratch.file("file/db"), std::string("/proc/atoll/db")}) {
    CAPTURE(path);
    const auto store = open(loop, path);
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().find(path) != std::string::npos);
  }
  CHECK(scratch.read("file") == "not a directory");
}

TEST_CASE("rocksdb: one store at a time has the directory") {
  const ScratchDirectory scratch;
  net::Loop loop;
  auto store = open(loop, scratch.file("db"));
  REQUIRE(store.has_value());
  const auto second = open(loop, scratch.file("db"));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().find("in use by another process") != std::string::npos);
  CHECK(Driver(loop, **store).put("p", "a", "v") != Version::None);
}

TEST_CASE("rocksdb: damage is an error that names the database, and changes nothing") {
  enum class Where : uint8_t { Log, Manifest, Current, NoCurrent, NoTable };
  struct Row {
    Where where;
    const char* what;
  };
  for (const Row& row : {Row{Where::Log, "the log"}, Row{Where::Manifest, "the manifest"},
                         Row{Where::Current, "CURRENT"}, Row{Where::NoCurrent, "no CURRENT"},
                         Row{Where::NoTable, "a table is missing"}}) {
    CAPTURE(row.what);
    const ScratchDirectory scratch;
    fill(scratch.file("db"), 20);
    if (row.where != Where::Log) flush(scratch);
    const auto damage = [&](const std::string& name, size_t at) {
      std::string bytes = scratch.read(name);
      REQUIRE(at < bytes.size());
      bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
      scratch.write(name, bytes);
    };
    switch (row.where) {
      case Where::Log:
        damage(file_like(scratch, ".log"), 60'000);
        break;
      case Where::Manifest:
        damage(file_like(scratch, "MANIFEST"), 20);
        break;
      case Where::Current:
        scratch.write("db/CURRENT", "rubbish\n");
        break;
      case Where::NoCurrent:
        std::filesystem::remove(scratch.file("db/CURRENT"));
        break;
      case Where::NoTable:
        std::filesystem::remove(scratch.file(file_like(scratch, ".sst")));
        break;
    }
    const auto before = data_files(scratch);
    net::Loop loop;
    const auto store = open(loop, scratch.file("db"));
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().find(scratch.file("db")) != std::string::npos);
    for (const auto& [name, bytes] : before) {
      CAPTURE(name);
      CHECK(scratch.read("db/" + name) == bytes);
    }
  }
}

TEST_CASE("rocksdb: an item whose table is damaged cannot be read, and that is said") {
  const ScratchDirectory scratch;
  fill(scratch.file("db"), 20);
  flush(scratch);
  const std::string table = file_like(scratch, ".sst");
  std::string bytes = scratch.read(table);
  const size_t at = bytes.size() / 4;  // behind the block with the mark of the format
  bytes[at] = static_cast<char>(~bytes[at]);
  scratch.write(table, bytes);
  net::Loop loop;
  auto store = open(loop, scratch.file("db"));
  REQUIRE_MESSAGE(store.has_value(), store.error());  // tables are read when they are needed
  Driver driver(loop, **store);
  std::optional<uint64_t> bad;
  for (uint64_t i = 0; i < 20 && !bad; ++i)
    if (!driver.get("p", format_number(i)).has_value()) bad = i;
  REQUIRE(bad.has_value());
  const auto found = driver.get("p", format_number(*bad));
  CHECK(found.error().code == Code::Internal);
  CHECK((*store)->problem().find("Corruption") != std::string::npos);
  CHECK_FALSE(driver.range({.partition = "p"}).has_value());
  // A write that depends on it does not happen.
  CHECK_FALSE(driver.write({"p", {Change::put(format_number(*bad), "v", Condition::present())}}));
}

TEST_CASE("rocksdb: a torn last record was not answered and is dropped") {
  const ScratchDirectory scratch;
  fill(scratch.file("db"), 20);
  const std::string log = file_like(scratch, ".log");
  const std::string bytes = scratch.read(log);
  scratch.write(log, bytes.substr(0, bytes.size() - 5'000));
  net::Loop loop;
  auto store = open(loop, scratch.file("db"));
  REQUIRE(store.has_value());
  CHECK(Driver(loop, **store).range({.partition = "p"})->items.size() == 19);
}

TEST_CASE("rocksdb: a database of another program stays as it is") {
  const ScratchDirectory scratch;
  const auto put = [&](const std::string& key, const std::string& value) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    REQUIRE(rocksdb::DB::Open(options, scratch.file("db"), &db).ok());
    REQUIRE(db->Put({}, key, value).ok());
    delete db;
  };
  net::Loop loop;
  put("foreign", "1");
  auto store = open(loop, scratch.file("db"));
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().find("another program") != std::string::npos);
  put(std::string("\0\0format", 8), "atoll-store 99");
  store = open(loop, scratch.file("db"));
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().find("another format") != std::string::npos);
}

// ---- A disk that is full ----

class FullFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FullFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, const std::atomic<bool>& full)
      : FSWritableFileOwnerWrapper(std::move(file)), full_(full) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* context) override {
    if (full_) return rocksdb::IOStatus::NoSpace("No space left on device");
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }

 private:
  const std::atomic<bool>& full_;
};

class FullDisk final : public rocksdb::FileSystemWrapper {
 public:
  explicit FullDisk(const std::atomic<bool>& full)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), full_(full) {}
  const char* Name() const override { return "FullDisk"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override {
    std::unique_ptr<rocksdb::FSWritableFile> real;
    auto status = FileSystemWrapper::NewWritableFile(name, options, &real, context);
    if (status.ok()) *file = std::make_unique<FullFile>(std::move(real), full_);
    return status;
  }

 private:
  const std::atomic<bool>& full_;
};

TEST_CASE("rocksdb: a full disk refuses writes, loses none, and is left when there is room") {
  const ScratchDirectory scratch;
  std::atomic<bool> full{false};
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<FullDisk>(full));
  net::Loop loop;
  auto store = open_rocksdb(loop, {.path = scratch.file("db"), .env = env.get()});
  REQUIRE(store.has_value());
  Driver driver(loop, **store);
  driver.put("p", "before", "1");

  full = true;
  const auto first = driver.write({"p", {Change::put("during", "1")}});
  REQUIRE_FALSE(first.has_value());
  CHECK(first.error().code == Code::Exhausted);
  CHECK_FALSE(first.error().retryable);  // it may be in the log
  const auto second = driver.write({"p", {Change::put("during", "2")}});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == Code::Exhausted);
  CHECK(second.error().retryable);
  CHECK((*store)->problem().find("No space left") != std::string::npos);
  CHECK((*driver.get("p", "before"))->value == "1");  // reading goes on

  full = false;
  CHECK(driver.write_patiently({"p", {Change::put("after", "1")}}).has_value());
  CHECK((*store)->problem().empty());
  store->reset();

  store = open_rocksdb(loop, {.path = scratch.file("db")});
  REQUIRE(store.has_value());
  Driver again(loop, **store);
  CHECK((*again.get("p", "before"))->value == "1");
  CHECK((*again.get("p", "after"))->value == "1");
}

TEST_CASE("rocksdb: no room to open is said") {
  const ScratchDirectory scratch;
  std::atomic<bool> full{true};
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<FullDisk>(full));
  net::Loop loop;
  const auto store = open_rocksdb(loop, {.path = scratch.file("db"), .env = env.get()});
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().find("no space left") != std::string::npos);
}

}  // namespace
}  // namespace atl::store::testing
