#!/usr/bin/env python3
"""DNS answers on one pinned core, beside PowerDNS's geoip backend and gdnsd. See ../README.md."""

import argparse
import json
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "edge"))
sys.path.insert(0, str(HERE.parents[1] / "e2e"))
import dig  # noqa: E402
import harness  # noqa: E402
import machine  # noqa: E402
from dns_peers import Atoll, Gdnsd, PowerDns  # noqa: E402

SUBNET = struct.pack(">HBB3B", 1, 24, 0, 91, 0, 1)  # 91.0.1.0/24, in the database
NAMES = ["www.cdn.example"]

# What is asked: the names, and the options of dnsperf.
SCENARIOS = {
    "plain": (NAMES, []),
    "edns": (NAMES, ["-e"]),
    "subnet": (NAMES, ["-e", "-E", f"8:{SUBNET.hex()}"]),
    "nonames": ([f"n{i}.none.cdn.example" for i in range(5000)], []),
}


def measure(server, names, options, seconds, questions):
    """One round: answers a second and CPU microseconds of the server for each."""
    questions.write_text("".join(f"{name} A\n" for name in names))
    host, port = server.endpoint.rsplit(":", 1)
    before = sum(machine.cpu_seconds(pid) for pid in machine.tree(server.pid))
    done = subprocess.run(
        ["taskset", "-c", str(machine.OTHER_CORE), "dnsperf", "-s", host, "-p", port, "-d",
         str(questions), "-l", str(seconds), "-c", "8", "-T", "1", "-q", "400", *options],
        capture_output=True, text=True, timeout=seconds + 60, check=False)
    used = sum(machine.cpu_seconds(pid) for pid in machine.tree(server.pid)) - before
    figure = lambda name: float(re.search(rf"{name}:\s+([0-9.]+)", done.stdout)[1])
    completed, sent = figure("Queries completed"), figure("Queries sent")
    codes = re.search(r"Response codes:\s+(.*)", done.stdout)[1]
    return {"per_second": completed / figure("Run time \\(s\\)"),
            "cpu_us": used * 1e6 / completed, "lost": 1 - completed / sent, "codes": codes}


def check(server):
    """Everybody answers the same question with the address of the same PoP."""
    answer = dig.dig(server.endpoint, "www.cdn.example", "A", "+subnet=91.0.1.0/24")
    if "192.0.2.1" not in answer.data("A") or answer.scope != 10:
        raise AssertionError(f"{server.name} answers otherwise:\n{answer.text}")


def show(name, results):
    print(f"\n{name}\n  {'':10} {'answers/s':>11} {'(low-high)':>19} {'CPU us/answer':>14} {'(low-high)':>13}")
    for server, runs in results.items():
        rate = [run["per_second"] for run in runs]
        cpu = [run["cpu_us"] for run in runs]
        lost = max(run["lost"] for run in runs)
        print(f"  {server:10} {statistics.median(rate):11,.0f} {min(rate):9,.0f}-{max(rate):9,.0f} "
              f"{statistics.median(cpu):14.2f} {min(cpu):6.2f}-{max(cpu):6.2f}  {runs[0]['codes']}"
              + (f", lost {lost:.1%}" if lost > 0.001 else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release", type=pathlib.Path)
    parser.add_argument("--seconds", default=5, type=int)
    parser.add_argument("--rounds", default=3, type=int)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    harness.BUILD = options.build.resolve()
    if not shutil.which("dnsperf"):
        sys.exit("dnsperf is not installed")
    kinds = [Atoll, Gdnsd, PowerDns]
    for kind in kinds:
        if not shutil.which(kind.program) and kind is not Atoll:
            print(f"{kind.program} is not installed")
    servers = []
    report = {}
    try:
        for kind in kinds:
            if kind is Atoll or shutil.which(kind.program):
                servers.append(kind())
                machine.favour(servers[-1].pid)
                check(servers[-1])
        questions = servers[0].place / "questions"
        for name in options.scenario or SCENARIOS:
            names, flags = SCENARIOS[name]
            results = {server.name: [] for server in servers}
            for _ in range(options.rounds):
                for server in servers:
                    results[server.name].append(
                        measure(server, names, flags, options.seconds, questions))
            show(name, results)
            report[name] = results
    finally:
        for server in reversed(servers):
            server.close()
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
