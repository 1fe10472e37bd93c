"""atoll-cli lab: plays scenarios, writes reports, compares them."""

import csv
import json
import pathlib
import tempfile
import unittest

from test_cli import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = str(ROOT / "deploy/lab")

SMALL = """title = "small"
duration = "20s"
[[region]]
id = "here"
latitude = 50
longitude = 8
[[pop]]
id = "near"
latitude = 50
longitude = 9
[origin]
latitude = 39
longitude = -77
[[workload]]
name = "site"
requests_per_s = 200
objects = 50
[[run]]
id = "cdn"
[[run]]
id = "bare"
cdn = false
"""


class Lab(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="atoll-e2e-lab-")
        self.addCleanup(self.place.cleanup)
        self.folder = pathlib.Path(self.place.name)
        self.scenario = self.folder / "small.toml"
        self.scenario.write_text(SMALL)

    def play(self, *arguments, out="out"):
        return run("lab", "run", str(self.scenario), "--out", str(self.folder / out), "--quiet", *arguments)

    def test_a_report_is_written_and_is_the_same_every_time(self):
        done = self.play()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("p95 ms by region", done.stdout)
        report = json.loads((self.folder / "out/report.json").read_text())
        self.assertEqual(report["schema"], 1)
        self.assertEqual(report["scenario"]["mode"], "simulated")
        self.assertEqual([r["id"] for r in report["runs"]], ["cdn", "bare"])
        total = report["runs"][0]["total"]
        self.assertEqual(total["hits"] + total["misses"] + total["stale"] + total["errors"], total["requests"])
        with (self.folder / "out/regions.csv").open() as table:
            rows = list(csv.DictReader(table))
        self.assertEqual(int(rows[0]["requests"]), report["runs"][0]["regions"][0]["stats"]["requests"])
        again = self.play("--json", out="again")
        self.assertEqual(again.stdout, (self.folder / "out/report.json").read_text())
        page = self.folder / "out/report.html"
        if page.exists():  # a build may leave the web application out
            self.assertIn('"schema": 1', page.read_text())
        else:
            self.assertIn("ATOLL_DASHBOARD=OFF", again.stderr)
        other = self.play("--json", "--seed", "2", out="other")
        self.assertNotEqual(other.stdout, again.stdout)

    def test_runs_are_compared_with_intervals(self):
        self.play()
        out = self.folder / "out"
        done = run("lab", "compare", f"{out}:bare", f"{out}/report.json:cdn", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {(r["region"], r["figure"]): r for r in json.loads(done.stdout)["rows"]}
        median = rows["here", "p50_ms"]
        self.assertLess(median["high"], -50)
        self.assertLessEqual(median["low"], median["difference"])
        table = run("lab", "compare", f"{out}:bare", f"{out}:cdn", "--out", str(self.folder / "both"))
        self.assertEqual(table.returncode, 0, table.stderr)
        self.assertEqual((self.folder / "both/compare.json").read_text(), done.stdout)
        self.assertIn("95 % interval", table.stdout)

    def test_a_run_that_is_not_named_or_not_there_is_asked_for(self):
        self.play()
        for argument in (f"{self.folder}/out", f"{self.folder}/out:none"):
            done = run("lab", "compare", argument, argument)
            self.assertEqual(done.returncode, 2)
            self.assertIn("name one of its runs after a colon: cdn, bare", done.stderr)
        gone = run("lab", "compare", f"{self.folder}/nowhere", f"{self.folder}/nowhere")
        self.assertEqual(gone.returncode, 2)
        self.assertIn("is not there", gone.stderr)

    def test_what_is_wrong_with_a_scenario_is_said_with_its_line(self):
        self.scenario.write_text(SMALL + 'colour = "red"\n')
        done = self.play()
        self.assertEqual(done.returncode, 2)
        line = SMALL.count("\n") + 1
        self.assertIn(f"small.toml:{line}:", done.stderr)
        self.assertIn("colour", done.stderr)
        self.assertFalse((self.folder / "out").exists())

    def test_a_report_that_cannot_be_written_is_an_error(self):
        (self.folder / "file").write_text("")
        done = self.play(out="file")
        self.assertEqual(done.returncode, 1)
        self.assertIn("file", done.stderr)

    def test_scenarios_are_listed_and_played_by_name(self):
        listed = run("lab", "list", "--scenarios", SCENARIOS)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn("thirteen-regions", listed.stdout)
        done = run("lab", "run", "shield", "--scenarios", SCENARIOS, "--scale", "0.02", "--out",
                   str(self.folder / "shield"), "--quiet", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        runs = {r["id"]: r for r in json.loads(done.stdout)["runs"]}
        self.assertLessEqual(runs["with-shield"]["origin"]["fetches"], 400)
        self.assertGreater(runs["without-shield"]["origin"]["fetches"], 1200)


if __name__ == "__main__":
    unittest.main()
