#!/usr/bin/env python3
"""Requests per second and CPU microseconds per request of one pinned edge worker. See ../README.md."""

import argparse
import json
import os
import pathlib
import shutil
import ssl
import statistics
import subprocess
import sys

import servers

HERE = pathlib.Path(__file__).resolve().parent
IN_FLIGHT = 64
DISTINCT = 10_000
SCENARIOS = {
    "hot": "one object of 1 KiB, from the cache",
    "distinct": f"{DISTINCT:,} objects of 1 KiB, all in the cache",
    "tls": "one object of 1 KiB, from the cache, over TLS 1.3 connections that are kept",
    "miss": f"every request another object, {IN_FLIGHT} in flight, fetched from the origin",
}


def wrk(server, scenario, first, seconds):
    url = f"https://{server.tls_endpoint}/" if scenario == "tls" else f"http://{server.endpoint}/"
    command = ["taskset", "-c", str(servers.OTHER_CORE), "wrk", "-t1", f"-c{IN_FLIGHT}", f"-d{seconds}s",
               "-s", str(HERE / "urls.lua"), url, "--", scenario, server.prefix,
               server.suffix, str(first), str(DISTINCT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    return json.loads(line.removeprefix("RESULT "))


def warm(server):
    """Every object that `hot` and `distinct` ask for is fetched once, then seen to be a hit."""
    import http.client
    connection = http.client.HTTPConnection(server.endpoint, timeout=10)
    for number in range(DISTINCT):
        servers.harness.request_on(connection, f"{server.prefix}{number}{server.suffix}")
    for number in range(0, DISTINCT, 97):
        reply = servers.harness.request_on(connection, f"{server.prefix}{number}{server.suffix}")
        hit = reply.hit if server.counts() else server.is_hit(reply)
        if not hit or len(reply.body) != servers.BODY:
            raise SystemExit(f"{server.name}: object {number} is not a hit after warming: {reply!r}")
    connection.close()
    # Another port is another authority, and so another object.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(server.tls_endpoint, timeout=10, context=context)
    servers.harness.request_on(connection, f"{server.prefix}0{server.suffix}")
    if connection.sock.version() != "TLSv1.3":
        raise SystemExit(f"{server.name}: speaks {connection.sock.version()}")
    connection.close()


def measure(server, scenario, first, seconds):
    """One run. A run in which something was not what it should be is no measurement."""
    before_counts = server.counts()
    before = {pid: servers.cpu_seconds(pid) for pid in server.pids()}
    result = wrk(server, scenario, first, seconds)
    cpu = sum(servers.cpu_seconds(pid) - before[pid] for pid in before)
    if result["bad"] or not result["requests"]:
        raise SystemExit(f"{server.name} {scenario}: {result['bad']} bad answers of {result['requests']}")
    if before_counts:
        hits, misses = (now - then for now, then in zip(server.counts(), before_counts))
        wanted, other = (misses, hits) if scenario == "miss" else (hits, misses)
        # wrk drops what is in flight when the time is over.
        if wanted < result["requests"] or other > IN_FLIGHT:
            raise SystemExit(f"{server.name} {scenario}: {hits} hits and {misses} misses for "
                             f"{result['requests']} requests")
    return {"per_second": result["requests"] / result["seconds"],
            "cpu_us": cpu * 1e6 / result["requests"], "busy": cpu / result["seconds"],
            "p50_us": result["p50_us"], "p99_us": result["p99_us"]}


def run(measured, scenarios, rounds, seconds):
    """Rounds are interleaved, so that what disturbs the machine disturbs everybody."""
    results = {}
    first = DISTINCT
    for _ in range(rounds):
        for scenario in scenarios:
            for server in measured:
                if scenario == "miss" and not server.misses:
                    continue
                numbers = measure(server, scenario, first if scenario == "miss" else 0, seconds)
                results.setdefault((scenario, server.name), []).append(numbers)
            first += 100_000_000
    return {key: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
            for key, runs in results.items()}


def show(results, left_out, rounds, seconds):
    print(f"Median of {rounds} rounds of {seconds} s; server on core {servers.SERVER_CORE}, wrk and "
          f"origin on core {servers.OTHER_CORE}; {IN_FLIGHT} connections")
    for scenario, what in SCENARIOS.items():
        if not any(ran == scenario for ran, _ in results):
            continue
        print(f"\n{scenario}: {what}")
        print(f"  {'':12} {'requests/s':>12} {'CPU us/request':>15} {'core busy':>10} {'p50':>9} {'p99':>9}")
        for (ran, name), n in results.items():
            if ran == scenario:
                print(f"  {name:12} {n['per_second']:12,.0f} {n['cpu_us']:15.2f} {n['busy']:10.0%} "
                      f"{n['p50_us']:6.0f} us {n['p99_us']:6.0f} us")
    print()
    for name in left_out:
        print(f"Left out: {name} is not installed")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release", help="build directory (default %(default)s)")
    parser.add_argument("--seconds", type=int, default=8, help="of each run (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="default %(default)s")
    parser.add_argument("--scenario", action="append", choices=SCENARIOS,
                        help="may be repeated; default: all")
    parser.add_argument("--no-peers", action="store_true", help="Atoll alone")
    parser.add_argument("--json", metavar="FILE", help="write the numbers there too")
    options = parser.parse_args()
    for tool in ("wrk", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed: apt-get install wrk util-linux")
    if not {servers.SERVER_CORE, servers.OTHER_CORE} <= os.sched_getaffinity(0):
        sys.exit("this needs two cores, 0 and 1")
    servers.harness.BUILD = pathlib.Path(options.build).resolve()

    peers, upstream, left_out = ([], None, []) if options.no_peers else servers.installed_peers()
    opened = [upstream, *peers]
    try:
        atoll = servers.Atoll()
        opened.append(atoll)
        measured = [atoll, *peers]
        for server in measured:
            warm(server)
        results = run(measured, options.scenario or list(SCENARIOS), options.rounds, options.seconds)
    finally:
        for server in reversed(opened):
            if server is not None:
                server.close()
    show(results, left_out, options.rounds, options.seconds)
    if options.json:
        numbers = {f"{scenario} {name}": n for (scenario, name), n in results.items()}
        pathlib.Path(options.json).write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
