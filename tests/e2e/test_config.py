"""Broken configuration and a hostile machine: a clear sentence, the old state stays."""

import errno
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

from harness import BUILD, ClusterTest, client_in, request, wait_until

PROGRAMS = ("atoll-control", "atoll-origin", "atoll-edge", "atoll-cli")


def run(name, *arguments, timeout=20, **options):
    """A program that is expected to end by itself."""
    return subprocess.run([BUILD / "bin" / name, *arguments], capture_output=True, timeout=timeout,
                          check=False, text=True, **options)


def line_of(text, needle):
    return text[:text.index(needle)].count("\n") + 1


class CommandLine(unittest.TestCase):
    def test_help_and_version(self):
        for program in PROGRAMS:
            with self.subTest(program):
                shown = run(program, "--help")
                self.assertEqual(shown.returncode, 0)
                self.assertIn("--help", shown.stdout)
                version = run(program, "--version")
                self.assertEqual(version.returncode, 0)
                self.assertRegex(version.stdout, r"\d+\.\d+\.\d+")

    def test_bad_usage_is_2(self):
        for program in PROGRAMS:
            with self.subTest(program):
                needed = ["status"] if program == "atoll-cli" else ["--config", "/nonexistent/x.toml"]
                bad = run(program, *needed, "--no-such-flag")
                self.assertEqual(bad.returncode, 2)
                self.assertIn("--no-such-flag", bad.stderr)

    def test_a_missing_configuration_file_is_2_and_named(self):
        for program in PROGRAMS[:3]:
            with self.subTest(program):
                bad = run(program, "--config", "/nonexistent/x.toml")
                self.assertEqual(bad.returncode, 2)
                self.assertIn("/nonexistent/x.toml", bad.stderr)


class BadConfiguration(ClusterTest):
    def assertSentence(self, done, code, *parts):
        self.assertEqual(done.returncode, code, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertNotIn("terminate called", done.stderr)

    def test_every_problem_is_reported_with_file_and_line(self):
        cluster = self.cluster(start=False, pops=["fra", "sin"])
        text = cluster.control_text()
        text = text.replace("latitude = 50.11", "latitude = 500.11")
        text = text.replace('origin_group = "site"', 'origin_group = "nowhere"')
        text = text.replace('id = "sin"', 'id = "fra"')
        text = text.replace('lease = "1s"', 'lease = "soon"')
        text += "[surprise]\nkey = 1\n"
        cluster.write_control(text)
        done = run("atoll-control", "--config", cluster.path("control.toml"))
        self.assertEqual(done.returncode, 2, done.stderr)
        for needle in ("latitude = 500.11", 'origin_group = "nowhere"', 'lease = "soon"', "[surprise]"):
            where = f"{cluster.path('control.toml')}:{line_of(text, needle)}"
            self.assertIn(where, done.stderr, needle)
        duplicate = text.rindex('id = "fra"')
        self.assertIn(f":{text[:duplicate].count(chr(10)) + 1}", done.stderr)

    def test_toml_that_does_not_parse(self):
        cluster = self.cluster(start=False)
        for config, program in (("control", "atoll-control"), ("origin", "atoll-origin"),
                                ("edge-fra", "atoll-edge")):
            path = pathlib.Path(cluster.path(f"{config}.toml"))
            path.write_text(path.read_text() + "\nthis is = = not toml\n")
            lines = path.read_text().count("\n")
            self.assertSentence(run(program, "--config", str(path)), 2, f"{path}:{lines}")

    def test_unknown_keys_are_refused(self):
        cluster = self.cluster(start=False)
        for config, program, head in (("control", "atoll-control", "[control]"),
                                      ("origin", "atoll-origin", "[origin]"),
                                      ("edge-fra", "atoll-edge", "[edge]")):
            path = pathlib.Path(cluster.path(f"{config}.toml"))
            path.write_text(path.read_text().replace(head, head + "\nfrobnicate = 1"))
            self.assertSentence(run(program, "--config", str(path)), 2, "frobnicate", f"{path}:2")

    def test_a_bad_reload_keeps_the_old_snapshot_and_names_the_problem(self):
        cluster = self.cluster()
        version = cluster.status()["snapshot_version"]
        good = cluster.control_text()
        cases = {
            "unknown origin group": good.replace('origin_group = "site"', 'origin_group = "nowhere"'),
            "not TOML": good + "\n[[[\n",
            "half-written": good[:good.index("[[distribution]]")] + "[[distribu",
            "empty": "\n",
        }
        for what, text in cases.items():
            with self.subTest(what):
                before = len(cluster.control.log())
                cluster.write_control(text)
                cluster.control.reload()
                wait_until(lambda: cluster.path("control.toml") + ":" in cluster.control.log()[before:]
                           or "control.toml" in (cluster.status() or {}).get("configuration_problem", ""),
                           5, "the problem is named with its file")
                if what == "unknown origin group":
                    line = line_of(text, 'origin_group = "nowhere"')
                    self.assertIn(f"control.toml:{line}", cluster.control.log()[before:])
                self.assertEqual(cluster.status()["snapshot_version"], version)
                self.assertEqual(cluster.get("/object/1?size=10").status, 200)
                self.assertEqual(cluster.route(client_in("DE")), "fra")
        cluster.write_control(good + section_of_another_host())
        cluster.control.reload()
        wait_until(lambda: cluster.status()["snapshot_version"] > version, 5, "a good one is taken")

    def test_a_good_reload_reaches_the_edges(self):
        cluster = self.cluster(sources={"site": {"type": "synthetic"}})
        self.assertEqual(cluster.get("/object/1?size=10").status, 200)
        cluster.behaviours = [("/object/*", "site", {"allowed_methods": ["HEAD"]}), ("*", "site", {})]
        cluster.write_control()
        cluster.control.reload()
        wait_until(lambda: cluster.get("/object/1?size=10").status == 405, 5, "the edge obeys")
        nodes = wait_until(
            lambda: [n for n in cluster.pop_status("fra")["nodes"]
                     if n["snapshot_version"] == cluster.status()["snapshot_version"]], 5,
            "the edge acknowledged")
        self.assertEqual(len(nodes), 1)

    def test_a_missing_root_is_named(self):
        cluster = self.cluster(start=False,
                               sources={"site": {"type": "directory", "root": "/nonexistent/root"}})
        done = run("atoll-origin", "--config", cluster.path("origin.toml"))
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("/nonexistent/root", done.stderr)

    def test_a_missing_or_damaged_geo_database_is_named(self):
        cluster = self.cluster(start=False)
        path = pathlib.Path(cluster.path("geo.mmdb"))
        data = path.read_bytes()
        path.write_bytes(data[:len(data) // 2])
        done = run("atoll-control", "--config", cluster.path("control.toml"))
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("geo.mmdb", done.stderr)
        path.unlink()
        done = run("atoll-control", "--config", cluster.path("control.toml"))
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("geo.mmdb", done.stderr)

    def test_a_broken_override_file_is_named_with_its_line(self):
        cluster = self.cluster(start=False,
                               overrides='[[subnet]]\nprefix = "10.0.0.0/33"\npop = "fra"\n')
        done = run("atoll-control", "--config", cluster.path("control.toml"))
        self.assertSentence(done, 2, "subnets.toml:2")

    def test_an_edge_of_an_unknown_pop_is_told_so(self):
        cluster = self.cluster()
        stranger = cluster.program("atoll-edge", "edge-xyz")
        cluster.edge_settings = {"pop": "xyz", "listen": ["127.0.0.1:0"], "admin_listen": "127.0.0.1:0",
                                 "state_dir": cluster.path("xyz-state")}
        cluster.write_edge("fra")
        os.rename(cluster.path("edge-fra.toml"), cluster.path("edge-xyz.toml"))
        stranger.start()
        self.addCleanup(stranger.stop)
        wait_until(lambda: "xyz" in stranger.log().split("---", 1)[1].split("\n", 1)[1]
                   or not stranger.running(), 10, "the refusal is logged")
        self.assertEqual(cluster.get("/object/1?size=10").status, 200)


def section_of_another_host():
    return ('[[distribution]]\nid = "second"\nhosts = ["second.example"]\n'
            '[[distribution.behaviour]]\npath = "*"\norigin_group = "site"\n')


class HostileMachine(ClusterTest):
    def test_a_taken_port_is_named(self):
        cluster = self.cluster(start=False)
        for name, config, endpoint in (
                ("atoll-control", "control", cluster.http), ("atoll-control", "control", cluster.fleet),
                ("atoll-origin", "origin", cluster.origin_endpoint),
                ("atoll-edge", "edge-fra", cluster.endpoints["fra"]),
                ("atoll-edge", "edge-fra", cluster.admins["fra"])):
            host, port = endpoint.rsplit(":", 1)
            with self.subTest(name, endpoint=endpoint), socket.create_server((host, int(port))):
                done = run(name, "--config", cluster.path(f"{config}.toml"))
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(endpoint, done.stderr)
                self.assertIn("in use", done.stderr.lower())

    def test_an_address_that_is_not_ours_is_named(self):
        cluster = self.cluster(start=False)
        cluster.endpoints["fra"] = "192.0.2.1:8080"
        cluster.write_edge("fra")
        done = run("atoll-edge", "--config", cluster.path("edge-fra.toml"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("192.0.2.1:8080", done.stderr)

    def test_a_state_directory_that_cannot_be_made_is_named(self):
        cluster = self.cluster(start=False)
        blocker = pathlib.Path(cluster.path("file"))
        blocker.write_text("in the way")
        for name, config in (("atoll-edge", "edge-fra"), ("atoll-control", "control")):
            path = pathlib.Path(cluster.path(f"{config}.toml"))
            lines = [f'state_dir = "{blocker}/state"' if line.startswith("state_dir") else line
                     for line in path.read_text().splitlines()]
            path.write_text("\n".join(lines))
            done = run(name, "--config", str(path))
            self.assertIn(done.returncode, (1, 2), name)
            self.assertIn(str(blocker), done.stderr, name)

    def test_a_full_disk_is_named_and_does_not_stop_the_edge(self):
        with tempfile.TemporaryDirectory(prefix="atoll-e2e-full-") as place:
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place],
                                     capture_output=True, check=False)
            if mounted.returncode != 0:
                self.skipTest("a small file system cannot be mounted here: "
                              + mounted.stderr.decode().strip())
            try:
                with open(f"{place}/filler", "wb", buffering=0) as filler:
                    try:
                        while True:
                            filler.write(bytes(1024))
                    except OSError as error:
                        self.assertEqual(error.errno, errno.ENOSPC)
                cluster = self.cluster(edge={"state_dir": place})
                self.assertEqual(cluster.get("/object/1?size=1000").status, 200)
                self.assertHit(cluster.get("/object/1?size=1000"))
                wait_until(lambda: "no space left" in cluster.edges["fra"].log().lower(), 5,
                           "the log says why the snapshot was not stored")
                self.assertIn(place, cluster.edges["fra"].log())
                self.assertEqual(cluster.edges["fra"].stop(), 0)
            finally:
                subprocess.run(["umount", place], check=True)

    def test_a_program_told_to_stop_finishes_what_it_began(self):
        cluster = self.cluster()
        with subprocess.Popen(["curl", "-q", "-sS", "--noproxy", "*", "--limit-rate", "20M",
                               "-w", "%{size_download}", "-o", "/dev/null",
                               cluster.url("/object/1?size=30000000")], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as download:
            wait_until(lambda: b"object/1" in pathlib.Path(f"/proc/{download.pid}/cmdline").read_bytes()
                       and self.in_flight(cluster), 5, "the download began")
            cluster.edges["fra"].process.terminate()
            out, err = download.communicate(timeout=30)
        self.assertEqual(out, b"30000000", err)
        self.assertEqual(cluster.edges["fra"].process.wait(15), 0)

    @staticmethod
    def in_flight(cluster):
        for line in request(cluster.admins["fra"], "/metrics").body.decode().splitlines():
            if line.startswith("atoll_edge_requests_in_flight"):
                return float(line.split()[-1]) > 0
        return False


if __name__ == "__main__":
    unittest.main()
