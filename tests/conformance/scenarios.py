"""Runs the scenarios in scenarios/ with varnishtest: each scripts a client and an origin server, and
between the two stand one real edge, its control plane and its origin, started once for all.

    scenarios.py --build build/dev                       all of them, as CI does
    scenarios.py --build build/dev --only WORD           those whose subject/name holds WORD, with their logs
    scenarios.py --proxy HOST:PORT --upstream HOST:PORT  another proxy, already running, whose only
                                                         upstream is HOST:PORT; one after the other

A scenario is a .vtc file in a folder named for its subject; its first line names the section it is
about. What it is given, as macros:

    ${edge}, ${upstream}   where its client connects, where its server listens
    ${base}                the beginning of its paths, which no other scenario uses
    ${hour_ago}, ${in_an_hour}, ${year_ago}   dates; with _rfc850 and _asctime in the obsolete formats
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE / "scenarios"
FIRST_LINE = re.compile(r'varnishtest "RFC \d{4} (section [0-9.A-Z]+|sections [0-9.A-Z]+[0-9.A-Z, and]*): [^"]+"')
LIMIT = 30  # seconds for one scenario
DATES = {"hour_ago": -3600, "in_an_hour": 3600, "year_ago": -365 * 86400}
FORMATS = {"": "%a, %d %b %Y %H:%M:%S GMT", "_rfc850": "%A, %d-%b-%y %H:%M:%S GMT",
           "_asctime": "%a %b %e %H:%M:%S %Y"}


class Scenario:
    def __init__(self, path):
        self.path, self.subject, self.name = path, path.parent.name, path.stem
        self.macros, self.passed, self.output, self.seconds = {}, False, "", 0.0

    @property
    def title(self):
        return f"{self.subject}/{self.name}"


def collect(folder):
    """Every scenario below `folder`, in a fixed order; fails on one that names no section."""
    scenarios = [Scenario(path) for path in sorted(folder.glob("*/*.vtc"))]
    for scenario in scenarios:
        first = scenario.path.read_text().partition("\n")[0]
        if not FIRST_LINE.fullmatch(first):
            raise SystemExit(f"{scenario.path}: the first line names no section: {first}")
    return scenarios


def dates(now):
    """The macros that are dates, for a run at `now` (seconds since the epoch)."""
    return {name + ending: time.strftime(form, time.gmtime(now + offset))
            for name, offset in DATES.items() for ending, form in FORMATS.items()}


# ---- what the scenarios are run against --------------------------------------------------------------


@contextlib.contextmanager
def atoll(scenarios, options):
    """Our programs, with an upstream of its own for each scenario: what one does to it is nothing to the
    others. Yields a list that in the end holds what the programs did wrong, as sentences."""
    from harness import Cluster, free_port, loopback
    sources = {}
    for number, scenario in enumerate(scenarios):
        address = loopback()
        scenario.macros |= {"upstream": f"{address}:{free_port(address)}", "base": f"/s{number}"}
        sources[f"s{number}"] = {"type": "http", "url": f"http://{scenario.macros['upstream']}",
                                 "head_timeout": "4s", "idle_timeout": "4s"}
    cluster = Cluster(sources=sources, edge={"workers": options.workers},
                      behaviours=[*((f"/{name}/*", name, {}) for name in sources), ("*", "s0", {})])
    problems = []
    try:
        try:
            cluster.start()
            for scenario in scenarios:
                scenario.macros["edge"] = cluster.endpoints["fra"]
            yield problems
        finally:
            problems += cluster.stop()
            if problems:
                cluster.print_logs()
    finally:
        cluster.remove()


@contextlib.contextmanager
def another_proxy(scenarios, options):
    for number, scenario in enumerate(scenarios):
        scenario.macros |= {"edge": options.proxy, "upstream": options.upstream,
                            "base": f"/{time.time_ns()}-{number}"}
    yield []


def run(scenario, scratch):
    """Runs one scenario; it has passed only if varnishtest says so (77, "skipped", is not passed)."""
    definitions = [word for name, value in scenario.macros.items() for word in ("-D", f"{name}={value}")]
    begun = time.monotonic()
    try:
        done = subprocess.run(["varnishtest", *definitions, "-t", str(LIMIT), str(scenario.path)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "TMPDIR": scratch}, timeout=LIMIT + 15, check=False)
        scenario.passed = done.returncode == 0
        scenario.output = done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        scenario.output = f"no end within {LIMIT + 15} s\n{(late.stdout or b'').decode(errors='replace')}"
    scenario.seconds = time.monotonic() - begun


def measure(scenarios, options):
    """Runs the scenarios, `options.jobs` at a time; what our programs did wrong meanwhile."""
    against = another_proxy if options.proxy else atoll
    scratch = tempfile.mkdtemp(prefix="atoll-scenarios-")
    try:
        with against(scenarios, options) as problems:
            for scenario in scenarios:
                scenario.macros |= dates(time.time())
            with concurrent.futures.ThreadPoolExecutor(1 if options.proxy else options.jobs) as pool:
                list(pool.map(lambda scenario: run(scenario, scratch), scenarios))
        return problems
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


# ---- the report --------------------------------------------------------------------------------------


def failure_line(output):
    """varnishtest's own line about what went wrong."""
    lines = [line for line in output.splitlines() if line.startswith("---- ")]
    return lines[0][5:].strip() if lines else (output.strip().splitlines() or ["no output"])[-1]


def table(scenarios, expected):
    """The table by subject, as lines."""
    rows = [("subject", "scenarios", "passed", "expected to fail")]
    subjects = sorted({scenario.subject for scenario in scenarios})
    for name, members in [*((c, [s for s in scenarios if s.subject == c]) for c in subjects),
                          ("total", scenarios)]:
        rows.append((name, str(len(members)), str(sum(s.passed for s in members)),
                     str(sum(s.title in expected for s in members))))
    width = max(len(row[0]) for row in rows)
    return [f"{row[0]:<{width}}{row[1]:>12}{row[2]:>10}{row[3]:>19}" for row in rows]


def read_expected(path):
    """{scenario: reason} of the list of those that do not pass."""
    with open(path, "rb") as file:
        groups = tomllib.load(file).get("not_passed", [])
    return {name: group["reason"].strip() for group in groups for name in group["scenarios"]}


def compare(scenarios, expected):
    """What differs from the list, as sentences. Better than expected is a difference too."""
    names = {scenario.title for scenario in scenarios}
    problems = [f"{name} is listed, but there is no such scenario" for name in sorted(expected.keys() - names)]
    problems += [f"{name} is listed without a reason" for name, reason in sorted(expected.items()) if not reason]
    for scenario in scenarios:
        if scenario.passed and scenario.title in expected:
            problems.append(f"{scenario.title} passes now: take it off the list")
        elif not scenario.passed and scenario.title not in expected:
            problems.append(f"{scenario.title} does not pass: {failure_line(scenario.output)}")
    return problems


def report(scenarios, problems, expected, options):
    """Prints what there is to know; the exit code."""
    for scenario in scenarios:
        if options.only or (not options.proxy and not scenario.passed and scenario.title not in expected):
            print(f"===== {scenario.title} ({scenario.seconds:.1f} s)\n{scenario.output[-20000:]}")
    if options.proxy:
        for scenario in scenarios:
            if not scenario.passed:
                print(f"{scenario.title} does not pass: {failure_line(scenario.output)}")
        print("\n".join(table(scenarios, {})))
        return 0
    problems = problems + compare(scenarios, expected)
    print("\n".join(table(scenarios, expected)))
    for problem in problems:
        print(f"not as expected: {problem}")
    print(f"{len(problems)} differences from expected.toml")
    return 1 if problems else 0


def options_given():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("ATOLL_BUILD", "build/dev"), help="directory with bin/")
    parser.add_argument("--only", metavar="WORD", help="only scenarios whose subject/name holds WORD")
    parser.add_argument("--jobs", type=int, default=4, help="scenarios at the same time; most of them wait")
    parser.add_argument("--workers", type=int, default=2, help="of the edge")
    parser.add_argument("--proxy", metavar="HOST:PORT", help="measure this proxy; nothing is compared")
    parser.add_argument("--upstream", metavar="HOST:PORT", help="where that proxy expects its upstream")
    options = parser.parse_args()
    if (options.proxy is None) != (options.upstream is None):
        parser.error("--proxy and --upstream go together")
    return options


def main():
    options = options_given()
    os.environ["ATOLL_BUILD"] = options.build
    sys.path.insert(0, str(HERE.parent / "e2e"))
    if shutil.which("varnishtest") is None:
        print("scenarios: varnishtest (Debian package varnish) is needed", file=sys.stderr)
        return 2
    scenarios = [s for s in collect(FOLDER) if not options.only or options.only in s.title]
    if not scenarios:
        print(f"scenarios: none matches {options.only}", file=sys.stderr)
        return 2
    expected = {name: reason for name, reason in read_expected(FOLDER / "expected.toml").items()
                if not options.only or options.only in name}
    problems = measure(scenarios, options)
    return report(scenarios, problems, expected, options)


if __name__ == "__main__":
    sys.exit(main())
