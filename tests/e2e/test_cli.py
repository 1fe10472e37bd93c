"""atoll-cli: replays a trace and tells right answers from wrong ones; shows the status."""

import json
import pathlib
import random
import signal
import subprocess
import tempfile
import unittest

from harness import BUILD, POPS, Cluster, ClusterTest, client_in, wait_until
from test_large import synthetic
from upstream import Upstream, response


def run(*arguments, timeout=120):
    return subprocess.run([BUILD / "bin/atoll-cli", *arguments], capture_output=True, text=True,
                          timeout=timeout, check=False)


class ReplayAgainstAScript(unittest.TestCase):
    """A scripted server in the place of a PoP, which can also be wrong."""

    def setUp(self):
        self.server = Upstream()
        self.addCleanup(self.server.close)
        self.place = tempfile.TemporaryDirectory(prefix="atoll-e2e-cli-")
        self.addCleanup(self.place.cleanup)

    def trace(self, text, compress=False):
        path = pathlib.Path(self.place.name, "trace.csv")
        path.write_text(text)
        if not compress:
            return str(path)
        subprocess.run(["zstd", "-q", "-f", str(path)], check=True)
        return f"{path}.zst"

    def replay(self, path, *arguments):
        done = run("replay", path, "--pop", f"one=127.0.0.1:{self.server.port}", "--json", "--quiet",
                   *arguments)
        return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr

    def serve(self, number, size, status="hit", **wrong):
        def answer(req):
            body = synthetic(f"/object/{number}", 0, size)
            asked, code, fields = req.get("Range"), 200, []
            if asked:
                first, last = asked.removeprefix("bytes=").split("-")
                first, last = int(first), int(last or size - 1)
                if first >= size:
                    return response(416, b"no", [("Content-Range", f"bytes */{size}")])
                code, body = 206, body[first:last + 1]
                last = min(last, size - 1)
                fields = [("Content-Range", f"bytes {first + wrong.get('shift', 0)}-{last}/{size}")]
            if "flip" in wrong:
                at = wrong["flip"]
                body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
            body = body[:len(body) - wrong.get("cut", 0)] + b"x" * wrong.get("extra", 0)
            data = response(wrong.get("code", code), body, [("Cache-Status", f"pop; {status}")] + fields)
            if "truncate" in wrong:
                req.connection.send(data[:-wrong["truncate"]])
                return None
            return data
        self.server.answers[f"/object/{number}"] = answer

    def test_rows_are_asked_for_in_order_and_ratios_counted(self):
        self.serve(1, 100, "fwd=uri-miss; stored")
        self.serve(2, 300, "hit; ttl=5")
        self.serve(3, 50, "fwd=stale; fwd-status=304")
        self.serve(4, 50, "fwd=uri-miss; collapsed")
        path = self.trace("time,object,size\n0,2,300\n0,1,100\n1,3,50\n2,4,50\n", compress=True)
        code, report, err = self.replay(path, "--concurrency", "1", "--verify")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual([r.target for r in self.server.requests],
                         ["/object/2?size=300", "/object/1?size=100", "/object/3?size=50",
                          "/object/4?size=50"])
        self.assertEqual({r.get("Host") for r in self.server.requests}, {"trace.atoll"})
        total = report["total"]
        self.assertEqual({k: total[k] for k in ("requests", "hits", "revalidated", "collapsed",
                                                "forwarded", "errors", "bytes", "hit_bytes")},
                         {"requests": 4, "hits": 1, "revalidated": 1, "collapsed": 1, "forwarded": 1,
                          "errors": 0, "bytes": 500, "hit_bytes": 300})
        self.assertEqual((total["hit_ratio"], total["byte_hit_ratio"]), (0.25, 0.6))

    def test_ranges_are_asked_for_and_checked(self):
        self.serve(1, 1000)
        path = self.trace("time,object,size,range_start,range_end\n0,1,1000,0,99\n0,1,1000,900,2000\n"
                          "0,1,1000,500,-1\n0,1,1000,1000,1001\n0,1,1000,-1,-1\n")
        code, report, _ = self.replay(path, "--concurrency", "1", "--verify")
        self.assertEqual([r.get("Range") for r in self.server.requests],
                         ["bytes=0-99", "bytes=900-2000", "bytes=500-", "bytes=1000-1001", None])
        self.assertEqual((code, report["errors"]), (0, []))

    def test_each_wrong_answer_is_an_error_of_its_kind(self):
        cases = [({"code": 502}, "status 502"), ({"code": 203}, "status 203"),
                 ({"cut": 1}, "wrong length"), ({"extra": 1}, "wrong length"),
                 ({"flip": 0}, "wrong bytes"), ({"flip": 999}, "wrong bytes"),
                 ({"truncate": 10}, "body cut off")]
        path = self.trace("time,object,size\n0,1,1000\n")
        for wrong, kind in cases:
            with self.subTest(wrong):
                self.serve(1, 1000, **wrong)
                code, report, _ = self.replay(path, "--verify")
                self.assertEqual(code, 1)
                self.assertEqual([(e["kind"], e["count"]) for e in report["errors"]], [(kind, 1)])
                self.assertEqual(report["total"]["errors"], 1)
        self.serve(1, 1000, shift=1)
        path = self.trace("time,object,size,range_start,range_end\n0,1,1000,5,9\n")
        code, report, _ = self.replay(path)
        self.assertEqual((code, report["errors"][0]["kind"]), (1, "wrong Content-Range"))

    def test_without_verify_the_bytes_are_not_compared(self):
        self.serve(1, 1000, flip=3)
        self.assertEqual(self.replay(self.trace("time,object,size\n0,1,1000\n"))[0], 0)

    def test_a_server_that_stalls_is_a_timeout(self):
        self.server.answers["/object/1"] = lambda req: req.connection.closed_by_peer(30) and None
        code, report, _ = self.replay(self.trace("time,object,size\n0,1,10\n"), "--timeout", "1s")
        self.assertEqual((code, report["errors"][0]["kind"]), (1, "timeout"))

    def test_limit_and_scale(self):
        self.serve(1, 10)
        path = self.trace("time,object,size\n" + "0,1,100\n" * 50)
        code, report, _ = self.replay(path, "--limit", "7", "--scale", "0.1", "--verify")
        self.assertEqual((code, report["total"]["requests"], report["total"]["bytes"]), (0, 7, 70))

    def test_a_broken_row_ends_the_replay_with_its_line(self):
        self.serve(1, 10)
        path = self.trace("time,object,size\n0,1,10\n0,1,ten\n0,1,10\n")
        code, report, _ = self.replay(path)
        self.assertEqual(code, 1)
        self.assertIn(f"{path}:3", report["ended_early"])
        self.assertEqual(report["total"]["requests"], 1)

    def test_unusable_input_is_2(self):
        good = self.trace("time,object,size\n0,1,10\n")
        for arguments in (["/nonexistent/trace"], [good, "--pop", "nonsense"], [good, "--concurrency", "0"],
                          [good, "--clients", "/nonexistent/clients"], [good, "--host", "a\r\nX: y"],
                          [good, "--control", "ftp://x"], [good, "--limit", "-1"], [good, "--scale", "0"]):
            with self.subTest(arguments):
                done = run("replay", *arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr.strip())

    def test_an_interrupt_ends_with_a_report(self):
        self.server.answers["/object/1"] = lambda req: response(200, b"x" * 10)
        path = self.trace("time,object,size\n" + "0,1,10\n" * 2_000_000)
        process = subprocess.Popen(
            [BUILD / "bin/atoll-cli", "replay", path, "--pop", f"one=127.0.0.1:{self.server.port}",
             "--json", "--quiet"], stdout=subprocess.PIPE, text=True)
        self.assertTrue(self.server.wait_heads("/object/1", 100))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(json.loads(out)["ended_early"], "interrupted")

    def test_plain_output_has_a_table_and_progress_lines(self):
        self.serve(1, 10)
        done = run("replay", self.trace("time,object,size\n" + "0,1,10\n" * 5),
                   "--pop", f"one=127.0.0.1:{self.server.port}")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^one +5 ")
        self.assertRegex(done.stdout, r"(?m)^all +5 ")
        self.assertIn("No errors", done.stdout)
        self.assertIn("100%  5 of 5", done.stderr)
        self.assertNotIn("\r", done.stderr)  # not a terminal


class ReplayThroughACluster(ClusterTest):
    @classmethod
    def make_cluster(cls):
        return Cluster(pops=list(POPS))

    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="atoll-e2e-cli-")
        self.addCleanup(self.place.cleanup)
        random.seed(11)
        sizes = {number: random.choice([1, 100, 5000, 16_384, 70_000, 700_000]) for number in range(300)}
        rows = []
        for row in range(3000):
            number = min(int(random.paretovariate(0.8)), 299)
            size = sizes[number]
            first = random.randrange(size) if row % 4 == 0 else -1
            last = random.randrange(first, size) if first >= 0 else -1
            rows.append(f"{row},{number},{size},{first},{last}\n")
        self.trace = str(pathlib.Path(self.place.name, "trace.csv"))
        pathlib.Path(self.trace).write_text("time,object,size,range_start,range_end\n" + "".join(rows))
        self.clients = str(pathlib.Path(self.place.name, "clients"))
        pathlib.Path(self.clients).write_text(
            "".join(f"{client_in(c)}  # {c}\n" for c in ("DE", "US", "BR", "IN", "SG", "AU")))

    def replay(self, *arguments):
        done = run("replay", self.trace, "--control", f"http://{self.shared.http}", "--clients",
                   self.clients, "--json", "--quiet", *arguments)
        self.assertTrue(done.stdout, done.stderr)
        return done.returncode, json.loads(done.stdout)

    def test_every_byte_is_right_over_six_pops_and_the_second_run_is_better(self):
        code, first = self.replay("--verify")
        self.assertEqual((code, first["errors"]), (0, []))
        self.assertEqual(set(first["pops"]), set(POPS))
        for name, pop in first["pops"].items():
            self.assertGreater(pop["requests"], 300, name)
        self.assertEqual(first["total"]["requests"], 3000)
        self.assertEqual(first["total"]["unlabelled"], 0)
        code, second = self.replay("--verify", "--threads", "2")
        self.assertEqual((code, second["errors"]), (0, []))
        for name in POPS:
            self.assertEqual(first["pops"][name]["requests"], second["pops"][name]["requests"])
        self.assertGreater(second["total"]["hit_ratio"], first["total"]["hit_ratio"])

    def test_status_shows_every_pop(self):
        done = run("status", "--control", f"http://{self.shared.http}", "--wait", "10")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for pop, (city, *_) in POPS.items():
            self.assertRegex(done.stdout, rf"(?m)^{pop} ")
            self.assertIn(self.shared.endpoints[pop], done.stdout)
        self.assertIn("Ready", done.stdout)
        shown = run("status", "--control", f"http://{self.shared.http}", "--json")
        self.assertEqual({p["id"] for p in json.loads(shown.stdout)["pops"]}, set(POPS))

    def test_status_of_an_incomplete_cluster_is_1(self):
        cluster = self.cluster(pops=["fra", "sin"])
        cluster.edges["sin"].kill()
        wait_until(lambda: cluster.route(client_in("SG")) == "fra", 3, "the control plane noticed")
        done = run("status", "--control", f"http://{cluster.http}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Not ready", done.stdout)

    def test_status_without_a_control_plane(self):
        done = run("status", "--control", "http://127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("127.0.0.1:1", done.stderr)


class PoliciesOverTraces(unittest.TestCase):
    """`lab policies` needs no cluster."""

    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="atoll-e2e-lab-")
        self.addCleanup(self.place.cleanup)

    def test_every_policy_gets_a_row_in_every_format(self):
        # Forty objects in turn, room for all: each misses once.
        turn = "".join(f"{number},10\n" for number in range(40))
        pathlib.Path(self.place.name, "turns.csv").write_text("object,size\n" + turn * 10)
        done = run("lab", "policies", self.place.name, "--cache", "1", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        runs = json.loads(done.stdout)["runs"]
        self.assertIn("lru", [one["policy"] for one in runs])
        self.assertEqual({one["object_hit_ratio"] for one in runs}, {0.9})
        done = run("lab", "policies", self.place.name, "--cache", "1", "--policy", "lru", "--csv", "--quiet")
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertEqual(done.stderr, "")

    def test_what_cannot_be_replayed_is_refused(self):
        self.assertEqual(run("lab", "policies", self.place.name).returncode, 2)
        self.assertEqual(run("lab", "policies", self.place.name, "--policy", "belady").returncode, 2)
        self.assertEqual(run("lab", "policies", self.place.name, "--shards", "3").returncode, 2)


if __name__ == "__main__":
    unittest.main()
