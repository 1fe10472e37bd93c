"""How many instructions of the worker's thread a request takes, by callgrind, compared with what is
written down in instructions.toml. See README.md in this folder."""

import argparse
import concurrent.futures
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
NUMBERS = HERE / "instructions.toml"
# Two runs for each kind of work: their difference is free of what starting and filling take.
REQUESTS = {"hot": (500, 2500), "distinct": (500, 2500), "miss": (100, 600)}


@dataclasses.dataclass(frozen=True)
class Verdict:
    within: bool
    sentence: str


def judge(work, measured, written, tolerance):
    """Compares the instructions per request of one kind of work with what is written down."""
    change = measured / written - 1
    about = f"{work}: {measured:,.0f} instructions a request, {written:,} written down ({change:+.1%})"
    if abs(change) <= tolerance:
        return Verdict(True, about)
    if change > 0:
        advice = ("more than before: find out why (callgrind_annotate), or, if the work is worth it, "
                  "say so in the commit message and raise the number")
    else:
        advice = "better than before: lower the number, so that it cannot creep back"
    return Verdict(False, f"{about}; {advice}. To write down what was measured: "
                          f"tests/gate/gate.py --build build/release --update")


def collected(program, work, requests, fields):
    """Instructions inside Loop::run(), which is the worker's thread."""
    with tempfile.TemporaryDirectory(prefix="atoll-gate-") as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=atl::net::Loop::run()",
             f"--callgrind-out-file={out}", str(program), work, str(requests), str(fields)],
            capture_output=True, text=True, timeout=300, check=False)
        found = re.search(r"^totals: (\d+)", out.read_text(), re.M) if out.exists() else None
        if done.returncode or not found or int(found[1]) == 0:
            raise SystemExit(f"callgrind of {work} failed ({done.returncode}): {done.stderr[-2000:]}")
        return int(found[1])


def measure(program, works, fields=0):
    """Instructions per request by kind of work."""
    runs = [(work, requests) for work in works for requests in REQUESTS[work]]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        totals = dict(zip(runs, pool.map(lambda run: collected(program, *run, fields), runs)))
    return {work: (totals[work, most] - totals[work, least]) / (most - least)
            for work, (least, most) in REQUESTS.items() if work in works}


def updated(text, measured):
    """The file's text with the new numbers."""
    for work, value in measured.items():
        text = re.sub(rf"^({work} = )[\d_]+", rf"\g<1>{round(value, -1):.0f}", text, flags=re.M)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release", help="a Release build (default %(default)s)")
    parser.add_argument("--work", action="append", choices=list(REQUESTS), help="may be repeated; default: all")
    parser.add_argument("--more-fields", type=int, default=0,
                        help="fields added to every request, to see the gate refuse what they cost")
    parser.add_argument("--update", action="store_true", help="write down what is measured")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed: apt-get install valgrind")
    numbers = tomllib.loads(NUMBERS.read_text())
    works = options.work or list(REQUESTS)
    measured = measure(pathlib.Path(options.build) / "tests/gate/edge_work", works, options.more_fields)
    if options.update:
        NUMBERS.write_text(updated(NUMBERS.read_text(), measured))
    verdicts = [judge(work, measured[work], numbers["per_request"][work], numbers["tolerance"])
                for work in works]
    for verdict in verdicts:
        print(verdict.sentence)
    sys.exit(0 if options.update or all(verdict.within for verdict in verdicts) else 1)


if __name__ == "__main__":
    main()
