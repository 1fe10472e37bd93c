"""The real programs under clients that come and go, an origin that misbehaves, and purges; every byte is checked.

    python3 tests/stress/stress.py --build build/asan --seconds 600 --clients 2000

README.md says what is checked. Fails on a wrong byte, a hang, a sanitizer's report, a program that ends.
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
           "FATAL: ThreadSanitizer", "runtime error:")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/dev")
    parser.add_argument("--origin-build", help="of atoll-origin, if not the same")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--clients", type=int, default=400)
    parser.add_argument("--objects", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0, help="0: a new one, which is printed")
    parser.add_argument("--patience", type=int, default=30,
                        help="seconds without a byte that are a hang; ThreadSanitizer stops the world for its reports")
    parser.add_argument("--keep", action="store_true", help="leave the programs' logs behind")
    return parser.parse_args()


def program_environment():
    """A report does not end the program, so that one run shows them all."""
    left_out = HERE.parent / "support" / "tsan.supp"
    return {**os.environ, "TSAN_OPTIONS": f"history_size=4 halt_on_error=0 suppressions={left_out}",
            "ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1"}


def reports(cluster):
    """Lines in the programs' logs that nobody wants to see."""
    found = []
    for log in sorted(cluster.directory.glob("*.log")):
        for line in log.read_text(errors="replace").splitlines():
            if any(report in line for report in REPORTS):
                found.append(f"{log.name}: {line}")
    return found


def main():
    options = arguments()
    os.environ["ATOLL_BUILD"] = options.build
    import harness  # reads ATOLL_BUILD
    harness.READY = 120  # sanitizers, and a machine that does other things too
    seed = options.seed or random.SystemRandom().randrange(1, 1 << 31)
    load = subprocess.Popen(
        [pathlib.Path(options.build).resolve() / "bin" / "stress-load", f"--seconds={options.seconds}",
         f"--seed={seed}", f"--clients={options.clients}", f"--objects={options.objects}",
         f"--patience={options.patience}",
         *(["--silent"] if options.seconds > 60 else [])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    word, port = load.stdout.readline().split()
    assert word == "PORT"
    cluster = harness.Cluster(
        sources={"site": {"type": "http", "url": f"http://127.0.0.1:{port}", "head_timeout": "8s",
                          "idle_timeout": "8s"}},
        edge={"workers": 2, "cache_memory": "16MiB", "disk_admission": "all"}, volumes=["64MiB"],
        # The origin fails so often that the breaker would keep most requests from it.
        control={"lease": "10s"}, origin={"breaker": {"open": "50ms"}})
    if options.origin_build:
        cluster.origin.build = pathlib.Path(options.origin_build).resolve()
    for program in cluster.programs():
        program.env = program_environment()
    problems = []
    try:
        cluster.start()
        load.stdin.write(f"{cluster.endpoints['fra']} {cluster.http}\n")
        load.stdin.close()
        for line in load.stdout:
            print(line, end="", flush=True)
        if load.wait() != 0:
            problems.append(f"stress-load ended with {load.returncode}")
    finally:
        if load.poll() is None:
            load.kill()
        problems += cluster.stop()
        problems += reports(cluster)
        for problem in problems:
            print(f"PROBLEM: {problem}")
        if problems or options.keep:
            print(f"seed {seed}; logs are in {cluster.directory}")
        else:
            cluster.remove()
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
