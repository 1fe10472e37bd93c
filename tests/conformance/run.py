"""Runs http-cache-tests through an edge, a real origin and a real control plane, prints the table by
category and compares it with the checked-in list of tests that do not pass.

    run.py --build build/dev                      the edition npm carries, as CI does
    run.py --build build/dev --edition FOLDER     another edition; compared only with --expected
    run.py --build build/dev --only TEST          one test, with every request and response
    run.py --proxy 127.0.0.1:8080 --port 8000     another proxy in front of the suite's server
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import tomllib

import edition as editions
import judge

HERE = pathlib.Path(__file__).resolve().parent
START = 30.0  # seconds the suite's server may take to listen


@contextlib.contextmanager
def suite_server(edition, host, port, directory):
    """The suite's own server; yields host:port."""
    from harness import wait_until
    path = pathlib.Path(directory) / "server.log"
    with open(path, "wb") as log:
        process = edition.server(host, port, directory, log)
        try:
            def listening():
                if process.poll() is not None:
                    raise editions.Problem(f"the suite's server ended:\n{path.read_text()[-2000:]}")
                head, found, _ = path.read_text().partition("Listening on http://")[2].partition("/")
                return head if found else None
            yield wait_until(listening, START, "the suite's server listens")
        finally:
            process.terminate()
            process.wait(10)


@contextlib.contextmanager
def atoll(upstream, workers):
    """One edge, control plane and origin in front of `upstream`; yields the edge's host:port."""
    from harness import Cluster
    cluster = Cluster(sources={"suite": {"type": "http", "url": f"http://{upstream}"}},
                      edge={"workers": workers})
    try:
        try:
            cluster.start()
            yield cluster.endpoints["fra"]
        finally:
            problems = cluster.stop()
        if problems:
            raise editions.Problem("; ".join(problems))
    except BaseException:
        cluster.print_logs()
        raise
    finally:
        cluster.remove()


def measure(options, edition, directory):
    """What the client printed."""
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(suite_server(edition, options.host, options.port, directory))
        endpoint = options.proxy or stack.enter_context(atoll(upstream, options.workers))
        return edition.client(f"http://{endpoint}", options.only, options.limit)


def read_expected(path):
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise editions.Problem(f"{path}: {error}") from error


def report(options, edition, results):
    """Prints the table and every difference; the exit code."""
    suites = edition.suites()
    found = judge.verdicts(suites, results)
    if options.verbose:
        for name, (verdict, text) in sorted(found.items()):
            if verdict != "pass":
                print(f"{verdict:<13}{name}: {text}")
    print("\n".join(judge.table(suites, found)))
    print("required and optimal passed: {} of {}".format(*judge.score(suites, found)))
    expected = options.expected or (None if options.edition or options.proxy else HERE / "expected.toml")
    if expected is None:
        return 0
    problems = judge.compare(suites, found, read_expected(expected))
    for problem in problems:
        print(f"not as expected: {problem}")
    print(f"{len(problems)} differences from {pathlib.Path(expected).name}")
    return 1 if problems else 0


def options_given():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.environ.get("ATOLL_BUILD", "build/dev"), help="directory with bin/")
    parser.add_argument("--edition", default=os.environ.get("ATOLL_CONFORMANCE_EDITION"),
                        help="folder with an edition of the suite")
    parser.add_argument("--expected", help="list of tests that do not pass (default: expected.toml for npm's edition)")
    parser.add_argument("--results", help="file for the client's results (JSON)")
    parser.add_argument("--only", metavar="TEST", help="run one test and show what went over the wire")
    parser.add_argument("--workers", type=int, default=2, help="of the edge")
    parser.add_argument("--limit", type=float, default=600, help="seconds the client may take")
    parser.add_argument("--verbose", action="store_true", help="print every test that did not pass")
    parser.add_argument("--proxy", metavar="HOST:PORT", help="measure this proxy, already running")
    parser.add_argument("--host", default="127.0.0.1", help="loopback address of the suite's server")
    parser.add_argument("--port", type=int, default=0, help="port of the suite's server (0: any)")
    return parser.parse_args()


def main():
    options = options_given()
    os.environ["ATOLL_BUILD"] = options.build
    sys.path.insert(0, str(HERE.parent / "e2e"))
    directory = tempfile.mkdtemp(prefix="atoll-conformance-")
    try:
        edition = (editions.Edition(options.edition) if options.edition
                   else editions.installed(pathlib.Path(options.build) / "conformance"))
        printed = measure(options, edition, directory)
        if options.only:
            print(printed)
            return 0
        results = editions.results_in(printed)
        if options.results:
            pathlib.Path(options.results).write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
        return report(options, edition, results)
    except editions.Problem as problem:
        print(f"conformance: {problem}", file=sys.stderr)
        return 2
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
