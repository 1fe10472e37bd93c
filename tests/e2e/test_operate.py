"""atoll-cli against a cluster: what the PoPs are and do, purges with their acknowledgements, tokens, and the
completion of all that in shells."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import BUILD, Cluster, ClusterTest, client_in, wait_until
from test_access import make_token


def run(cluster, *arguments, token=None, timeout=60):
    env = {**os.environ, "ATOLL_API": f"http://{cluster.http}"}
    env.pop("ATOLL_TOKEN", None)
    if token:
        env["ATOLL_TOKEN"] = token
    return subprocess.run([BUILD / "bin/atoll-cli", *arguments], capture_output=True, text=True, env=env,
                          timeout=timeout, check=False)


class Operate(ClusterTest):
    @classmethod
    def make_cluster(cls):
        return Cluster(pops=["fra", "syd"])

    def operate(self, *arguments, code=0):
        done = run(self.shared, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_pops_and_route(self):
        self.assertRegex(self.operate("pops"), r"(?m)^fra +Frankfurt +active +127\.\S+ +1 of 1 ")
        self.assertEqual({pop["id"] for pop in json.loads(self.operate("pops", "--json"))["pops"]},
                         {"fra", "syd"})
        text = self.operate("route", client_in("AU"), "--path", "/x y"[:2])
        self.assertIn(f"http://{self.shared.endpoints['syd']}/x", text)
        self.assertRegex(text, r"(?m)^syd +Sydney +active +[\d.]+ km +[\d.]+ ms$")
        self.assertIn("not an IP address", self.operate("route", "nowhere", code=2))

    def test_stats_and_top(self):
        for _ in range(5):
            self.shared.get("/object/1?size=100", "fra")
        # A second is told about two seconds after it began.
        def requests():
            text = self.operate("stats", "--pop", "fra", "--window", "1m")
            return int(re.match(r"fra over the last 1m: (\d+) requests\n", text)[1])
        wait_until(lambda: requests() >= 5, 15, "the requests are in the past")
        series = json.loads(self.operate("stats", "--json", "--window", "1m"))
        self.assertEqual(series["window"], "1m")
        self.assertIn("there is no PoP", self.operate("stats", "--pop", "xxx", code=1))
        self.operate("stats", "--window", "2m", code=2)
        text = self.operate("top", "--seconds", "1")
        self.assertIn("2 of 2 PoPs active", text)
        self.assertNotIn("\x1b", text)  # not a terminal
        events = [json.loads(line) for line in self.operate("top", "--json", "--seconds", "1").splitlines()]
        self.assertEqual([event["event"] for event in events], ["layout", "sample"])

    def test_a_purge_is_acknowledged_by_each_node(self):
        for pop in ("fra", "syd"):
            self.shared.get("/object/2?size=100", pop)
            self.assertHit(self.shared.get("/object/2?size=100", pop))
        text = self.operate("purge", "--url", "http://www.example.org/none", "--wait")
        self.assertRegex(text, r"(?m)^fra/0 +removed 0 objects after [\d.]+ (us|ms|s) \([\d.]+ (us|ms|s) at the node\)$")
        self.assertIn("Acknowledged by all 2 nodes", text)
        done = json.loads(self.operate("purge", "--all", "--soft", "--wait", "--json"))
        self.assertTrue(done["done"] and done["soft"])
        self.assertGreaterEqual(sum(node["objects"] for node in done["nodes"]), 2)
        self.assertIn("number", json.loads(self.operate("purge", "--tag", "x", "--json")))

    def test_what_cannot_be_purged_is_said(self):
        self.assertIn("absolute URL", self.operate("purge", "--url", "/x", code=2))
        for arguments in ([], ["--tag", "a", "--all"], ["--tag", "a", "--timeout", "3s"],
                          ["--tag", "a", "--wait", "--timeout", "soon"]):
            with self.subTest(arguments):
                self.operate("purge", *arguments, code=2)

    def test_a_node_that_is_away_fails_the_wait(self):
        cluster = self.cluster(pops=["fra", "sin"])
        cluster.edges["sin"].kill()
        done = run(cluster, "purge", "--tag", "x", "--wait", "--timeout", "1s")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^fra/0 +removed")
        self.assertIn("not acknowledged within 1s: sin/0;", done.stderr)

    def test_no_control_plane_is_said(self):
        done = subprocess.run([BUILD / "bin/atoll-cli", "pops", "--control", "http://127.0.0.1:1"],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("ATOLL_API", done.stderr)


class WithTokens(ClusterTest):
    @classmethod
    def make_cluster(cls):
        cluster = Cluster(api={"authentication": "required"})
        cluster.token = make_token(cluster, "admin")
        return cluster

    def test_a_token_from_the_environment(self):
        admin = self.shared.token
        denied = run(self.shared, "pops")
        self.assertEqual(denied.returncode, 1)
        self.assertIn("ATOLL_TOKEN", denied.stderr)
        made = run(self.shared, "tokens", "create", "--name", "ci", "--role", "viewer", "--expires", "1h",
                   token=admin)
        viewer = made.stdout.strip()
        self.assertRegex(viewer, "^atoll_[0-9a-f]{48}$")
        for command in (["pops"], ["status"], ["route", client_in("DE")], ["top", "--seconds", "1"]):
            done = run(self.shared, *command, token=viewer)
            self.assertEqual(done.returncode, 0, done.stderr)
        refused = run(self.shared, "purge", "--all", token=viewer)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("operator", refused.stderr)
        self.assertRegex(run(self.shared, "tokens", "list", token=admin).stdout, r"(?m)^ci +viewer ")
        self.assertEqual(run(self.shared, "tokens", "delete", "ci", token=admin).returncode, 0)
        self.assertEqual(run(self.shared, "pops", token=viewer).returncode, 1)
        audit = run(self.shared, "audit", token=admin).stdout
        self.assertRegex(audit, r"(?m) admin +\S+ +delete-token +done +ci$")
        self.assertRegex(audit, r"(?m) ci +\S+ +purge +refused ")

    def test_a_replay_asks_with_the_token(self):
        trace = pathlib.Path(self.shared.path("trace.csv"))
        trace.write_text("time,object,size\n0,1,100\n")
        done = run(self.shared, "replay", str(trace), "--quiet", "--host", "trace.atoll", token=self.shared.token)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Completion(unittest.TestCase):
    def script(self, shell, *arguments):
        done = subprocess.run([BUILD / "bin/atoll-cli", "completion", shell, *arguments], capture_output=True,
                              text=True, timeout=30, check=True)
        return done.stdout

    def completions(self, words, *arguments):
        """What bash offers for the last word."""
        with tempfile.TemporaryDirectory(prefix="atoll-e2e-completion-") as place:
            script = pathlib.Path(place, "script")
            script.write_text(self.script("bash", *arguments))
            listed = " ".join(f"'{word}'" for word in words)
            code = (f"source {script}; COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; "
                    "\"$(complete -p | sed -E 's/.*-F ([^ ]+) .*/\\1/')\"; printf '%s\\n' \"${COMPREPLY[@]}\"")
            done = subprocess.run(["bash", "--norc", "-c", code], capture_output=True, text=True, timeout=30,
                                  check=True)
            self.assertEqual(done.stderr, "")
            return done.stdout.split()

    def test_bash_offers_commands_and_their_options(self):
        self.assertEqual(self.completions(["atoll-cli", "po"]), ["pops"])
        self.assertIn("tokens", self.completions(["atoll-cli", ""]))
        self.assertEqual(self.completions(["atoll-cli", "tokens", "cr"]), ["create"])
        self.assertEqual(self.completions(["atoll-cli", "purge", "--tag", "x", "--wa"]), ["--wait"])
        self.assertEqual(self.completions(["atoll-cli", "tokens", "create", "--ro"]), ["--role"])
        self.assertEqual(self.completions(["atoll", "u"], "--name", "atoll", "--also", "up"), ["up"])

    def test_zsh_offers_the_same(self):
        code = ("compdef() { handler=$1 }; compadd() { shift; print -l -- $@ }; _files() { }\n"
                + self.script("zsh") + "\nwords=(atoll-cli tokens create '--ro'); CURRENT=4; $handler")
        done = subprocess.run(["zsh", "-f", "-c", code], capture_output=True, text=True, timeout=30, check=True)
        self.assertIn("--role", done.stdout.split())
        self.assertNotIn("pops", done.stdout.split())


if __name__ == "__main__":
    unittest.main()
