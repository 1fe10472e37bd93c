"""Origin outage drill: a dead origin, clients that go on asking for what is cached, its return.

    ATOLL_BUILD=build/release python3 tests/stress/outage_drill.py [--seconds 300] [--dead process]

`--dead` says what dies: `process`, the origin program itself (kill -9); `upstream`, what stands behind it
(503); `silent`, likewise, but it takes requests and never answers. Prints what happened and ends with 1
if a request failed, if more than the breaker's probes reached the upstream, or if the origin did not have
its traffic back in time.
"""

import argparse
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Cluster, Load, request, wait_until  # noqa: E402
from upstream import Upstream, response  # noqa: E402

KEPT = [("Cache-Control", "max-age=1, stale-if-error=86400")]
TARGETS = [f"/kept/{i}" for i in range(100)]
INTERVAL = 1.0  # seconds between two probes of an open breaker
PAUSE = 0.005   # of each client between two requests


class Clients:
    """Asks for the targets in turn until told to end; every answer is compared byte by byte and timed."""

    def __init__(self, endpoint, threads):
        self.times = []
        self.here = threading.local()
        self.load = Load(endpoint, TARGETS, self.good, threads)

    def good(self, target, reply):
        asked = getattr(self.here, "asked", None)
        if asked is not None:
            self.times.append(time.monotonic() - asked)
        time.sleep(PAUSE)
        self.here.asked = time.monotonic()
        return reply.status == 200 and reply.body == body_of(target)

    def __enter__(self):
        self.load.__enter__()
        return self

    def __exit__(self, *what):
        return self.load.__exit__(*what)


def body_of(target):
    return target.encode() * 50


def age(cluster):
    return int(cluster.get(TARGETS[0]).get("Age", "0"))


def answer(upstream, how):
    for target in TARGETS:
        upstream.answers[target] = how(target)


def kill(cluster, upstream, dead):
    if dead == "process":
        cluster.origin.kill()
    elif dead == "upstream":
        answer(upstream, lambda target: response(503, b"down\n"))
    else:
        answer(upstream, lambda target: lambda incoming: incoming.connection.closed_by_peer(600) and None)


def bring_back(cluster, upstream, dead):
    """Returns when it answers."""
    if dead == "process":
        cluster.origin.start()
        wait_until(cluster.origin_up, 20, "the origin listens")
    else:
        answer(upstream, lambda target: response(200, body_of(target), KEPT))


def milliseconds(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000


def drill(cluster, upstream, options):
    for target in TARGETS:
        assert cluster.get(target).status == 200, target
    with Clients(cluster.endpoints["fra"], options.threads) as clients:
        load = clients.load
        load.wait_more(200)
        kill(cluster, upstream, options.dead)
        begun, done, asked, timed = time.monotonic(), load.done, upstream.count(), len(clients.times)
        threading.Event().wait(options.seconds)
        outage = time.monotonic() - begun
        served, reached = load.done - done, upstream.count() - asked
        times = clients.times[timed:]
        stale = age(cluster)
        bring_back(cluster, upstream, options.dead)
        back = time.monotonic()
        wait_until(lambda: age(cluster) <= 1, 30, "the first object is fresh again")
        recovery = time.monotonic() - back
        load.wait_more(500)
    print(f"origin dead ({options.dead}) for {outage:.1f} s: {served} requests for {len(TARGETS)} cached "
          f"objects, {len(load.failures)} failed, age at the end {stale} s")
    print(f"answers took {milliseconds(times, .5):.1f} ms (median), {milliseconds(times, .99):.1f} ms "
          f"(99 %), {milliseconds(times, 1):.0f} ms (slowest)")
    allowed = 20 + outage / INTERVAL  # what opened it, then a probe an interval
    print(f"reached the upstream meanwhile: {reached} (at most {allowed:.0f}: failures that open the "
          f"breaker, then one probe a second)")
    print(f"fresh again {recovery:.2f} s after it answered; the probe interval is {INTERVAL:.0f} s")
    for failure in load.failures[:5]:
        print("  failed:", failure)
    return not load.failures and reached <= allowed and recovery <= options.recovery and stale > 1


def report(cluster):
    for line in request(cluster.admins["fra"], "/metrics").body.decode().splitlines():
        if line.startswith(("atoll_edge_origin_", "atoll_edge_fetch")) and not line.endswith(" 0"):
            print("  " + line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--dead", choices=("process", "upstream", "silent"), default="process")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--recovery", type=float, default=1.25 * INTERVAL,
                        help="longest time to a fresh answer, seconds; a busy machine needs more")
    options = parser.parse_args()
    upstream = Upstream()
    answer(upstream, lambda target: response(200, body_of(target), KEPT))
    cluster = Cluster(sources={"up": {"type": "http", "url": upstream.url}},
                      origin={"head_timeout": "2s"})
    good = False
    try:
        cluster.start()
        good = drill(cluster, upstream, options)
        report(cluster)
    finally:
        problems = cluster.stop()
        upstream.close()
        if not good or problems:
            cluster.print_logs()
        cluster.remove()
    for problem in problems:
        print(problem)
    return 0 if good and not problems else 1


if __name__ == "__main__":
    sys.exit(main())
