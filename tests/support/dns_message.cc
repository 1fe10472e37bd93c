#include "tests/support/dns_message.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "control-plane/dns/name.h"

namespace atl::dns::test {
namespace {

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

std::string text_of(const ldns_rr* record) {
  const std::unique_ptr<char, void (*)(void*)> owned(ldns_rr2str(record), std::free);
  std::string text = owned ? owned.get() : "";
  std::replace(text.begin(), text.end(), '\t', ' ');
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  return text;
}

std::vector<std::string> texts_of(const ldns_rr_list* records) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
    texts.push_back(text_of(ldns_rr_list_rr(records, i)));
  }
  return texts;
}

}  // namespace

std::string wire(const Question& question) {
  std::string out;
  put16(out, 0x1234);
  put16(out, question.flags);
  for (const unsigned count : {1u, 0u, 0u, question.edns ? 1u : 0u}) put16(out, count);
  std::string_view rest = question.name;  // as it is, not in lower case
  while (!rest.empty()) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    out += static_cast<char>(label.size());
    out += label;
  }
  out += '\0';
  put16(out, question.type);
  put16(out, question.klass);
  if (!question.edns) return out;
  out += '\0';
  put16(out, 41);
  put16(out, question.udp_size);
  out += '\0';
  out += static_cast<char>(question.version);
  put16(out, question.edns_flags);
  put16(out, static_cast<unsigned>(question.options.size()));
  return out + question.options;
}

std::string option(uint16_t code, std::string_view data) {
  std::string out;
  put16(out, code);
  put16(out, static_cast<unsigned>(data.size()));
  return out + std::string(data);
}

std::string subnet_option(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = geo::parse_address(text.substr(0, slash));
  if (!address || slash == std::string_view::npos) std::abort();
  const auto length = static_cast<unsigned>(std::atoi(text.data() + slash + 1));
  std::string data;
  put16(data, address->is_v4() ? 1 : 2);
  data += static_cast<char>(length);
  data += '\0';
  const size_t begin = address->is_v4() ? 12 : 0;
  for (size_t i = 0; i < (length + 7) / 8; ++i) {
    data += static_cast<char>(address->bytes[begin + i]);
  }
  return option(8, data);
}

Answer read(std::string_view message) {
  Answer answer;
  ldns_pkt* raw = nullptr;
  const auto* octets = reinterpret_cast<const uint8_t*>(message.data());
  if (ldns_wire2pkt(&raw, octets, message.size()) != LDNS_STATUS_OK) return answer;
  const std::unique_ptr<ldns_pkt, void (*)(ldns_pkt*)> packet(raw, ldns_pkt_free);
  answer.readable = ldns_pkt_qr(raw);
  answer.id = ldns_pkt_id(raw);
  answer.rcode = static_cast<int>(ldns_pkt_get_rcode(raw)) | ldns_pkt_edns_extended_rcode(raw) << 4;
  answer.authoritative = ldns_pkt_aa(raw);
  answer.truncated = ldns_pkt_tc(raw);
  if (ldns_rr_list_rr_count(ldns_pkt_question(raw)) == 1) {
    answer.question = text_of(ldns_rr_list_rr(ldns_pkt_question(raw), 0));
  }
  answer.answer = texts_of(ldns_pkt_answer(raw));
  answer.authority = texts_of(ldns_pkt_authority(raw));
  answer.opts = ldns_pkt_edns(raw) ? 1 : 0;
  if (const ldns_rdf* data = ldns_pkt_edns_data(raw)) {
    answer.options.assign(reinterpret_cast<const char*>(ldns_rdf_data(data)), ldns_rdf_size(data));
  }
  return answer;
}

World::World() {
  spec.name = "cdn.example";
  spec.name_servers = {"ns1.cdn.example", "ns.elsewhere.example"};
  spec.mailbox = "hostmaster.cdn.example";
  spec.serial = 7;
  spec.ttl = 3600;
  spec.negative_ttl = 60;
  spec.records = {{"ns1.cdn.example", "A", "192.0.2.53", 3600},
                  {"cdn.example", "MX", "10 mail.elsewhere.example.", 300},
                  {"text.cdn.example", "TXT", "hello world", 300},
                  {"away.cdn.example", "CNAME", "host.elsewhere.example", 300},
                  {"alias.cdn.example", "CNAME", "www.cdn.example", 300},
                  {"loop.cdn.example", "CNAME", "loop.cdn.example", 300},
                  {"dangling.cdn.example", "CNAME", "none.cdn.example", 300},
                  {"deep.er.cdn.example", "AAAA", "2001:db8::1", 300}};
  spec.distributions = {{"site", {"www.cdn.example", "other.example"}, 20, 2, false},
                        {"media", {"*.img.cdn.example"}, 30, 8, true}};
  subnets = geo::SubnetTable({{*geo::parse_prefix("10.1.0.0/16"), "fra", {}, ""},
                              {*geo::parse_prefix("10.2.0.0/16"), "sin", {}, ""},
                              {*geo::parse_prefix("2001:db8:2::/48"), "sin", {}, ""}});
  view.subnets = &subnets;
  pops = {{"fra", {50, 9}, 0, {}}, {"iad", {39, -77}, 0, {}}, {"sin", {1, 104}, 0, {}}};
  policies.resize(spec.distributions.size());
  const auto v4 = [](const char* text) { return *parse_data(Type::A, text); };
  view.addresses = {{{v4("192.0.2.1")}, {*parse_data(Type::Aaaa, "2001:db8::a")}},
                    {{v4("192.0.2.2"), v4("192.0.2.22")}, {}},
                    {{v4("192.0.2.3")}, {*parse_data(Type::Aaaa, "2001:db8::c")}}};
  remake();
}

void World::remake() {
  auto zone = Zone::make(spec);
  if (!zone) {
    for (const ZoneProblem& problem : zone.error())
      std::fprintf(stderr, "%s\n", problem.text.c_str());
    std::abort();
  }
  view.zone = std::make_shared<const Zone>(*std::move(zone));
  policies.resize(spec.distributions.size());
  chart_ = std::make_shared<const geo::Chart>(pops, policies);
  remake_snapshot();
}

void World::remake_snapshot() {
  view.routing = std::make_shared<const geo::Snapshot>(chart_, status_);
  ++view.epoch;
}

void World::set_states(std::vector<geo::PopState> states) {
  for (size_t i = 0; i < states.size(); ++i) status_[i] = {states[i]};
  remake_snapshot();
}

void World::set_status(std::vector<geo::PopStatus> status) {
  status_ = std::move(status);
  remake_snapshot();
}

}  // namespace atl::dns::test
