"""Thousands of clients ask for the same thing at the same moment; what the origin sees of it is counted.

    python3 tests/stress/herd.py --build build/release --clients 10000

Prints one line for each case, and fails if the origin was asked more often than it should have been.
The figures include this client, which is Python and one thread: they are an upper bound.
"""

import argparse
import os
import pathlib
import resource
import select
import socket
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

PATIENCE = 120  # seconds until a case has failed


class Crowd:
    """`count` connections to one address, from several of ours, each with one request."""

    def __init__(self, endpoint, count):
        host, port = endpoint.rsplit(":", 1)
        self.poller = select.epoll()
        self.sockets = {}
        for number in range(count):
            sock = socket.socket()
            sock.bind((f"127.0.0.{2 + number % 8}", 0))
            sock.setblocking(False)
            sock.connect_ex((host, int(port)))
            self.poller.register(sock, select.EPOLLOUT)
            self.sockets[sock.fileno()] = sock
        waiting = set(self.sockets)
        deadline = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < deadline:
            for descriptor, events in self.poller.poll(1):
                if events & (select.EPOLLERR | select.EPOLLHUP):
                    raise AssertionError("a client was refused")
                self.poller.modify(descriptor, 0)
                waiting.discard(descriptor)
        if waiting:
            raise AssertionError(f"{len(waiting)} clients could not connect")

    def send(self, target):
        """One request on every connection, all at once."""
        data = f"GET {target} HTTP/1.1\r\nHost: www.example.org\r\n\r\n".encode()
        for sock in self.sockets.values():
            sock.send(data)

    def receive(self, length):
        """Every answer, {descriptor: bytes}: a head and `length` bytes of body."""
        answers = {descriptor: b"" for descriptor in self.sockets}
        left = set(self.sockets)
        for descriptor in left:
            self.poller.modify(descriptor, select.EPOLLIN)
        deadline = time.monotonic() + PATIENCE
        while left and time.monotonic() < deadline:
            for descriptor, _ in self.poller.poll(1, 4096):
                piece = self.sockets[descriptor].recv(1 << 18)
                if not piece:
                    raise AssertionError(f"closed: {answers[descriptor][:300]!r}")
                answers[descriptor] += piece
                end = answers[descriptor].find(b"\r\n\r\n")
                if end >= 0 and len(answers[descriptor]) >= end + 4 + length:
                    self.poller.modify(descriptor, 0)
                    left.discard(descriptor)
        if left:
            raise AssertionError(f"{len(left)} clients have no answer")
        return list(answers.values())

    def close(self):
        for sock in self.sockets.values():
            sock.close()
        self.poller.close()


class Herd:
    def __init__(self, cluster, upstream, clients):
        self.cluster, self.upstream, self.clients = cluster, upstream, clients
        self.endpoint = cluster.endpoints["fra"]
        self.problems = []

    def in_flight(self, count):
        from harness import request, wait_until

        def enough():
            metrics = request(self.cluster.admins["fra"], "/metrics", timeout=30).body.decode()
            return any(float(line.split()[-1]) >= count for line in metrics.splitlines()
                       if line.startswith("atoll_edge_requests_in_flight"))
        wait_until(enough, PATIENCE, f"{count} requests wait at the edge")

    def check(self, name, asked, wanted, answers, body, took):
        wrong = sum(1 for answer in answers if answer[answer.index(b"\r\n\r\n") + 4:] != body)
        hits = sum(1 for answer in answers if b"collapsed" in answer[:2000])
        print(f"{name}: {len(answers)} clients, {asked} requests at the origin (wanted {wanted}), "
              f"{hits} collapsed, {wrong} wrong, all answered in {took * 1000:.0f} ms", flush=True)
        if asked != wanted or wrong:
            self.problems.append(name)

    def one_fetch(self, name, target, fields, warm):
        """Everybody waits at the edge until the origin is let go; `warm`: an expired response is there."""
        from upstream import response
        body = b"x" * 1024
        opened = threading.Event()

        def gated(_):
            opened.wait(PATIENCE)
            return response(200, body, fields)
        if warm:
            self.upstream.answers[target] = response(200, b"old", [("Cache-Control", "max-age=60"),
                                                                   ("Age", "61"), ("ETag", '"old"')])
            assert self.cluster.get(target).body == b"old"
        self.upstream.answers[target] = gated
        before = self.upstream.count(target)
        crowd = Crowd(self.endpoint, self.clients)
        try:
            crowd.send(target)
            self.in_flight(self.clients)
            began = time.monotonic()
            opened.set()
            answers = crowd.receive(len(body))
            took = time.monotonic() - began
        finally:
            opened.set()
            crowd.close()
        self.check(name, self.upstream.count(target) - before, 1, answers, body, took)

    def released(self, clients):
        """The first answer turns out not to be shareable: all others are at the origin at the same time, none
        behind another. The second half of the clients does not wait for a first one at all."""
        from upstream import response
        body = b"yours alone"
        gates = [threading.Event(), threading.Event()]
        lock = threading.Lock()
        seen = []

        def personal(_):
            with lock:
                first = not seen
                seen.append(1)
            gates[0 if first else 1].wait(PATIENCE)
            return response(200, body, [("Cache-Control", "private")])
        self.upstream.answers["/personal"] = personal
        crowd = Crowd(self.endpoint, clients)
        try:
            crowd.send("/personal")
            self.in_flight(clients)
            if len(seen) != 1:
                self.problems.append("hit for miss: the first fetch was not the only one")
            began = time.monotonic()
            gates[0].set()
            together = self.upstream.wait_heads("/personal", clients, PATIENCE)
            released = time.monotonic() - began
            gates[1].set()
            answers = crowd.receive(len(body))
            took = time.monotonic() - began
        finally:
            for gate in gates:
                gate.set()
            crowd.close()
        print(f"hit for miss: {clients - 1} released and together at the origin after {released * 1000:.0f} ms: "
              f"{'yes' if together else 'no'}")
        if not together:
            self.problems.append("hit for miss: queued")
        self.check("hit for miss", self.upstream.count("/personal"), clients, answers, body, took)

    def slow_first(self, clients):
        """Who led the fetch reads nothing; the others get everything all the same."""
        from upstream import response
        body = os.urandom(1 << 20) * 8
        opened = threading.Event()

        def gated(_):
            opened.wait(PATIENCE)
            return response(200, body, [("Cache-Control", "max-age=600")])
        self.upstream.answers["/slow"] = gated
        first = Crowd(self.endpoint, 1)
        others = Crowd(self.endpoint, clients)
        try:
            first.send("/slow")
            assert self.upstream.wait_heads("/slow", 1, PATIENCE)
            others.send("/slow")
            self.in_flight(clients + 1)
            began = time.monotonic()
            opened.set()
            answers = others.receive(len(body))
            took = time.monotonic() - began
            self.check("slow first client", self.upstream.count("/slow"), 1, answers, body, took)
            if first.receive(len(body))[0][-len(body):] != body:
                self.problems.append("slow first client: its own answer")
        finally:
            opened.set()
            first.close()
            others.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/dev")
    parser.add_argument("--clients", type=int, default=1000)
    options = parser.parse_args()
    os.environ["ATOLL_BUILD"] = options.build
    import harness
    from upstream import Upstream
    harness.READY = PATIENCE
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # the edge inherits it
    if most < options.clients + 2000:
        print(f"{most} descriptors are too few for {options.clients} clients")
        return 2
    upstream = Upstream()
    cluster = harness.Cluster(
        sources={"site": {"type": "http", "url": upstream.url, "max_connections": 2000, "head_timeout": "120s"}},
        edge={"workers": 2}, limits={"write_idle": "120s"})
    text = cluster.control_text().replace('head_timeout = "10s"', 'head_timeout = "120s"')
    cluster.write_control(text)
    herd = Herd(cluster, upstream, options.clients)
    try:
        cluster.start()
        cached = [("Cache-Control", "max-age=600")]
        herd.one_fetch("never cached", "/new", cached, warm=False)
        herd.one_fetch("expired", "/expired", cached, warm=True)
        herd.released(min(options.clients, 500))
        herd.slow_first(10)
    finally:
        problems = cluster.stop() + herd.problems
        if problems:
            cluster.print_logs()
        cluster.remove()
        upstream.close()
    for problem in problems:
        print(f"PROBLEM: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
