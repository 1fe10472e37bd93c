"""Who is measured, each as its documentation recommends for one thread on one core: the same zone, the
same PoPs, the same database of networks."""

import pathlib
import shutil
import subprocess
import tempfile

import dig
import harness
import machine
import mmdb

CONTINENTS = {"DE": "EU", "FR": "EU", "AT": "EU", "US": "NA", "CA": "NA", "BR": "SA", "AR": "SA",
              "IN": "AS", "SG": "AS", "MY": "AS", "AU": "OC", "NZ": "OC"}
POPS = {pop: f"192.0.2.{number + 1}" for number, pop in enumerate(harness.POPS)}
# The order of PoPs for a continent, where a server does not work it out by itself.
ORDERS = {"EU": ["fra", "iad"], "NA": ["iad", "fra"], "SA": ["gru", "iad"], "AS": ["sin", "bom"],
          "OC": ["syd", "sin"]}


def write_database(path):
    mmdb.write(path, {network: {"continent": {"code": CONTINENTS[code]}, "country": {"iso_code": code}}
                      for code, network in harness.NETWORKS.items()})


class Server:
    """A server in a folder of its own, pinned to its core."""

    def __init__(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="atoll-bench-"))
        self.host = harness.loopback()
        self.port = harness.free_port(self.host)
        self.endpoint = f"{self.host}:{self.port}"
        self.write()
        self.log = open(self.place / "log", "wb")
        self.process = subprocess.Popen(
            ["taskset", "-c", str(machine.SERVER_CORE), *self.command()], stdout=self.log,
            stderr=self.log, stdin=subprocess.DEVNULL)
        try:
            harness.wait_until(self.answers, 30, f"{self.name} answers")
        except AssertionError:
            print((self.place / "log").read_text(errors="replace")[-2000:])
            self.close()
            raise

    @property
    def pid(self):
        return self.process.pid

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self.process.returncode}")
        return dig.ask(self.endpoint, dig.query("www.cdn.example"), 0.5) is not None

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.place, ignore_errors=True)


class Atoll(Server):
    """The control plane alone. No PoP joins it, so it answers as it does when all are down and the
    operator chose "open": the same decision and the same answer."""

    name, program = "atoll", "atoll-control"

    def command(self):
        return [str(harness.BUILD / "bin" / self.program), "--config", str(self.place / "control.toml")]

    def write(self):
        write_database(self.place / "geo.mmdb")
        text = harness.section("[control]", {
            "listen": f"{self.host}:{harness.free_port(self.host)}", "fleet_listen": f"{self.host}:0",
            "state_dir": "state", "geo_database": "geo.mmdb"})
        text += harness.section("[dns]", {
            "listen": [self.endpoint], "zone": "cdn.example", "name_servers": ["ns1.cdn.example"],
            "count": 1, "fail": "open", "settle": "0s", "rate_limit": 0})
        text += harness.section("[[dns.record]]", {"name": "ns1.cdn.example", "type": "A",
                                                   "value": "192.0.2.53"})
        for pop, address in POPS.items():
            city, country, latitude, longitude = harness.POPS[pop]
            text += harness.section("[[pop]]", {
                "id": pop, "city": city, "country": country, "latitude": latitude,
                "longitude": longitude, "endpoints": [f"{address}:80"]})
        text += harness.section("[[origin]]", {"id": "www", "endpoint": "127.0.0.1:7400",
                                               "source": "www"})
        text += harness.section("[[origin_group]]", {"id": "www", "origins": ["www"]})
        text += harness.section("[[distribution]]", {"id": "site", "hosts": ["www.cdn.example"]})
        text += harness.section("[[distribution.behaviour]]", {"path": "*", "origin_group": "www"})
        (self.place / "control.toml").write_text(text)


class Gdnsd(Server):
    name = program = "gdnsd"

    def command(self):
        return ["gdnsd", "-c", str(self.place), "start"]

    def write(self):
        for folder in ("zones", "geoip", "run", "state"):
            (self.place / folder).mkdir()
        write_database(self.place / "geoip" / "geo.mmdb")
        orders = ", ".join(f"{code} => [ {', '.join(pops)} ]" for code, pops in ORDERS.items())
        addresses = ", ".join(f"{pop} => {address}" for pop, address in POPS.items())
        (self.place / "config").write_text(f"""
options => {{
  listen => "{self.endpoint}", udp_threads => 1, tcp_threads => 1, edns_client_subnet => true,
  run_dir => "{self.place}/run", state_dir => "{self.place}/state"
}}
plugins => {{ geoip => {{
  maps => {{ m => {{ geoip2_db => "geo.mmdb", datacenters => [ {', '.join(POPS)} ],
                     map => {{ {orders} }} }} }}
  resources => {{ pops => {{ map => m, dcmap => {{ {addresses} }} }} }}
}} }}
""")
        (self.place / "zones" / "cdn.example").write_text("""\
@ 3600 SOA ns1 hostmaster ( 1 7200 1800 259200 60 )
@ 3600 NS ns1
ns1 3600 A 192.0.2.53
www 20 DYNA geoip!pops
""")


class PowerDns(Server):
    name, program = "pdns-geoip", "pdns_server"

    def command(self):
        return ["pdns_server", f"--config-dir={self.place}"]

    def write(self):
        write_database(self.place / "geo.mmdb")
        settings = {
            "launch": "geoip", "local-address": self.host, "local-port": self.port,
            "geoip-zones-file": self.place / "zones.yaml",
            "geoip-database-files": f"mmdb:{self.place}/geo.mmdb", "edns-subnet-processing": "yes",
            "socket-dir": self.place, "receiver-threads": 1, "distributor-threads": 1, "daemon": "no",
            "guardian": "no", "reuseport": "yes"}
        (self.place / "pdns.conf").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        pools = "".join(f"    {code.lower()}.pop.cdn.example: [{{a: {POPS[pops[0]]}}}]\n"
                        for code, pops in ORDERS.items())
        (self.place / "zones.yaml").write_text(f"""\
domains:
- domain: cdn.example
  ttl: 20
  records:
    cdn.example:
      - soa: ns1.cdn.example hostmaster.cdn.example 1 7200 1800 259200 60
      - ns: ns1.cdn.example
    ns1.cdn.example: [{{a: 192.0.2.53}}]
    unknown.pop.cdn.example: [{{a: {POPS['fra']}}}]
{pools}  services:
    www.cdn.example: ['%cn.pop.cdn.example', 'unknown.pop.cdn.example']
""")
