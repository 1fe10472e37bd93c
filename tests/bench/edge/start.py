#!/usr/bin/env python3
"""From starting the edge's process to its first 200, by what it starts with. See ../README.md."""

import argparse
import http.client
import pathlib
import statistics
import time

import servers

harness = servers.harness
TARGET = "/object/0?size=1024&ttl=1h"


def first_answer(cluster, program):
    """Milliseconds from starting the process to the first 200."""
    began = time.monotonic()
    program.start()
    while True:
        try:
            if harness.request(cluster.endpoints["fra"], TARGET, timeout=5).status == 200:
                return (time.monotonic() - began) * 1000
        except (OSError, http.client.HTTPException):
            pass
        if not program.running() or time.monotonic() - began > 20:
            raise SystemExit(f"{program.name} does not serve: {program.log()[-2000:]}")
        time.sleep(0.0005)


def show(name, taken):
    print(f"{name:58} median {statistics.median(taken):6.1f} ms, {min(taken):.1f}-{max(taken):.1f}", flush=True)


def restart(cluster, rounds, prepare=lambda: None):
    taken = []
    for _ in range(rounds):
        cluster.edges["fra"].stop()
        prepare()
        taken.append(first_answer(cluster, cluster.edges["fra"]))
    return taken


def forget(cluster):
    """The edge has nothing but its configuration file."""
    for file in pathlib.Path(cluster.path("edge-fra-state")).iterdir():
        file.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release", help="build directory (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=11, help="default %(default)s")
    options = parser.parse_args()
    harness.BUILD = pathlib.Path(options.build).resolve()
    for volumes in ([], ["64MiB"]):
        cluster = harness.Cluster(edge={"workers": 2, "disk_admission": "all"}, volumes=volumes)
        try:
            cluster.start()
            what = "disk, " if volumes else ""
            show(f"{what}stored configuration, from the origin" if not volumes else
                 f"{what}stored configuration, from the origin or the disk", restart(cluster, options.rounds))
            if not volumes:
                show("nothing stored, control plane up, from the origin",
                     restart(cluster, options.rounds, lambda: forget(cluster)))
            cluster.control.stop()
            show(f"{what}stored configuration, control plane down",
                 restart(cluster, options.rounds))
        finally:
            cluster.stop()
            cluster.remove()


if __name__ == "__main__":
    main()
