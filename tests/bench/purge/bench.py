#!/usr/bin/env python3
"""Purges by tag over six PoPs under load: how long from the call to the last acknowledgement, and
whether anything old is served after it. See tests/bench/README.md."""

import argparse
import http.client
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rate", type=int, default=20_000, help="requests a second, all PoPs together")
    parser.add_argument("--objects", type=int, default=1000, help="objects that the load asks for, in each PoP")
    parser.add_argument("--purges", type=int, default=200)
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


OPTIONS = options()
os.environ["ATOLL_BUILD"] = str((ROOT / OPTIONS.build).resolve())
sys.path.insert(0, str(ROOT / "tests/e2e"))
from harness import BUILD, POPS, Cluster, wait_until  # noqa: E402
from upstream import Upstream, response  # noqa: E402

TAGGED = 10  # objects that carry the tag
PAUSE = 0.02


class Versions:
    """What the upstream says: the number of the version that is current."""

    def __init__(self):
        self.current = 1
        self.upstream = Upstream()
        for number in range(TAGGED):
            self.upstream.answers[f"/tagged/{number}"] = self.answer

    def answer(self, _):
        body = f"{self.current:08}".encode()
        return response(200, body, [("Cache-Control", "max-age=3600"), ("Surrogate-Key", "news other")])


class Checker(threading.Thread):
    """Asks one PoP for the tagged objects all the time. What was asked for after an acknowledgement
    must not be older than what was current before the purge was asked for."""

    def __init__(self, endpoint, floor):
        super().__init__(daemon=True)
        self.endpoint, self.floor = endpoint, floor
        self.asked, self.old, self.stop = 0, [], False

    def run(self):
        connection = http.client.HTTPConnection(self.endpoint, timeout=30)
        while not self.stop:
            least = self.floor[0]  # before the request
            path = f"/tagged/{self.asked % TAGGED}"
            connection.request("GET", path)
            reply = connection.getresponse()
            body = reply.read()
            if reply.status != 200 or int(body) < least:
                self.old.append((path, reply.status, body, least))
            self.asked += 1
            time.sleep(0.001)
        connection.close()


def post(endpoint, body):
    connection = http.client.HTTPConnection(endpoint, timeout=30)
    connection.request("POST", "/v1/purge", json.dumps(body), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    return connection, answer["number"]


def purge(endpoint):
    """Seconds from the call until its caller knows of the last acknowledgement, and the milliseconds
    that the control plane counted until it had it."""
    begun = time.monotonic()
    connection, number = post(endpoint, {"tag": "news"})
    while True:
        connection.request("GET", f"/v1/purges/{number}")
        progress = json.loads(connection.getresponse().read())
        if progress["done"]:
            break
        if time.monotonic() > begun + 60:
            raise SystemExit(f"purge {number} was not acknowledged within a minute")
    known = time.monotonic() - begun
    connection.close()
    return known * 1000, max(node["after_us"] for node in progress["nodes"]) / 1000


def load(endpoint, rate, seconds):
    host, port = endpoint.split(":")
    return subprocess.Popen(
        [BUILD / "bin/bench-load", "--host", host, "--port", port, "--prefix", "/object/",
         "--suffix", "?size=1000", "--distinct", str(OPTIONS.objects), "--order", "random",
         "--connections", "8", "--rate", str(rate), "--seconds", str(seconds)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def requests(cluster):
    return sum(node["statistics"]["requests"] for pop in cluster.status()["pops"] for node in pop["nodes"])


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def measure(cluster, versions):
    floor = [1]
    checkers = [Checker(endpoint, floor) for endpoint in cluster.endpoints.values()]
    for checker in checkers:
        checker.start()
    known, counted = [], []
    begun, first = time.monotonic(), requests(cluster)
    for _ in range(OPTIONS.purges):
        versions.current += 1
        took, after = purge(cluster.http)
        floor[0] = versions.current
        known.append(took)
        counted.append(after)
        time.sleep(PAUSE)
    rate = (requests(cluster) - first) / (time.monotonic() - begun)
    for checker in checkers:
        checker.stop = True
    for checker in checkers:
        checker.join(60)
    return {"purges": len(known), "requests_per_second": round(rate),
            "last_ack_ms": {"p50": quantile(counted, 0.5), "p99": quantile(counted, 0.99), "max": max(counted)},
            "known_ms": {"p50": quantile(known, 0.5), "p99": quantile(known, 0.99), "max": max(known)},
            "checked": sum(checker.asked for checker in checkers),
            "old": sum((checker.old for checker in checkers), [])}


def main():
    versions = Versions()
    cluster = Cluster(pops=list(POPS), sources={"site": {"type": "synthetic"},
                                                "tagged": {"type": "http", "url": versions.upstream.url}},
                      behaviours=[("/tagged/*", "tagged", {}), ("*", "site", {})])
    loads = []
    try:
        cluster.start()
        # Ends by itself, should this not.
        seconds = 20 + OPTIONS.purges
        loads = [load(endpoint, OPTIONS.rate // len(POPS), seconds) for endpoint in cluster.endpoints.values()]
        wait_until(lambda: all(pop["nodes"][0]["statistics"]["cache_objects"] >= 0.9 * OPTIONS.objects
                               for pop in cluster.status()["pops"]), 60, "the caches are full")
        found = measure(cluster, versions)
    finally:
        for process in loads:
            process.kill()
            process.wait()
        cluster.stop()
        cluster.remove()
        versions.upstream.close()
    print(f"{found['purges']} purges by tag over {len(POPS)} PoPs at {found['requests_per_second']} requests/s")
    for name, what in (("last_ack_ms", "call to last acknowledgement"), ("known_ms", "until the caller knew of it")):
        print(f"  {what}: p50 {found[name]['p50']:.1f} ms, p99 {found[name]['p99']:.1f} ms, "
              f"longest {found[name]['max']:.1f} ms")
    print(f"  {found['checked']} answers checked, {len(found['old'])} old after an acknowledgement {found['old'][:3]}")
    if OPTIONS.json:
        pathlib.Path(OPTIONS.json).write_text(json.dumps(found))
    return 1 if found["old"] else 0


if __name__ == "__main__":
    sys.exit(main())
