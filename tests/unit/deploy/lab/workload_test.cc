#include "deploy/lab/policies/workload.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace atl::lab {
namespace {

// A folder that goes away with the test.
class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/atoll-lab-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_CASE("workload: an object has the largest size its rows name, and at least one byte") {
  const Workload w =
      make_workload("x", {{1, 900, 10, {}}, {2, 7, 0, {}}, {3, 900, 30, {}}, {4, 900, 20, {}}});
  CHECK(w.requests == std::vector<uint32_t>{0, 1, 0, 0});
  CHECK(w.sizes == std::vector<uint64_t>{30, 1});
  CHECK(w.footprint == 31);
}

TEST_CASE("workload: objects of a trace without sizes all count as a page") {
  const Workload w = make_workload("x", {{1, 900, 1, {}}, {2, 7, 0, {}}});
  CHECK(w.sizes == std::vector<uint64_t>{kUnitBytes, kUnitBytes});
  CHECK(w.footprint == 2 * kUnitBytes);
}

TEST_CASE("workload: traces are found by their ending, sorted, and named without it") {
  const TempFolder folder;
  folder.write("b.csv", "time,object,size\n0,5,100\n1,5,100\n");
  folder.write("a.csv.zst", "");
  folder.write("README.md", "");
  const auto found = find_traces(folder.path());
  REQUIRE(found);
  CHECK(*found == std::vector{folder.path() + "/a.csv.zst", folder.path() + "/b.csv"});
  const auto w = load_workload(found->back());
  REQUIRE(w);
  CHECK(w->name == "b");
  CHECK(w->requests.size() == 2);
  CHECK(w->footprint == 100);
}

TEST_CASE("workload: what cannot be replayed is refused with the file's name") {
  const TempFolder folder;
  CHECK_FALSE(find_traces(folder.path()));
  CHECK_FALSE(find_traces(folder.path() + "/none"));
  folder.write("empty.csv", "object,size\n");
  folder.write("bad.csv", "object,size\n1,x\n");
  for (const char* name : {"/empty.csv", "/bad.csv", "/none.csv"}) {
    const auto w = load_workload(folder.path() + name);
    REQUIRE_FALSE(w);
    CHECK(w.error().find(name) != std::string::npos);
  }
}

}  // namespace
}  // namespace atl::lab
