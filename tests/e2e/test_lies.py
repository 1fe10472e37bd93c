"""Upstreams that lie: never stored wrong, never served as complete, always explained in the logs."""

import json
import pathlib
import socket
import threading
import unittest

from harness import Cluster, ClusterTest, wait_until
from upstream import Upstream

OK = b"HTTP/1.1 200 OK\r\n"
FRESH = b"Cache-Control: max-age=600\r\n"


def answer(lines, body=b"", length=None, first=OK):
    """`lines` as they stand, with a Content-Length that need not be true."""
    size = len(body) if length is None else length
    return first + lines + b"Content-Length: %d\r\n\r\n" % size + body


def once(data):
    """Sends `data` and closes, whatever it promised."""
    def send(request):
        request.connection.send(data)
    return send


def endless(request):
    """A body without a length that goes on while somebody reads it, 16 MiB at most."""
    request.connection.send(OK + FRESH + b"Connection: close\r\n\r\n")
    for _ in range(256):
        request.connection.send(b"e" * 65536)


# What stays out of the cache although the client gets it: path, what the upstream sends, status,
# reason in Cache-Status and in the access log.
NOT_STORED = [
    ("/content-range", answer(FRESH + b"Content-Range: bytes 0-4/10\r\n", b"01234"), 200, "content-range"),
    ("/no-store", answer(b"Cache-Control: max-age=600, no-store\r\n", b"x"), 200, "no-store"),
    ("/public-private", answer(b"Cache-Control: public, private, max-age=600\r\n", b"x"), 200, "private"),
    ("/no-store-apart", answer(FRESH + b"Cache-Control: no-store\r\n", b"x"), 200, "no-store"),
    ("/vary-star", answer(FRESH + b"Vary: Accept, *\r\n", b"x"), 200, "vary-star"),
    ("/vary-huge", answer(FRESH + b"Vary: " + b", ".join(b"X-%d" % i for i in range(2000)) + b"\r\n", b"x"),
     200, "vary-too-large"),
    ("/part-unasked", answer(FRESH + b"Content-Range: bytes 0-4/10\r\n", b"01234",
                             first=b"HTTP/1.1 206 Partial\r\n"), 206, "partial"),
    ("/expires-wrong", answer(b"Expires: when it suits us\r\n", b"x"), 200, "nothing-to-reuse"),
    ("/max-age-two", answer(b"Cache-Control: max-age=0\r\nCache-Control: max-age=600\r\n", b"x"), 200,
     "nothing-to-reuse"),
]

# What is no answer at all: path, what the upstream sends, reason.
NO_ANSWER = [
    ("/not-modified", once(b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"), "upstream-protocol"),
    ("/bomb", once(OK + b"".join(b"X-%d: %s\r\n" % (i, b"b" * 8000) for i in range(100)) + b"\r\n"), None),
    ("/flood", once(OK + b"".join(b"X: %d\r\n" % i for i in range(20000)) + b"\r\n"), None),
    ("/two-lengths", once(OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), None),
    ("/no-field", once(OK + b"this is no field\r\nContent-Length: 1\r\n\r\nx"), None),
    ("/length-no-number", once(OK + b"Content-Length: ten\r\n\r\n0123456789"), None),
    ("/silence", once(b""), None),
    ("/half-a-head", once(OK + b"Content-Le"), None),
]

# What breaks off: path, what the upstream sends before it does, and what it still says then.
CUT_OFF = [
    ("/short", answer(FRESH, b"only this", length=1000), b""),
    ("/chunks", OK + FRESH + b"Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n", b""),
    ("/chunk-size", OK + FRESH + b"Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n", b"zz\r\n"),
]


class Lies(ClusterTest):
    @classmethod
    def make_cluster(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.close)
        for path, sends, *_ in NOT_STORED + NO_ANSWER:
            cls.upstream.answers[path] = sends
        cls.upstream.answers["/endless"] = endless
        cluster = Cluster(
            sources={"site": {"type": "http", "url": cls.upstream.url, "head_timeout": "5s"}},
            behaviours=[("*", "site", {"max_object": "1MiB", "default_ttl": "0s"})])
        cluster.edge_settings["access_log"] = cluster.path("access.log")
        cluster.edges["fra"] = cluster.edge_program("fra")
        return cluster

    def accesses(self, path):
        """The access log's lines on `path`."""
        log = pathlib.Path(self.shared.path("access.log"))
        lines = log.read_text().splitlines() if log.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["path"] == path]

    def logged(self, path, count):
        wait_until(lambda: len(self.accesses(path)) >= count, 10, f"{count} lines on {path} in the access log")
        return self.accesses(path)

    def assertExplained(self, path, text=""):
        """A line of the edge's own log names the target and what was wrong with its answer."""
        def found():
            return any(path in line and text in line
                       for line in self.shared.edges["fra"].log().splitlines())
        wait_until(found, 10, f"{path} and {text!r} in the edge's log")

    def test_what_contradicts_itself_is_passed_on_and_not_stored(self):
        for path, _, status, reason in NOT_STORED:
            with self.subTest(path):
                for _ in range(2):
                    reply = self.shared.get(path)
                    self.assertEqual(reply.status, status)
                    self.assertMiss(reply)
                self.assertEqual(self.upstream.count(path), 2)
                first, second = self.logged(path, 2)
                self.assertEqual(first["reason"], reason)
                # From then on known: requests do not wait for one another.
                self.assertIn(second["reason"], (reason, "hit-for-miss"))

    def test_what_is_no_answer_is_an_error_with_a_reason(self):
        for path, _, reason in NO_ANSWER:
            with self.subTest(path):
                reply = self.shared.get(path)
                self.assertEqual(reply.status, 502)
                [entry] = self.logged(path, 1)
                self.assertEqual(entry["outcome"], "error")
                self.assertIn(entry["reason"], [reason] if reason else ["upstream-protocol", "upstream-reset"])
                self.assertIn(f"detail={entry['reason']}", reply.cache)
                self.assertExplained(path)

    def break_off(self, path, begin, rest, wait):
        """What a client gets until its connection is closed, if the upstream breaks off when `wait`."""
        seen = threading.Event()

        def send(request):
            request.connection.send(begin)
            if wait:
                seen.wait(10)
            request.connection.send(rest)

        self.upstream.answers[path] = send
        host, port = self.shared.endpoints["fra"].rsplit(":", 1)
        received = b""
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            while piece := client.recv(65536):
                received += piece
                if b"only this" in received:
                    seen.set()
        return received

    def test_what_breaks_off_under_way_is_cut_off_visibly_and_not_stored(self):
        for path, begin, rest in CUT_OFF:
            with self.subTest(path):
                for number in (1, 2):
                    head, _, body = self.break_off(path, begin, rest, wait=True).partition(b"\r\n\r\n")
                    self.assertTrue(head.startswith(b"HTTP/1.1 200 "))
                    self.assertNotIn(b"; hit", head)
                    if b"Content-Length: 1000" in head:
                        self.assertEqual(body, b"only this")
                    else:
                        self.assertIn(b"\r\nTransfer-Encoding: chunked", head)
                        self.assertEqual(body, b"9\r\nonly this\r\n")  # no last chunk
                    self.assertEqual(self.upstream.count(path), number)
                for entry in self.logged(path, 2):
                    self.assertTrue(entry["aborted"])
                    self.assertIn(entry["reason"], ("upstream-protocol", "upstream-reset"))
                self.assertExplained(path, "cut off")

    def test_what_breaks_off_before_a_byte_was_passed_on_is_an_error(self):
        for path, begin, rest in CUT_OFF:
            with self.subTest(path):
                path += "-at-once"
                reply = self.break_off(path, begin, rest, wait=False)
                entry = self.logged(path, 1)[0]
                # Whether a byte was passed on before the end was seen is a matter of time.
                if reply.startswith(b"HTTP/1.1 502 "):
                    self.assertEqual(entry["outcome"], "error")
                else:
                    self.assertTrue(entry["aborted"])
                self.assertIn(entry["reason"], ("upstream-protocol", "upstream-reset"))
                self.assertExplained(path)

    def test_a_body_without_end_is_passed_on_in_bounded_memory_and_not_stored(self):
        host, port = self.shared.endpoints["fra"].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            received = 0
            while received < 4 << 20:
                received += len(client.recv(65536))
        self.assertExplained("/endless", "longer than max_object")
        [entry] = self.logged("/endless", 1)
        self.assertTrue(entry["aborted"])
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertNotIn(b"; hit", client.recv(65536))


if __name__ == "__main__":
    unittest.main()
