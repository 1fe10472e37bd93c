#!/usr/bin/env python3
"""One pinned edge worker beside its peers, interleaved, in one run. See ../README.md."""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys

import machine
import peers
import servers
from scenarios import KIB, MIB, SCENARIOS, Scenario, fill, load, measure

UNITS = {"cpu_us": "CPU us/request", "gigabytes": "GB/s", "p50_us": "p50 us"}


class Field:
    """Everybody who runs, with the upstream that the peers share."""

    def __init__(self, names, trust=False):
        self.open = []
        self.upstream = None
        try:
            if names:
                self.upstream = self.add(peers.Origin((KIB, 100 * KIB, MIB, 2048 * MIB)))
            self.servers = [self.add(servers.Atoll())]
            self.servers += [self.add(servers.TrustingAtoll())] if trust else []
            self.servers += [self.add(peers.KINDS[name](self.upstream)) for name in names]
        except BaseException:
            self.close()
            raise

    def add(self, server):
        self.open.append(server)
        server.favour()
        return server

    def close(self):
        for server in reversed(self.open):
            server.close()
        self.open = []


def compete(field, scenario, rounds, seconds):
    """Medians and spreads by server. Rounds are interleaved, so that what disturbs the machine disturbs
    everybody."""
    running = [server for server in field.servers if server.runs(scenario)]
    if scenario.floor:
        running.append(field.add(servers.Floor(scenario.size)))
    runs = {}
    for server in running:
        if server.name != "floor":
            fill(server, scenario)
    for number in range(rounds):
        for server in running:
            first = (number + 1) * 10_000_000_000 if scenario.miss else 0
            runs.setdefault(server.name, []).append(measure(server, scenario, first, seconds))
    return {name: {key: {"median": statistics.median(r[key] for r in taken),
                         "low": min(r[key] for r in taken), "high": max(r[key] for r in taken)}
                   for key in taken[0]} for name, taken in runs.items()}


def show(scenario, results):
    print(f"\n{scenario.name}: {scenario.what}")
    print(f"  {'':14} {'requests/s':>11} {UNITS['cpu_us']:>15} {'(low-high)':>15} {'GB/s':>7} {'busy':>6} "
          f"{'p50':>9} {'p99':>9}")
    for name, n in results.items():
        cpu = n["cpu_us"]
        print(f"  {name:14} {n['per_second']['median']:11,.0f} {cpu['median']:15.2f} "
              f"{cpu['low']:7.2f}-{cpu['high']:7.2f} {n['gigabytes']['median']:7.2f} "
              f"{n['busy']['median']:6.0%} {n['p50_us']['median']:6.0f} us {n['p99_us']['median']:6.0f} us")
    if scenario.miss:
        print(f"  atoll-edge and atoll-origin together: "
              f"{results['atoll-edge']['cpu_us_with_upstream']['median']:.2f} {UNITS['cpu_us']}")
    ratio = ratio_to_best(scenario, results)
    if ratio:
        print(f"  atoll-edge / best peer ({ratio['peer']}), {UNITS[scenario.figure]}: {ratio['ratio']:.2f}")
    sys.stdout.flush()


def ratio_to_best(scenario, results):
    figures = {name: n[scenario.figure]["median"] for name, n in results.items()}
    ours = ("atoll-edge", "atoll-edge-mtls", "floor")
    rivals = {name: value for name, value in figures.items() if name not in ours}
    if not rivals:
        return None
    best = max if scenario.figure == "gigabytes" else min
    peer = best(rivals, key=rivals.get)
    return {"peer": peer, "ratio": figures["atoll-edge"] / rivals[peer]}


def compare_memory(names, objects):
    """Bytes per cached object of 1 KiB beyond its body, in processes that hold nothing else."""
    print(f"\nmemory: {objects:,} objects of 1 KiB")
    scenario = Scenario("memory", "", objects=objects)
    results = {}
    for name in ["atoll-edge", *[name for name in names if name in peers.GROWS]]:
        field = Field([name] if name != "atoll-edge" else [])
        try:
            server = field.servers[-1]
            load(server, Scenario("warm", "", objects=64), first=1 << 40, requests=64)
            before = server.memory()
            fill(server, scenario)
            results[name] = (server.memory() - before) / objects - KIB
        finally:
            field.close()
        print(f"  {name:14} {results[name]:8,.0f} bytes beyond the body")
        sys.stdout.flush()
    return results


def parse():
    names = [scenario.name for scenario in SCENARIOS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release", help="build directory (default %(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="of each run (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    parser.add_argument("--scenario", action="append", choices=[*names, "memory"],
                        help="may be repeated; default: all but the long ones "
                             f"({', '.join(s.name for s in SCENARIOS if s.long)}, memory)")
    parser.add_argument("--objects", type=int, default=200_000, help="of `memory` (default %(default)s)")
    parser.add_argument("--peer", action="append", choices=sorted(peers.KINDS), help="default: all installed")
    parser.add_argument("--no-peers", action="store_true", help="Atoll and the floor alone")
    parser.add_argument("--trust", action="store_true",
                        help="also, for misses, an edge with mutual TLS to its origin")
    parser.add_argument("--json", metavar="FILE", help="write the numbers there too")
    return parser.parse_args()


def main():
    options = parse()
    for tool in ("wrk", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed: apt-get install wrk util-linux")
    if not {machine.SERVER_CORE, machine.OTHER_CORE} <= os.sched_getaffinity(0):
        sys.exit("this needs two cores, 0 and 1")
    servers.harness.BUILD = pathlib.Path(options.build).resolve()
    have, missing = peers.available()
    names = [] if options.no_peers else [name for name in have if name in (options.peer or have)]
    wanted = options.scenario or [scenario.name for scenario in SCENARIOS if not scenario.long]

    print(f"Medians of {options.rounds} rounds of {options.seconds} s; server on core "
          f"{machine.SERVER_CORE}, generator and upstream on core {machine.OTHER_CORE}")
    for name in missing if not options.no_peers else []:
        print(f"Left out: {name} is not installed")
    numbers = {}
    for scenario in SCENARIOS:
        if scenario.name not in wanted:
            continue
        field = Field(names, options.trust)
        try:
            results = compete(field, scenario, options.rounds, options.seconds)
        finally:
            field.close()
        show(scenario, results)
        numbers[scenario.name] = {"servers": results, "ratio": ratio_to_best(scenario, results)}
    if "memory" in wanted:
        numbers["memory"] = compare_memory(names, options.objects)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
