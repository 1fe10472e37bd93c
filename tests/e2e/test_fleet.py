"""PoPs are drained, disabled and taken back, under load and over restarts; several observers say who lives."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import threading
import unittest

from harness import Cluster, ClusterTest, client_in, free_port, loopback, request, request_on, wait_until
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


class Relay:
    """Hands connections on from one endpoint to another, until it is cut: then it closes those it has and takes
    no more. Those of one process can be cut alone."""

    def __init__(self, listen, to):
        self.to, self.cut, self.cut_pids = to, False, set()
        host, port = listen.rsplit(":", 1)
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.listener.bind((host, int(port)))
        self.listener.listen(128)
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.cut_all()
        self.listener.close()

    def cut_all(self):
        self.cut = True
        for one in list(self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.cut or (self.cut_pids and is_of(client, self.cut_pids)):
                client.close()
                continue
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client):
        host, port = self.to.rsplit(":", 1)
        try:
            server = socket.create_connection((host, int(port)), timeout=10)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        self.open |= {client, server}
        back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
        back.start()
        self._pump(client, server)
        back.join()
        for one in (client, server):
            self.open.discard(one)
            one.close()

    @staticmethod
    def _pump(source, target):
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for one in (source, target):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def is_of(connection, pids):
    """Whether the other end of a connection of this machine is one of these processes'."""
    def entry(address):
        host, port = address[:2]
        return f"{int.from_bytes(socket.inet_aton(host), 'little'):08X}:{port:04X}"
    ends = [entry(connection.getpeername()), entry(connection.getsockname())]
    sockets = {f"socket:[{fields[9]}]"
               for fields in map(str.split, pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:])
               if fields[1:3] == ends}
    for pid in pids:
        for link in pathlib.Path(f"/proc/{pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                if os.readlink(link) in sockets:
                    return True
    return False


class Observers(ClusterTest):
    """Three PoPs, at whose public addresses relays stand that can be cut."""

    def start(self):
        cluster = self.cluster(start=False, pops=["fra", "sin", "syd"])
        self.relays, self.streams = {}, {}
        for pop in cluster.pops:
            # The node listens at every address; a relay at the public one is nearer, and hands on to another.
            host, port = cluster.endpoints[pop].rsplit(":", 1)
            cluster.edge_settings = {"listen": [f"0.0.0.0:{port}"]}
            stream = f"{host}:{free_port(host)}"
            cluster.edge_settings["control"] = stream
            cluster.write_edge(pop)
            self.streams[pop] = Relay(stream, cluster.fleet)
            self.addCleanup(self.streams[pop].close)
        cluster.start()
        for pop in cluster.pops:
            self.relays[pop] = Relay(cluster.endpoints[pop],
                                     f"{loopback()}:{cluster.endpoints[pop].rsplit(':', 1)[1]}")
            self.addCleanup(self.relays[pop].close)
        for pop in cluster.pops:
            wait_until(lambda: self.votes(cluster, pop) == ("up", "up", ["up", "up"]), 20, f"everybody sees {pop}")
        return cluster

    @staticmethod
    def votes(cluster, pop):
        seen = cluster.pop_status(pop)["nodes"][0]["observers"]
        return seen["lease"], seen["probe"], sorted(node["vote"] for node in seen["nodes"])

    @staticmethod
    def states(cluster):
        return {pop["id"]: pop["state"] for pop in (cluster.status() or {}).get("pops", [])}

    def test_an_isolated_control_plane_empties_no_region(self):
        cluster = self.start()
        active = {pop: "active" for pop in cluster.pops}
        # Its probe is cut: the nodes and their leases contradict it.
        for relay in self.relays.values():
            relay.cut_pids = {cluster.control.pid}
        for pop in cluster.pops:
            wait_until(lambda: self.votes(cluster, pop)[1] == "down", 20, f"the probe does not see {pop}")
            self.assertEqual(self.states(cluster), active)
        # So is the stream of one PoP; the two others still see it.
        self.streams["fra"].cut_all()
        wait_until(lambda: self.votes(cluster, "fra") == ("down", "down", ["up", "up"]), 20,
                   "only the other nodes see fra")
        wait_until(lambda: self.states(cluster) == active, 10, "fra is in")
        self.assertEqual(cluster.route(client_in("DE")), "fra")
        self.assertIn("not heard of, and 2 of 4 observers see it",
                      cluster.pop_status("fra")["nodes"][0]["observers"]["summary"])
        # When they do not see it any more, it is down.
        self.relays["fra"].cut = True
        wait_until(lambda: self.states(cluster)["fra"] == "down", 10, "nobody sees fra")
        self.assertEqual(self.states(cluster)["sin"], "active")
        self.assertNotEqual(cluster.route(client_in("DE")), "fra")

    def test_a_node_whose_clients_do_not_get_through_is_out_whatever_it_says(self):
        cluster = self.start()
        self.relays["syd"].cut = True
        wait_until(lambda: self.states(cluster)["syd"] == "down", 10, "nobody reaches syd")
        self.assertEqual(self.votes(cluster, "syd")[0], "up")
        self.assertEqual(self.states(cluster)["fra"], "active")
        self.relays["syd"].cut = False
        wait_until(lambda: self.states(cluster)["syd"] == "active", 10, "syd is back")

    def test_a_dead_node_is_out_within_three_seconds_and_one_that_hangs_too(self):
        cluster = self.start()
        cluster.edges["fra"].kill()
        wait_until(lambda: self.states(cluster)["fra"] == "down", 3, "fra is dead")
        os.kill(cluster.edges["sin"].pid, signal.SIGSTOP)
        try:
            wait_until(lambda: self.states(cluster)["sin"] == "down", 5, "sin hangs")
        finally:
            os.kill(cluster.edges["sin"].pid, signal.SIGCONT)
        wait_until(lambda: self.states(cluster)["sin"] == "active", 20, "sin goes on")

    def test_looks_are_no_requests(self):
        cluster = self.cluster(pops=["fra", "sin"])
        wait_until(lambda: self.votes(cluster, "fra") == ("up", "up", ["up"]), 20, "everybody sees fra")
        self.assertEqual(cluster.pop_status("fra")["nodes"][0]["statistics"]["requests"], 0)


if __name__ == "__main__":
    unittest.main()
