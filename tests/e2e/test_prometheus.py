"""Debian's Prometheus before running programs: what they expose, the scrape configuration, the rules,
and every expression of the Grafana boards."""

import json
import math
import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.parse

from dig import dig
from harness import ClusterTest, Cluster, Load, free_port, loopback, request, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOARDS = sorted((ROOT / "deploy/grafana").glob("*.json"))
RULES = ROOT / "deploy/prometheus/rules.yml"
# What Grafana puts in before it asks.
VARIABLES = {"$__rate_interval": "30s", '"$pop"': '".*"', '"$source"': '".*"'}

HERE = all(shutil.which(name) for name in ("prometheus", "promtool"))


def promtool(*arguments, text=None, cwd=None):
    done = subprocess.run(["promtool", *map(str, arguments)], input=text, cwd=cwd, timeout=60,
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def panels(board):
    return [panel for panel in json.loads(board.read_text())["panels"] if panel["type"] != "row"]


def expressions():
    """(board, panel, expression) of every board."""
    return [(board.stem, panel["title"], target["expr"])
            for board in BOARDS for panel in panels(board) for target in panel["targets"]]


class Prometheus:
    """The configuration of deploy/prometheus, with other targets."""

    def __init__(self, directory, targets):
        self.folder = pathlib.Path(directory) / "prometheus"
        shutil.copytree(ROOT / "deploy/prometheus", self.folder)
        for name, groups in targets.items():
            (self.folder / "targets" / f"{name}.json").write_text(json.dumps(groups))
        address = loopback()
        self.endpoint = f"{address}:{free_port(address)}"
        self.log = open(self.folder / "prometheus.log", "wb")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder / 'prometheus.yml'}",
             f"--storage.tsdb.path={self.folder / 'data'}", f"--web.listen-address={self.endpoint}"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        try:
            reply = request(self.endpoint, f"/api/v1/{path}?{query}")
        except OSError:
            return None
        answer = json.loads(reply.body) if reply.body.startswith(b"{") else {}
        if answer.get("status") == "error":
            raise AssertionError(f"{parameters}: {answer['error']}")
        return answer.get("data")

    def values(self, expression):
        """The numbers that an expression has now."""
        data = self.get("query", query=expression) or {"result": []}
        return [float(series["value"][1]) for series in data["result"]]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


@unittest.skipUnless(HERE, "needs Debian's prometheus")
class Observed(ClusterTest):
    @classmethod
    def make_cluster(cls):
        return Cluster(pops=("fra", "syd"), sources={"made": {"type": "synthetic"}}, dns={},
                       certificates=[["www.example.org"]], volumes=["64MiB"])

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cluster = cls.shared
        try:
            cls.prometheus = Prometheus(cluster.directory, {
                "control": [{"targets": [cluster.http]}],
                "edges": [{"targets": [cluster.admins[pop]], "labels": {"pop": pop}}
                          for pop in cluster.pops],
                "origins": [{"targets": [cluster.origin_admin]}]})
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        if hasattr(cls, "prometheus"):
            cls.prometheus.stop()
        super().tearDownClass()

    def test_every_program_exposes_what_promtool_accepts(self):
        cluster = self.shared
        for name, endpoint in (("control", cluster.http), ("edge", cluster.admins["fra"]),
                               ("origin", cluster.origin_admin)):
            with self.subTest(name):
                reply = request(endpoint, "/metrics")
                self.assertEqual(reply.status, 200)
                self.assertIn("version=0.0.4", reply.get("Content-Type"))
                self.assertEqual(promtool("check", "metrics", text=reply.body.decode()), (0, ""))

    def test_the_origin_says_what_its_other_pages_are(self):
        endpoint = self.shared.origin_admin
        self.assertEqual(request(endpoint, "/healthz").body, b"serving\n")
        self.assertEqual(request(endpoint, "/metrics", method="HEAD").body, b"")
        self.assertEqual(request(endpoint, "/else").status, 404)
        refused = request(endpoint, "/metrics", method="POST", body=b"")
        self.assertEqual((refused.status, refused.get("Allow")), (405, "GET, HEAD"))

    def test_every_expression_of_the_boards_and_rules_has_an_answer(self):
        cluster, prometheus = self.shared, self.prometheus
        good = lambda _, reply: reply.status == 200  # noqa: E731
        # Hits and, for as long as it takes, misses.
        targets = [f"/{name}?size=2000" for i in range(100_000)
                   for name in (f"hot/{i % 50}", f"cold/{i}")]
        with Load(cluster.endpoints["fra"], targets, good, threads=1), \
                Load(cluster.endpoints["syd"], targets, good, threads=1), \
                Load(cluster.http, ["/object/1?size=2000"], lambda _, r: r.status == 302, threads=1):
            wait_until(lambda: prometheus.values('count(up{job=~"atoll-.*"} == 1)') == [4.0], 60,
                       "Prometheus reaches four programs")
            self.assertEqual(dig(cluster.dns_endpoint, "everything.cdn.example", "A").status, "NOERROR")
            missing = list(expressions())
            recorded = re.findall(r"record: (\S+)", RULES.read_text())
            missing += [("rules", name, name) for name in recorded]
            self.assertGreater(len(missing), 80)

            def answered():
                dig(cluster.dns_endpoint, "everything.cdn.example", "A")
                for entry in list(missing):
                    text = entry[2]
                    for name, value in VARIABLES.items():
                        text = text.replace(name, value)
                    self.assertNotIn("$", text)
                    if any(not math.isnan(value) for value in prometheus.values(text)):
                        missing.remove(entry)
                return not missing

            try:
                wait_until(answered, 90, "every expression has an answer")
            except AssertionError:
                self.fail("without an answer:\n" + "\n".join(map(str, missing)))
        firing = {alert["labels"]["alertname"] for alert in prometheus.get("alerts")["alerts"]
                  if alert["state"] == "firing"}
        self.assertEqual(firing, set())


@unittest.skipUnless(HERE, "needs Debian's prometheus")
class Files(unittest.TestCase):
    def test_promtool_accepts_configuration_and_rules(self):
        folder = ROOT / "deploy/prometheus"
        for arguments in (("check", "config", "prometheus.yml"), ("check", "rules", "rules.yml")):
            code, said = promtool(*arguments, cwd=folder)
            self.assertEqual(code, 0, said)
            self.assertNotIn("FAILED", said)

    def test_rules_compute_and_alert_as_meant(self):
        import tempfile
        with tempfile.TemporaryDirectory(prefix="atoll-e2e-") as folder:
            shutil.copy(RULES, folder)
            shutil.copy(pathlib.Path(__file__).parent / "prometheus/alerts_test.yml", folder)
            code, said = promtool("test", "rules", "alerts_test.yml", cwd=folder)
            self.assertEqual(code, 0, said)

    def test_targets_are_those_of_the_demo(self):
        script = (ROOT / "deploy/script/cluster_config.sh").read_text()
        places = re.findall(r"^  '(\w+)\|.*\|([\d.]+)'$", script, re.MULTILINE)
        admin = re.search(r"^cluster_admin_port=(\d+)$", script, re.MULTILINE).group(1)
        one = lambda name: re.search(rf"^{name}=([\d.:]+)$", script, re.MULTILINE).group(1)  # noqa: E731
        folder = ROOT / "deploy/prometheus/targets"
        read = lambda name: json.loads((folder / name).read_text())  # noqa: E731
        self.assertEqual({group["labels"]["pop"]: group["targets"] for group in read("edges.json")},
                         {pop: [f"{address}:{admin}"] for pop, address in places})
        self.assertEqual(read("control.json"), [{"targets": [one("cluster_control")]}])
        self.assertEqual(read("origins.json"), [{"targets": [one("cluster_origin_admin")]}])


class Boards(unittest.TestCase):
    def test_a_board_can_be_imported_and_read(self):
        self.assertEqual([board.stem for board in BOARDS], ["origins", "overview", "pop"])
        identifiers = set()
        for path in BOARDS:
            board = json.loads(path.read_text())
            with self.subTest(path.stem):
                self.assertNotIn(board["uid"], identifiers)
                identifiers.add(board["uid"])
                names = [variable["name"] for variable in board["templating"]["list"]]
                self.assertEqual(names[0], "datasource")
                taken = set()
                for panel in board["panels"]:
                    place = panel["gridPos"]
                    cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                             for y in range(place["y"], place["y"] + place["h"])}
                    self.assertTrue(taken.isdisjoint(cells), panel["title"])
                    self.assertLessEqual(place["x"] + place["w"], 24)
                    taken |= cells
                ids = [panel["id"] for panel in board["panels"]]
                self.assertEqual(len(ids), len(set(ids)))
                for panel in panels(path):
                    source = {"type": "prometheus", "uid": "${datasource}"}
                    self.assertEqual(panel["datasource"], source)
                    self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                    for target in panel["targets"]:
                        self.assertEqual(target["datasource"], source)
                        used = set(re.findall(r"\$(\w+)", target["expr"])) - {"__rate_interval"}
                        self.assertLessEqual(used, set(names))


if __name__ == "__main__":
    unittest.main()
