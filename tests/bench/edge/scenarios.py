"""What is asked for. Every scenario says with which generator, what it means and which servers it is for."""

import http.client
import json
import pathlib
import ssl
import subprocess
from dataclasses import dataclass

import machine
from servers import harness

HERE = pathlib.Path(__file__).resolve().parent
KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    size: int = KIB
    objects: int = 1            # how many different ones
    order: str = "same"         # same, random, or sequence: every request another object
    generator: str = "load"     # or wrk
    connections: int = 64
    tls: bool = False           # over TLS 1.3
    close: bool = False         # a connection for every request
    rate: int = 0               # requests a second; 0: as many as the server answers
    figure: str = "cpu_us"      # what to compare: cpu_us, gigabytes or p50_us
    long: bool = False          # only when asked for by name
    floor: bool = True

    @property
    def miss(self):
        return self.order == "sequence"


SCENARIOS = [
    Scenario("hot", "hits on one object of 1 KiB", generator="wrk"),
    Scenario("distinct", "hits on 10,000 objects of 1 KiB", objects=10_000, order="random",
             generator="wrk"),
    Scenario("million", "hits on 1,000,000 objects of 1 KiB", objects=1_000_000, order="random",
             long=True),
    Scenario("100k", "hits on 100 KiB", size=100 * KIB, figure="gigabytes"),
    Scenario("1m", "hits on 1 MiB", size=MIB, figure="gigabytes"),
    Scenario("tls", "hits on one object of 1 KiB over TLS 1.3 connections that are kept", tls=True,
             generator="wrk", floor=False),
    Scenario("miss", "every request another object of 1 KiB, fetched", objects=100_000_000,
             order="sequence", generator="wrk", floor=False),
    Scenario("miss1", "the same with one request at a time", objects=100_000_000, order="sequence",
             connections=1, floor=False),
    Scenario("close", "hits on 1 KiB, a connection for each", close=True),
    Scenario("rate10k", "hits on 1 KiB at 10,000 a second", rate=10_000, figure="p50_us"),
    Scenario("rate40k", "hits on 1 KiB at 40,000 a second", rate=40_000, figure="p50_us"),
    Scenario("stream", "one object of 2 GiB that no cache keeps, passed on", size=2048 * MIB,
             connections=2, figure="gigabytes", long=True, floor=False),
]


def load(server, scenario, *, first=0, seconds=0.0, requests=0):
    prefix, suffix = server.path(scenario.size)
    command = ["taskset", "-c", str(machine.OTHER_CORE), str(harness.BUILD / "bin/bench-load"),
               "--host", server.endpoint.rsplit(":", 1)[0], "--port", server.endpoint.rsplit(":", 1)[1],
               "--prefix", prefix, "--suffix", suffix, "--first", str(first),
               "--distinct", str(scenario.objects), "--connections", str(scenario.connections)]
    if requests:  # filling: each once
        command += ["--requests", str(requests), "--order", "sequence"]
    else:
        command += ["--seconds", str(seconds), "--order", scenario.order]
        command += ["--rate", str(scenario.rate)] if scenario.rate else []
        command += ["--close"] if scenario.close else []
    return result_of(command, seconds + 600)


def wrk(server, scenario, *, first, seconds):
    prefix, suffix = server.path(scenario.size)
    mode = {"same": "hot", "random": "distinct", "sequence": "miss"}[scenario.order]
    return result_of(["taskset", "-c", str(machine.OTHER_CORE), "wrk", "-t1",
                      f"-c{scenario.connections}", f"-d{seconds}s", "-s", str(HERE / "urls.lua"),
                      f"https://{server.tls_endpoint}/" if scenario.tls else f"http://{server.endpoint}/", "--", mode, prefix, suffix, str(first),
                      str(scenario.objects)], seconds + 60)


def result_of(command, timeout):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    machine.favour(process.pid)
    out, _ = process.communicate(timeout=timeout)
    lines = [line for line in out.splitlines() if line.startswith("RESULT ")]
    if process.returncode or not lines:
        raise SystemExit(f"{command[3]} failed: {out}")
    return json.loads(lines[0].removeprefix("RESULT "))


def fill(server, scenario):
    """Every object of a hit scenario is fetched, then seen to be stored: asked for again, nothing more
    goes to the origin."""
    if scenario.miss:
        return
    if scenario.tls:
        return fill_tls(server, scenario)
    for attempt in range(5):
        before = server.fetched()
        done = load(server, scenario, requests=max(scenario.objects, 64))
        if done["bad"] or done["errors"]:
            raise SystemExit(f"{server.name} {scenario.name}: {done} while filling")
        if attempt and server.fetched() == before:
            return
    raise SystemExit(f"{server.name} {scenario.name}: {server.fetched() - before} of "
                     f"{scenario.objects} objects are fetched again and again")


def fill_tls(server, scenario):
    """Another port is another authority, and so another object. Shows the protocol too."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(server.tls_endpoint, timeout=10, context=context)
    prefix, suffix = server.path(scenario.size)
    harness.request_on(connection, f"{prefix}0{suffix}")
    if connection.sock.version() != "TLSv1.3":
        raise SystemExit(f"{server.name}: speaks {connection.sock.version()}")
    connection.close()


def measure(server, scenario, first, seconds):
    """One run. A run in which something was not what it should be is no measurement."""
    fetched = server.fetched()
    before = {pid: machine.cpu_seconds(pid) for pid in server.pids()}
    behind = {pid: machine.cpu_seconds(pid) for pid in server.upstream_pids()}
    drive = wrk if scenario.generator == "wrk" else load
    result = drive(server, scenario, first=first, seconds=seconds)
    cpu = sum(machine.cpu_seconds(pid) - before[pid] for pid in before)
    cpu_behind = sum(machine.cpu_seconds(pid) - behind[pid] for pid in behind)
    fetched = server.fetched() - fetched
    where = f"{server.name} {scenario.name}"
    if result["bad"] or result.get("errors") or not result["requests"]:
        raise SystemExit(f"{where}: {result}")
    # The generator drops what is in flight when the time is over.
    if scenario.miss and fetched < result["requests"]:
        raise SystemExit(f"{where}: {fetched} fetched for {result['requests']} misses")
    if not scenario.miss and scenario.name != "stream" and fetched:
        raise SystemExit(f"{where}: {fetched} of {result['requests']} hits were fetched")
    return {"per_second": result["requests"] / result["seconds"],
            "gigabytes": result["requests"] * scenario.size / result["seconds"] / 1e9,
            "cpu_us": cpu * 1e6 / result["requests"], "busy": cpu / result["seconds"],
            "cpu_us_with_upstream": (cpu + cpu_behind) * 1e6 / result["requests"],
            "p50_us": result["p50_us"], "p99_us": result["p99_us"],
            "p999_us": result.get("p999_us", 0)}
