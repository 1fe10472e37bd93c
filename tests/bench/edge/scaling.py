#!/usr/bin/env python3
"""How the edge grows: two workers beside one, latency at half of the peak, and memory for 50 million
objects. See ../README.md."""

import argparse
import json
import pathlib
import re
import statistics
import subprocess

import machine
import servers
from scenarios import KIB, Scenario, fill, load, measure

harness = servers.harness
HOT = Scenario("hot", "hits on one object of 1 KiB")
DISTINCT = Scenario("distinct", "hits on 10,000 objects of 1 KiB", objects=10_000, order="random")
BOTH_CORES = f"{machine.SERVER_CORE},{machine.OTHER_CORE}"
MANY = 50_000_000


def generator(server, scenario, core, seconds):
    """A closed loop that takes what the edge leaves of a core: whatever the workers are, it is the same."""
    prefix, suffix = server.path(scenario.size)
    host, port = server.endpoint.rsplit(":", 1)
    return subprocess.Popen(
        ["nice", "-n", "19", "taskset", "-c", str(core), str(harness.BUILD / "bin/bench-load"), "--host", host,
         "--port", port, "--prefix", prefix, "--suffix", suffix, "--distinct", str(scenario.objects),
         "--order", scenario.order, "--seconds", str(seconds), "--connections", "64"],
        stdout=subprocess.PIPE, text=True)


def cpu_per_request(server, scenario, seconds):
    """CPU microseconds of the edge per request, with a generator on each core."""
    pid = server.pids()[0]
    before = machine.cpu_seconds(pid)
    running = [generator(server, scenario, core, seconds) for core in (machine.SERVER_CORE, machine.OTHER_CORE)]
    requests = 0
    for process in running:
        out, _ = process.communicate(timeout=seconds + 60)
        result = json.loads(out.split("RESULT ", 1)[1])
        if process.returncode or result["bad"] or result["errors"]:
            raise SystemExit(f"{scenario.name}: {out}")
        requests += result["requests"]
    return (machine.cpu_seconds(pid) - before) * 1e6 / requests


def workers(options):
    """A worker's cost with and without another one beside it, in turns."""
    edges = {}
    try:
        for count in (1, 2):
            edges[count] = servers.Atoll(workers=count, cores=BOTH_CORES)
            edges[count].favour()
        for scenario in (HOT, DISTINCT):
            taken = {1: [], 2: []}
            for server in edges.values():
                fill(server, scenario)
            for _ in range(options.rounds):
                for count, server in edges.items():
                    taken[count].append(cpu_per_request(server, scenario, options.seconds))
            one, two = (statistics.median(taken[count]) for count in (1, 2))
            print(f"{scenario.what}: CPU us/request with 1 worker {one:.2f} ({min(taken[1]):.2f}-{max(taken[1]):.2f}), "
                  f"with 2 {two:.2f} ({min(taken[2]):.2f}-{max(taken[2]):.2f}); capacity of 2 / of 1: {2 * one / two:.2f}",
                  flush=True)
    finally:
        for server in edges.values():
            server.close()


def tail(options):
    """Latency at half of what one pinned worker answers at most."""
    server = servers.Atoll()
    try:
        server.favour()
        fill(server, HOT)
        peak = measure(server, HOT, 0, options.seconds)["per_second"]
        half = Scenario("half", HOT.what, rate=int(peak / 2))
        runs = [measure(server, half, 0, options.seconds) for _ in range(options.rounds)]
        p50, p99, p999 = (statistics.median(run[key] for run in runs) for key in ("p50_us", "p99_us", "p999_us"))
        print(f"at half of the peak ({peak:,.0f}/s): p50 {p50:.0f} us, p99 {p99:.0f} us, p99.9 {p999:.0f} us, "
              f"p99.9 / p50 {p999 / p50:.1f}", flush=True)
    finally:
        server.close()


def metric(server, name):
    text = harness.request(server.cluster.admins["fra"], "/metrics").body.decode()
    return float(re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)", text, re.M)[1])


def objects(options):
    """What an object takes beyond its body, as the store counts it and as the process grows."""
    server = servers.Atoll()
    try:
        filling = Scenario("memory", "", objects=options.objects)
        load(server, Scenario("warm", "", objects=64), first=1 << 40, requests=64)
        resident, counted = server.memory(), metric(server, "atoll_edge_cache_bytes")
        fill(server, filling)
        stored = metric(server, "atoll_edge_cache_objects") - 64
        if stored < options.objects:
            raise SystemExit(f"{stored:,.0f} of {options.objects:,} objects are stored")
        grown = (server.memory() - resident) / options.objects - KIB
        counts = (metric(server, "atoll_edge_cache_bytes") - counted) / options.objects - KIB
        print(f"{options.objects:,} objects of 1 KiB: {counts:.0f} bytes each beyond the body by the store's count, "
              f"{grown:.0f} by the process; for {MANY:,}: {counts * MANY / 1e9:.1f} and {grown * MANY / 1e9:.1f} GB",
              flush=True)
    finally:
        server.close()


PARTS = {"workers": workers, "tail": tail, "objects": objects}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release", help="build directory (default %(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="of each run (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    parser.add_argument("--objects", type=int, default=200_000, help="default %(default)s")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="only these; may be repeated")
    options = parser.parse_args()
    harness.BUILD = pathlib.Path(options.build).resolve()
    for part in options.part or PARTS:
        PARTS[part](options)


if __name__ == "__main__":
    main()
