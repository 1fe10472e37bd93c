#include "origin/sources/build.h"

#include <utility>

#include "origin/sources/directory.h"
#include "origin/sources/group.h"
#include "origin/sources/http.h"
#include "origin/sources/synthetic.h"

namespace atl::origin {
namespace {

using Made = std::expected<std::unique_ptr<Source>, std::string>;

struct Maker {
  SourceWorld& world;
  const Service& service;

  Made operator()(const DirectoryOptions& options) const {
    return make_directory_source(options, world.types, world.pool);
  }
  Made operator()(const HttpOptions& options) const { return make_http_source(options); }
  Made operator()(const SyntheticOptions& options) const {
    return make_synthetic_source(options, world.pool, world.timers);
  }
  Made operator()(const GroupOptions& options) const {
    std::vector<GroupMember> members;
    for (const std::string& name : options.members) {
      Source* source = service.find(name);
      if (source == nullptr) return std::unexpected("member " + name + " could not be made");
      members.push_back({name, source});
    }
    return make_group_source(std::move(members), options.failover_statuses);
  }
};

}  // namespace

std::vector<std::string> build_sources(const Config& config, SourceWorld& world, Service& service) {
  std::vector<std::string> problems;
  for (const bool groups : {false, true}) {  // a group refers to sources that are there
    for (const SourceConfig& source : config.sources) {
      if (std::holds_alternative<GroupOptions>(source.options) != groups) continue;
      Made made = std::visit(Maker{world, service}, source.options);
      if (made) {
        service.add(source.name, std::move(*made));
      } else {
        problems.push_back("source." + source.name + ": " + made.error());
      }
    }
  }
  return problems;
}

}  // namespace atl::origin
