#include "tests/component/edge/lab.h"

#include <charconv>

namespace atl::test {

Client::Client(edge::Frontend& frontend, RequestSpec spec)
    : frontend_(frontend), spec_(std::move(spec)) {
  fields_.push_back({"Host", spec_.host});
  for (const auto& [name, value] : spec_.fields) fields_.push_back({name, value});
  request_.method = spec_.method;
  request_.target = spec_.path;
  request_.path_and_query = spec_.path;
  request_.authority = spec_.host;
  request_.scheme = "http";
  request_.fields = fields_;
  request_.chunked = !spec_.body_length.has_value();
  request_.body_length = spec_.body_length;
}

Client::~Client() { leave(); }

void Client::send() { handler_ = frontend_.on_request(request_, *this); }

void Client::send_body(std::string_view bytes) { handler_->on_body(bytes); }

void Client::end_body() { handler_->on_body_end({}); }

void Client::leave() {
  if (handler_ != nullptr && !ended_) handler_->on_abort(server::Abort::ClientGone);
  ended_ = true;
  handler_ = nullptr;
}

void Client::drain() {
  waiting_ = 0;
  holders_.clear();
  if (std::exchange(full_, false) && !ended_) handler_->on_writable();
}

uint16_t Client::status() const {
  uint16_t status = 0;
  if (head_.size() > 12) std::from_chars(head_.data() + 9, head_.data() + 12, status);
  return status;
}

void Client::inform(std::string_view lines) { informational_.emplace_back(lines); }

void Client::respond(std::span<const std::string_view> head, std::span<const std::string_view> body,
                     server::Framing framing, Holder holder) {
  begin(head, framing);
  for (const std::string_view piece : body) take(piece);
  holders_.push_back(std::move(holder));
  ended_ = true;
  if (on_end) on_end();
}

void Client::begin(std::span<const std::string_view> head, server::Framing framing) {
  for (const std::string_view piece : head) head_ += piece;
  framing_ = framing;
}

void Client::take(std::string_view piece) {
  received_ += piece.size();
  if (keep_body) body_ += piece;
}

bool Client::write(std::string_view piece, Holder holder) {
  take(piece);
  if (capacity == 0) return true;
  holders_.push_back(std::move(holder));
  waiting_ += piece.size();
  full_ = waiting_ >= capacity;
  return !full_;
}

void Client::finish(std::string_view trailers) {
  trailers_ = trailers;
  ended_ = true;
  if (on_end) on_end();
}

void Client::fail() {
  failed_ = true;
  ended_ = true;
  if (on_end) on_end();
}

Bench::Bench(edge::Shared& shared, FakeOrigin& origin) : client(make_fake_client(loop, origin)) {
  fetches = std::make_unique<edge::FetchSet>(edge::FetchContext{.loop = loop,
                                                                .client = *client,
                                                                .store = shared.store,
                                                                .flights = shared.flights,
                                                                .budget = shared.budget,
                                                                .counters = counters,
                                                                .identity = shared.identity,
                                                                .origins = shared.origins,
                                                                .hot = shared.hot,
                                                                .purges = shared.purges,
                                                                .limits = shared.config.fetch,
                                                                .disk = shared.disk});
  frontend = std::make_unique<edge::Frontend>(edge::FrontendContext{.loop = loop,
                                                                    .clock = shared.clock,
                                                                    .store = shared.store,
                                                                    .flights = shared.flights,
                                                                    .fetches = *fetches,
                                                                    .counters = counters,
                                                                    .identity = shared.identity,
                                                                    .places = shared.places,
                                                                    .access = nullptr});
  frontend->set_routes(Lab::routes());
}

Bench::~Bench() {
  frontend = nullptr;
  fetches = nullptr;
}

std::shared_ptr<Client> Bench::request(RequestSpec spec) {
  auto made = std::make_shared<Client>(*frontend, std::move(spec));
  loop.post([made] { made->send(); });
  return made;
}

void Bench::settle() {
  // A turn may post the next one's work; nothing here posts without end.
  for (int i = 0; i < 12; ++i) {
    loop.post([this] { loop.stop(); });
    loop.run();
  }
}

std::shared_ptr<Client> Bench::ask_for(RequestSpec spec) {
  auto made = request(std::move(spec));
  settle();
  return made;
}

void settle(std::initializer_list<Bench*> benches) {
  for (int i = 0; i < 4; ++i) {
    for (Bench* bench : benches) bench->settle();
  }
}

Lab::Lab(uint64_t max_object, uint64_t retained, uint64_t part_block)
    : shared(config(max_object, retained, part_block), clock, 7), bench(shared, origin) {}

edge::Config Lab::config(uint64_t max_object, uint64_t retained, uint64_t part_block) {
  edge::Config config;
  config.pop = "fra";
  config.cache_memory = 64_MiB;
  config.cache_shards = 4;
  config.retained = {retained};
  config.fetch.max_object = max_object;
  config.fetch.part_block = part_block;
  return config;
}

std::shared_ptr<const edge::RouteTable> Lab::routes() {
  edge::RouteConfig config;
  config.version = 1;
  config.origins = {{.id = "a", .endpoint = "a:1", .source = "site"},
                    {.id = "b", .endpoint = "b:1", .source = "site"}};
  config.origin_groups = {{.id = "site", .origins = {"a", "b"}, .failover_statuses = {}}};
  edge::BehaviourConfig uncached{.path_pattern = "/private/*", .origin_group = "site"};
  uncached.cache.enabled = false;
  edge::BehaviourConfig read{.path_pattern = "/read/*", .origin_group = "site"};
  read.allowed_methods = {"GET", "HEAD"};
  edge::BehaviourConfig rest{.path_pattern = "*", .origin_group = "site"};
  config.distributions = {{.id = "site",
                           .hosts = {"www.example.org", "*.example.net"},
                           .behaviours = {uncached, read, rest}}};
  return *edge::RouteTable::build(std::move(config));
}

}  // namespace atl::test
