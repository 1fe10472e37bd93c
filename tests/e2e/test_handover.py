"""--take-over: another process takes the place of a serving edge under load, and nobody notices."""

import http.client
import pathlib
import signal
import socket
import ssl
import threading
import unittest

from harness import ClusterTest, Load, Program, loopback, request, request_on, wait_until


class Newcomers:
    """Threads that ask on a new connection each time, and note whatever is not a 200: a refused or reset
    connection above all. Used as a context manager."""

    def __init__(self, endpoint, target, threads=3, tls=False):
        self.endpoint, self.target = endpoint, target
        self.context = None
        if tls:
            self.context = ssl.create_default_context()
            self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.failures, self.done = [], 0
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(30)

    def _ask(self):
        if self.context is None:
            return request(self.endpoint, self.target)
        connection = http.client.HTTPSConnection(self.endpoint, timeout=15, context=self.context)
        try:
            return request_on(connection, self.target, host="localhost")
        finally:
            connection.close()

    def _work(self):
        while not self.ending.is_set():
            try:
                reply = self._ask()
                problem = None if reply.status == 200 else repr(reply)
            except (OSError, http.client.HTTPException) as error:
                problem = repr(error)
            with self.lock:
                self.done += 1
                if problem:
                    self.failures.append(problem)


class TakeOver(ClusterTest):
    def edge(self, **options):
        return self.cluster(certificates=[["localhost"]], volumes=["64MiB"],
                            edge={"workers": 2, "handover_grace": "2s", "stop_grace": "2s"}, **options)

    def successor(self, cluster, *more, config=None):
        arguments = ["--config", config or cluster.path("edge-fra.toml"), "--take-over", *more]
        return Program("atoll-edge", arguments, cluster.path("edge-fra-new.log"))

    def metric(self, cluster, name):
        for line in request(cluster.admins["fra"], "/metrics").body.decode().splitlines():
            if line.startswith(f"atoll_edge_{name} "):
                return float(line.split()[-1])
        raise AssertionError(f"no metric {name}")

    def test_under_load_nothing_is_refused_and_the_disk_is_kept(self):
        cluster = self.edge()
        stored = [f"/kept-{number}?size=3000&ttl=1h" for number in range(50)]
        for target in stored:
            self.assertEqual(cluster.get(target).status, 200)
        wait_until(lambda: self.metric(cluster, "disk_objects") == len(stored), 20, "all are on disk")
        hot = "/hot?size=1024&ttl=1h"
        cluster.get(hot)
        old = cluster.edges["fra"]
        with (Newcomers(cluster.endpoints["fra"], hot) as plain,
              Newcomers(cluster.tls_endpoints["fra"], hot, threads=1, tls=True) as tls,
              Newcomers(cluster.admins["fra"], "/healthz", threads=1) as admin,
              Load(cluster.endpoints["fra"], [hot], lambda _, reply: reply.status == 200) as kept):
            for generation in range(3):
                before = (plain.done, tls.done, admin.done, kept.done)
                wait_until(lambda: all(now > then + 20 for now, then in zip(
                    (plain.done, tls.done, admin.done, kept.done), before)), 60, "load before")
                new = self.successor(cluster)
                new.start()
                self.addCleanup(lambda program=new: program.running() and program.stop())
                cluster.edges["fra"] = new
                wait_until(lambda: old.process.poll() is not None, 60, "the old process ended")
                self.assertEqual(old.process.returncode, 0, old.log()[-2000:])
                self.assertTrue(new.running(), new.log()[-2000:])
                self.assertNotEqual(old.pid, new.pid)
                old = new
        for who in (plain, tls, admin, kept):
            self.assertEqual(who.failures, [], f"of {who.done}")
        wait_until(lambda: self.metric(cluster, "disk_volumes_loading") == 0, 20, "its index")
        cluster.origin.kill()
        for target in stored:
            self.assertHit(cluster.get(target))
        wait_until(lambda: cluster.pop_status("fra").get("state") == "active", 10, "it has joined")

    def test_one_that_cannot_start_changes_nothing(self):
        cluster = self.edge()
        target = "/kept?size=3000&ttl=1h"
        cluster.get(target)
        wait_until(lambda: self.metric(cluster, "disk_objects") == 1, 20, "it is on disk")
        text = pathlib.Path(cluster.path("edge-fra.toml")).read_text()
        pathlib.Path(cluster.path("alien")).write_bytes(b"not a volume " * 1000)
        address = loopback()
        with socket.socket() as taken:
            taken.bind((address, 0))
            taken.listen()
            for name, wrong in (
                    ("syntax", text + "\nnonsense"),
                    ("certificate", text.replace("localhost.pem", "nowhere.pem")),
                    # Seen when the old one has let go of the disk already.
                    ("address", text.replace('listen = ["', f'listen = ["{address}:{taken.getsockname()[1]}", "', 1)),
                    ("volume", text.replace("edge-fra-volume-0", "alien"))):
                with self.subTest(name), Newcomers(cluster.endpoints["fra"], target) as load:
                    self.assertNotEqual(wrong, text)
                    pathlib.Path(cluster.path("wrong.toml")).write_text(wrong)
                    new = self.successor(cluster, config=cluster.path("wrong.toml"))
                    new.start()
                    wait_until(lambda: new.process.poll() is not None, 30, "it gave up")
                    self.assertNotEqual(new.process.returncode, 0)
                    seen = load.done
                    wait_until(lambda: load.done > seen + 20, 30, "the old one serves on")
                    self.assertEqual(load.failures, [])
        wait_until(lambda: "goes on" in cluster.edges["fra"].log(), 10, "the old one says so")
        # With its disk: what only that has is still a hit after a restart.
        wait_until(lambda: self.metric(cluster, "disk_volumes_loading") == 0, 20, "its index")
        self.assertEqual(self.metric(cluster, "disk_objects"), 1)
        other = "/later?size=3000&ttl=1h"
        cluster.get(other)
        wait_until(lambda: self.metric(cluster, "disk_objects") == 2, 20, "it writes again")
        self.assertEqual(cluster.pop_status("fra").get("state"), "active")

    def test_a_connection_that_waits_gets_its_next_answer_and_purges_reach_it(self):
        cluster = self.cluster(volumes=["64MiB"], edge={"handover_grace": "60s", "stop_grace": "2s"})
        target = "/waits?size=500&ttl=1h"
        cluster.get(target)
        old = cluster.edges["fra"]
        idle = [http.client.HTTPConnection(cluster.endpoints["fra"], timeout=15) for _ in range(2)]
        for connection in idle:
            self.assertHit(request_on(connection, target))
        new = self.successor(cluster)
        new.start()
        self.addCleanup(lambda: new.running() and new.stop())
        cluster.edges["fra"] = new
        wait_until(lambda: "another process serves now" in old.log(), 30, "the new one serves")
        reply = request_on(idle[0], target)
        self.assertHit(reply)
        self.assertEqual(reply.get("Connection"), "close")
        # The old process has it in memory still. A purge is done only when that is gone.
        wait_until(lambda: "joined the control plane" in new.log(), 20, "the new one has joined")
        done = request(cluster.http, "/v1/purge", method="POST", body=b'{"everything": true}',
                       fields={"Content-Type": "application/json"})
        self.assertEqual(done.status, 202)
        wait_until(lambda: b'"done": true' in self.last_purge(cluster, done)
                   or b'"done":true' in self.last_purge(cluster, done), 20, "the purge is done")
        self.assertMiss(request_on(idle[1], target))
        wait_until(lambda: old.process.poll() is not None, 20, "the old process ended: nothing is left")
        self.assertEqual(old.process.returncode, 0)

    def last_purge(self, cluster, reply):
        import json
        return request(cluster.http, f"/v1/purges/{json.loads(reply.body)['number']}").body

    def test_with_nobody_there_it_starts_as_ever(self):
        cluster = self.edge(start=False)
        cluster.control.start()
        cluster.origin.start()
        cluster.edges["fra"] = self.successor(cluster)
        cluster.edges["fra"].start()
        wait_until(lambda: cluster.edge_up("fra"), 20, "it serves")
        self.assertIn("starting afresh", cluster.edges["fra"].log())
        cluster.edges["fra"].process.send_signal(signal.SIGTERM)
        self.assertEqual(cluster.edges["fra"].process.wait(15), 0)


if __name__ == "__main__":
    unittest.main()
