"""PoPs are drained, disabled and taken back, under load and over restarts."""

import http.client
import json
import socket
import threading
import unittest

from harness import Cluster, ClusterTest, client_in, request, request_on, wait_until
from test_operate import run


class Followers:
    """Clients who ask the front door where to go, stay with the PoP as long as it keeps the connection, and
    then ask again. Each answer that is not 200 is a failure, and so is a connection that breaks."""

    def __init__(self, cluster, country, threads=4):
        self.cluster, self.client = cluster, client_in(country)
        self.failures, self.by_endpoint = [], {}
        self.ending, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self._work, args=(i,), daemon=True) for i in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(30)

    def answers(self, pop=None):
        with self.lock:
            if pop is None:
                return sum(self.by_endpoint.values())
            return self.by_endpoint.get(self.cluster.endpoints[pop], 0)

    def wait_more(self, count, pop=None):
        target = self.answers(pop) + count
        wait_until(lambda: self.answers(pop) >= target or self.failures, 30, f"{count} more answers")

    def _work(self, number):
        while not self.ending.is_set():
            try:
                self._visit(number)
            except (OSError, http.client.HTTPException) as problem:
                with self.lock:
                    self.failures.append(repr(problem))

    def _visit(self, number):
        reply = request(self.cluster.http, "/x", fields={"X-Forwarded-For": self.client})
        if reply.status != 302:
            raise http.client.HTTPException(f"no redirect: {reply!r}")
        endpoint = reply.get("Location").split("/")[2]
        connection = http.client.HTTPConnection(endpoint, timeout=10)
        try:
            # Not for ever: new connections are made all the time too.
            for turn in range(50):
                if self.ending.is_set():
                    return
                reply = request_on(connection, f"/object/{number}-{turn % 7}?size=500")
                with self.lock:
                    self.by_endpoint[endpoint] = self.by_endpoint.get(endpoint, 0) + 1
                    if reply.status != 200 or len(reply.body) != 500:
                        self.failures.append(repr(reply))
                if reply.get("Connection") == "close":
                    return
        finally:
            connection.close()


class Orders(ClusterTest):
    @classmethod
    def make_cluster(cls):
        return Cluster(pops=["fra", "sin"])

    def tearDown(self):
        for pop in ("fra", "sin"):
            self.operate("activate", pop, "--wait")

    def operate(self, *arguments, code=0):
        done = run(self.shared, "pops", *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def state(self, pop):
        return self.shared.pop_status(pop)["state"]

    def test_a_drain_under_load_loses_no_request(self):
        with Followers(self.shared, "DE") as followers:
            followers.wait_more(200, "fra")
            text = self.operate("drain", "fra", "--grace", "500ms", "--wait")
            self.assertIn("fra is draining: nobody is sent there any more", text)
            self.assertTrue(text.endswith("fra is admin-down: drained: nothing is in flight\n"), text)
            at_fra = followers.answers("fra")
            followers.wait_more(200, "sin")
            self.assertEqual(followers.answers("fra"), at_fra)
            with self.assertRaises(ConnectionRefusedError):
                request(self.shared.endpoints["fra"], "/x")
            self.operate("activate", "fra", "--wait")
            followers.wait_more(200, "fra")
        self.assertEqual(followers.failures, [], f"of {followers.answers()}")

    def test_what_is_in_flight_is_finished_before_the_pop_says_that_it_has_drained(self):
        size = 30_000_000
        host, port = self.shared.endpoints["fra"].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=20) as slow:
            slow.sendall(f"GET /large?size={size} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            received = len(slow.recv(1000))
            self.operate("drain", "fra", "--grace", "0s")
            wait_until(lambda: "1 of 1 nodes finish" in self.shared.pop_status("fra")["reason"], 10,
                       "the node was told")
            node = self.shared.pop_status("fra")["nodes"][0]
            self.assertEqual((self.state("fra"), node["drained"]), ("draining", False))
            while piece := slow.recv(1 << 20):
                received += len(piece)
        self.assertGreater(received, size)
        wait_until(lambda: self.state("fra") == "admin-down", 10, "it has drained")
        self.assertTrue(self.shared.pop_status("fra")["nodes"][0]["drained"])

    def test_a_deadline_cuts_off_what_is_still_in_flight(self):
        host, port = self.shared.endpoints["fra"].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=20) as slow:
            slow.sendall(b"GET /large?size=100000000 HTTP/1.1\r\nHost: h\r\n\r\n")
            slow.recv(1000)
            self.operate("drain", "fra", "--grace", "0s", "--deadline", "200ms", "--wait", "--timeout", "20s")
        self.assertEqual(self.state("fra"), "admin-down")

    def test_a_disabled_pop_is_left_alone_and_gets_nobody(self):
        self.assertEqual(self.shared.route(client_in("DE")), "fra")
        text = self.operate("disable", "fra", "--wait")
        self.assertEqual(text, "fra is admin-down: disabled by the operator\n")
        self.assertEqual(self.shared.route(client_in("DE")), "sin")
        self.assertEqual(self.shared.get("/x?size=10", "fra").status, 200)
        self.assertEqual(self.shared.status()["ready"], True)
        self.assertEqual(self.operate("activate", "fra", "--wait"), "fra is active\n")
        self.assertEqual(self.shared.route(client_in("DE")), "fra")

    def test_the_last_pop_is_not_taken_out_by_mistake(self):
        self.operate("disable", "fra")
        self.assertIn("no other PoP takes requests", self.operate("drain", "sin", code=2))
        self.assertEqual(self.state("sin"), "active")
        self.operate("disable", "sin", "--force")
        self.assertEqual(self.state("sin"), "admin-down")
        self.assertIn("there is no PoP", self.operate("activate", "xxx", code=2))

    def test_orders_outlive_the_control_plane_and_the_node(self):
        self.operate("drain", "fra", "--grace", "0s", "--wait")
        self.shared.control.kill()
        self.shared.control.start()
        wait_until(lambda: self.shared.status() is not None, 20, "the control plane is back")
        wait_until(lambda: self.state("sin") == "active", 20, "the other PoP serves")
        self.assertIn(self.state("fra"), ("draining", "admin-down"))
        wait_until(lambda: self.state("fra") == "admin-down", 20, "it says again that it has drained")
        self.shared.edges["fra"].kill()
        self.shared.edges["fra"].start()
        wait_until(lambda: (nodes := self.shared.pop_status("fra")["nodes"]) and nodes[0]["drained"], 20,
                   "the new process drains too")
        self.assertEqual(self.shared.route(client_in("DE")), "sin")
        audit = json.loads(request(self.shared.http, "/v1/audit").body)["entries"]
        self.assertIn(("drain-pop", "fra", "done"),
                      [(entry["action"], entry["subject"], entry["outcome"]) for entry in audit])


if __name__ == "__main__":
    unittest.main()
