"""Malformed, oversized and slow requests: the right status, a closed connection, nothing forwarded."""

import socket
import time
import unittest

from harness import Cluster, ClusterTest, raw
from upstream import Upstream, response


def head(*lines):
    return "\r\n".join(lines + ("", "")).encode("latin-1")


def get(*lines):
    return head("GET /x HTTP/1.1", "Host: a", *lines)


def post(framing, body=b"", *lines):
    return head("POST /x HTTP/1.1", "Host: a", *framing, *lines) + body


def upload(framing, body=b"", *lines):
    """A well-formed head on a path of its own: it may arrive at the upstream, and late."""
    return head("POST /body HTTP/1.1", "Host: a", *framing, *lines) + body


CHUNKED = ("Transfer-Encoding: chunked",)

# (what, bytes, statuses). The issue names the refusals; the sections are of RFC 9112 unless said.
REFUSED = [
    ("noise", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n", (400,)),
    ("no request line", b"Host: a\r\n\r\n", (400,)),
    ("words without version", b"GET /x\r\nHost: a\r\n\r\n", (400, 505)),
    ("four words", b"GET /x y HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("two blanks", b"GET  /x HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("blank in front", b" GET /x HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("tab in the request line", b"GET\t/x\tHTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("method that is no token", b"G@T /x HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("unknown method, RFC 9110 9.1", head("BREW /x HTTP/1.1", "Host: a"), (501,)),
    ("method in lower case, RFC 9110 9.1", head("get /x HTTP/1.1", "Host: a"), (400, 501)),
    ("long unknown method", head("A" * 4000 + " /x HTTP/1.1", "Host: a"), (400, 414, 431, 501)),
    ("CONNECT", head("CONNECT a:80 HTTP/1.1", "Host: a:80"), (400, 405, 501)),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
    ("version 2.0", head("GET /x HTTP/2.0", "Host: a"), (505,)),
    ("version 3.7", head("GET /x HTTP/3.7", "Host: a"), (505,)),
    ("version 0.9", head("GET /x HTTP/0.9", "Host: a"), (400, 505)),
    ("version in lower case", head("GET /x http/1.1", "Host: a"), (400,)),
    ("version without minor", head("GET /x HTTP/1", "Host: a"), (400,)),
    ("version of two digits", head("GET /x HTTP/1.10", "Host: a"), (400, 505)),
    ("another protocol", head("GET /x ICY/1.1", "Host: a"), (400,)),
    ("no Host, 3.2", head("GET /x HTTP/1.1"), (400,)),
    ("two Hosts, 3.2", get("Host: b"), (400,)),
    ("two equal Hosts, 3.2", get("Host: a"), (400,)),
    ("Host with a path, 3.2", head("GET /x HTTP/1.1", "Host: a/b"), (400,)),
    ("Host with user, 3.2", head("GET /x HTTP/1.1", "Host: u@a"), (400,)),
    ("Host with blank, 3.2", head("GET /x HTTP/1.1", "Host: a b"), (400,)),
    ("Host with bad port, 3.2", head("GET /x HTTP/1.1", "Host: a:99999"), (400,)),
    ("Host list, 3.2", head("GET /x HTTP/1.1", "Host: a, b"), (400,)),
    ("relative target, 3.2", head("GET x HTTP/1.1", "Host: a"), (400,)),
    ("asterisk for GET, 3.2.4", head("GET * HTTP/1.1", "Host: a"), (400,)),
    ("fragment in the target", head("GET /x#y HTTP/1.1", "Host: a"), (400,)),
    ("control byte in the target", b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("DEL in the target", b"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("raw UTF-8 in the target", "GET /ü HTTP/1.1\r\nHost: a\r\n\r\n".encode(), (400,)),
    ("NUL in the target", b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    ("absolute-form without host", head("GET http:///x HTTP/1.1", "Host: a"), (400,)),
    ("absolute-form with user", head("GET http://u:p@a/x HTTP/1.1", "Host: a"), (400,)),
    ("foreign scheme", head("GET ftp://a/x HTTP/1.1", "Host: a"), (400, 421, 501)),
    ("NUL in a value, RFC 9110 5.5", get("X-A: b\x00c"), (400,)),
    ("NUL in a name", get("X\x00A: b"), (400,)),
    ("bare CR in a value, RFC 9110 5.5", get("X-A: b\rc"), (400,)),
    ("bare CR before a field, 2.2", b"GET /x HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", (400,)),
    ("bare LF after the request line", b"GET /x HTTP/1.1\nHost: a\r\n\r\n", (400,)),
    ("bare LF after a field", b"GET /x HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", (400,)),
    ("bare LF everywhere", b"GET /x HTTP/1.1\nHost: a\n\n", (400,)),
    ("bare LF at the end", b"GET /x HTTP/1.1\r\nHost: a\r\n\n", (400,)),
    ("control byte in a value", get("X-A: \x07"), (400,)),
    ("DEL in a value", get("X-A: \x7f"), (400,)),
    ("folded field, 5.2", get("X-A: b", " c"), (400,)),
    ("folded first field", b"GET /x HTTP/1.1\r\n Host: a\r\n\r\n", (400,)),
    ("blank before the colon, 5.1", get("X-A : b"), (400,)),
    ("blank before the colon of a length, 5.1", get("Content-Length : 0"), (400,)),
    ("field without a colon", get("X-A b"), (400,)),
    ("field without a name", get(": b"), (400,)),
    ("name that is no token", get("X(A): b"), (400,)),
    ("length and coding, 6.1", post(("Content-Length: 3", *CHUNKED), b"0\r\n\r\n"), (400,)),
    ("coding and length, 6.1", post((*CHUNKED, "Content-Length: 3"), b"0\r\n\r\n"), (400,)),
    ("two lengths, 6.3", post(("Content-Length: 3", "Content-Length: 4"), b"abcd"), (400,)),
    ("list of lengths, 6.3", post(("Content-Length: 3, 4",), b"abcd"), (400,)),
    ("length with sign", post(("Content-Length: +3",), b"abc"), (400,)),
    ("negative length", post(("Content-Length: -3",), b"abc"), (400,)),
    ("length in hexadecimal", post(("Content-Length: 0x3",), b"abc"), (400,)),
    ("length with blank", post(("Content-Length: 1 2",), b"abc"), (400,)),
    ("empty length", post(("Content-Length:",), b""), (400,)),
    ("length past 64 bits", post(("Content-Length: 18446744073709551619",), b"abc"), (400, 413)),
    ("unknown coding, 6.1", post(("Transfer-Encoding: gzip",), b""), (400, 501)),
    ("unknown coding before chunked, 6.1", post(("Transfer-Encoding: gzip, chunked",), b"0\r\n\r\n"),
     (400, 501)),
    ("chunked not last, 6.3", post(("Transfer-Encoding: chunked, gzip",), b"0\r\n\r\n"), (400, 501)),
    ("chunked twice, 7.1", post(("Transfer-Encoding: chunked, chunked",), b"0\r\n\r\n"), (400, 501)),
    ("chunked in two fields", post(("Transfer-Encoding: chunked",) * 2, b"0\r\n\r\n"), (400, 501)),
    ("identity", post(("Transfer-Encoding: identity",), b""), (400, 501)),
    ("coding with a control byte", post(("Transfer-Encoding: \x0bchunked",), b"0\r\n\r\n"), (400, 501)),
    ("quoted coding", post(('Transfer-Encoding: "chunked"',), b"0\r\n\r\n"), (400, 501)),
    ("coding in HTTP/1.0, 6.1", head("POST /x HTTP/1.0", "Host: a", *CHUNKED) + b"0\r\n\r\n", (400,)),
    ("target of 9 KiB", head("GET /" + "x" * 9000 + " HTTP/1.1", "Host: a"), (414,)),
    ("target of 1 MiB", head("GET /" + "x" * (1 << 20) + " HTTP/1.1", "Host: a"), (414,)),
    ("field of 40 KiB", get("X-A: " + "b" * 40_000), (431,)),
    ("fields of 40 KiB", get(*[f"X-{i}: {'b' * 400}" for i in range(100)]), (431,)),
    ("129 fields", get(*[f"X-{i}: b" for i in range(128)]), (431,)),
    ("thousands of fields", get(*[f"X-{i}: b" for i in range(5000)]), (431,)),
    ("a body announced too large", post(("Content-Length: 1048577",), b""), (413,)),
    ("a body announced too large, with Expect", post(("Content-Length: 1048577", "Expect: 100-continue")),
     (413,)),
]

# Heads that are well-formed, bodies that are not. The head may be on its way to the upstream when the
# fault arrives; what must never arrive there is a complete request.
REFUSED_BODIES = [
    ("chunk size that is no number, 7.1", upload(CHUNKED, b"zz\r\nabc\r\n0\r\n\r\n"), (400,)),
    ("chunk size with sign", upload(CHUNKED, b"-1\r\nabc\r\n0\r\n\r\n"), (400,)),
    ("chunk size with prefix", upload(CHUNKED, b"0x3\r\nabc\r\n0\r\n\r\n"), (400,)),
    ("chunk size past 64 bits", upload(CHUNKED, b"10000000000000003\r\nabc\r\n0\r\n\r\n"), (400, 413)),
    ("empty chunk size", upload(CHUNKED, b"\r\nabc\r\n0\r\n\r\n"), (400,)),
    ("chunk longer than announced", upload(CHUNKED, b"3\r\nabcd\r\n0\r\n\r\n"), (400,)),
    ("bare LF after a chunk size", upload(CHUNKED, b"3\nabc\r\n0\r\n\r\n"), (400,)),
    ("bare LF after chunk data", upload(CHUNKED, b"3\r\nabc\n0\r\n\r\n"), (400,)),
    ("bare CR after a chunk size", upload(CHUNKED, b"3\rabc\r\n0\r\n\r\n"), (400,)),
    ("bare LF in a chunk extension", upload(CHUNKED, b"3;a=b\n\r\nabc\r\n0\r\n\r\n"), (400,)),
    ("NUL in a trailer", upload(CHUNKED, b"0\r\nX: \x00\r\n\r\n"), (400,)),
    ("trailer name that is no token", upload(CHUNKED, b"0\r\nX Y: z\r\n\r\n"), (400,)),
]

ACCEPTED = [
    ("an empty line in front, 2.2", b"\r\n" + get("Connection: close")),
    ("trailing blanks of a value", get("X-A: \t b \t", "Connection: close")),
    ("an empty value", get("X-A:", "Connection: close")),
    ("no blank after the colon", b"GET /x HTTP/1.1\r\nHost:a\r\nConnection:close\r\n\r\n"),
    ("obs-text in a value", get("X-A: caf\xe9", "Connection: close")),
    ("names in other cases", b"GET /x HTTP/1.1\r\nhOsT: a\r\ncONNECTION: CLOSE\r\n\r\n"),
    ("absolute-form, 3.2.2", head("GET http://a/x HTTP/1.1", "Host: a", "Connection: close")),
    ("Host with port", head("GET /x HTTP/1.1", "Host: a:80", "Connection: close")),
    ("Host as IPv6", head("GET /x HTTP/1.1", "Host: [::1]:80", "Connection: close")),
    ("chunk extensions, 7.1.1", post(CHUNKED, b'3;a=b;c="d"\r\nabc\r\n0\r\n\r\n', "Connection: close")),
    ("chunked in capitals", post(("Transfer-Encoding: Chunked",), b"3\r\nabc\r\n0\r\n\r\n", "Connection: close")),
    ("chunk sizes with zeros", post(CHUNKED, b"003\r\nabc\r\n000\r\n\r\n", "Connection: close")),
]


class Malformed(ClusterTest):
    @classmethod
    def make_cluster(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.close)
        for path in ("/x", "/body"):
            cls.upstream.answers[path] = response(200, b"reached", [("Cache-Control", "no-store")])
        return Cluster(sources={"site": {"type": "http", "url": cls.upstream.url}},
                       limits={"body": "1MiB", "head_time": "500ms", "body_idle": "500ms",
                               "keep_alive": "500ms"})

    @property
    def endpoint(self):
        return self.shared.endpoints["fra"]

    def assertRefused(self, data, statuses, **options):
        """One answer with one of `statuses`, then a close, and nothing at the upstream."""
        def heads():
            return [h.target for h in list(self.upstream.heads) if h.target != "/body"]
        before = heads()
        self.assertAnswerAndClose(data, statuses, **options)
        self.assertEqual(heads(), before, "it reached the upstream")

    def assertAnswerAndClose(self, data, statuses, **options):
        answer, closed = raw(self.endpoint, data, timeout=5, **options)
        self.assertTrue(answer.startswith(b"HTTP/1.1 "), f"answer {answer[:80]!r}")
        self.assertIn(int(answer[9:12]), statuses)
        self.assertTrue(closed, "the connection stayed open")
        self.assertIn(b"connection: close", answer.lower())
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1, answer)

    def test_refused(self):
        for what, data, statuses in REFUSED:
            with self.subTest(what):
                self.assertRefused(data, statuses)

    def test_refused_bodies(self):
        for what, data, statuses in REFUSED_BODIES:
            with self.subTest(what):
                before = self.upstream.count()
                self.assertAnswerAndClose(data, statuses)
                self.assertEqual(self.upstream.count(), before, "it arrived as a complete request")

    def test_refused_when_it_arrives_byte_by_byte(self):
        for what, data, statuses in REFUSED + REFUSED_BODIES:
            if len(data) > 150:
                continue
            with self.subTest(what):
                host, port = self.endpoint.rsplit(":", 1)
                with socket.create_connection((host, int(port)), timeout=5) as sock:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    answer = b""
                    try:
                        for i in range(len(data)):
                            sock.send(data[i:i + 1])
                        while piece := sock.recv(4096):
                            answer += piece
                    except (BrokenPipeError, ConnectionResetError):
                        pass  # refused before its last byte
                # A reset may have swallowed the answer; if there is one, it is the right one.
                if answer:
                    self.assertIn(int(answer[9:12]), statuses)

    def test_nothing_after_a_refused_request_is_served(self):
        follow_up = head("GET /smuggled HTTP/1.1", "Host: a")
        for what, data, statuses in REFUSED + REFUSED_BODIES:
            with self.subTest(what):
                self.assertAnswerAndClose(data + follow_up, statuses)
        self.assertEqual(self.upstream.count("/smuggled"), 0)

    def test_accepted(self):
        for what, data in ACCEPTED:
            with self.subTest(what):
                answer, closed = raw(self.endpoint, data, timeout=5)
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer[:200])
                self.assertTrue(answer.endswith(b"reached"))
                self.assertTrue(closed)

    def test_absolute_form_wins_over_host(self):
        # RFC 9112 section 3.2.2.
        raw(self.endpoint, head("GET http://inside.example/x HTTP/1.1", "Host: outside.example",
                                "Connection: close"), timeout=5)
        self.assertEqual(self.upstream.requests[-1].all("Host"), ["inside.example"])

    def test_more_body_than_announced_is_the_next_request_and_refused(self):
        answer, closed = raw(self.endpoint, upload(("Content-Length: 3",), b"abcdef\r\n\r\n"), timeout=5)
        self.assertTrue(closed)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
        self.assertIn(b"HTTP/1.1 400 ", answer)
        self.assertEqual(self.upstream.requests[-1].body, b"abc")

    def test_less_body_than_announced_never_completes_upstream(self):
        for framing, body in ((("Content-Length: 10",), b"abc"), (CHUNKED, b"3\r\nabc\r\n"),
                              (CHUNKED, b"3\r\na"), (("Content-Length: 900000",), b"a" * 500_000)):
            with self.subTest(framing):
                before = self.upstream.count()
                answer, closed = raw(self.endpoint, upload(framing, body), timeout=5, finish=True)
                self.assertTrue(closed)
                if answer:
                    self.assertRegex(answer, rb"^HTTP/1.1 4\d\d ")
                self.assertEqual(self.upstream.count(), before, "a cut-off body looked complete")

    def test_a_chunked_body_beyond_the_limit(self):
        piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        before = self.upstream.count()
        answer, closed = raw(self.endpoint, upload(CHUNKED, piece * 20 + b"0\r\n\r\n"), timeout=5)
        self.assertTrue(closed)
        if answer:  # the rest that nobody read may turn the close into a reset
            self.assertEqual(int(answer[9:12]), 413)
        self.assertEqual(self.upstream.count(), before)

    def test_a_head_that_never_ends_is_408(self):
        for start in (b"G", b"GET /x HTTP/1.1\r\n", b"GET /x HTTP/1.1\r\nHost: a\r\nX-A: b\r\n"):
            with self.subTest(start):
                self.assertRefused(start, (408,))

    def test_slow_loris_gains_nothing_by_dripping(self):
        host, port = self.endpoint.rsplit(":", 1)
        begin = time.monotonic()
        with socket.create_connection((host, int(port)), timeout=0.1) as sock:
            sock.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n")
            answer, closed = b"", False
            while time.monotonic() - begin < 5 and not closed:
                try:
                    sock.send(b"X: y\r\n")
                    piece = sock.recv(4096)
                    answer += piece
                    closed = piece == b""
                except TimeoutError:
                    continue
                except (BrokenPipeError, ConnectionResetError):
                    closed = True
        self.assertTrue(closed, "still open after 5 s")
        self.assertLess(time.monotonic() - begin, 3)
        if answer:
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_a_body_that_stops_is_408(self):
        answer, closed = raw(self.endpoint, upload(("Content-Length: 10",), b"abc"), timeout=5)
        self.assertTrue(closed)
        self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_an_idle_connection_is_closed_without_a_word(self):
        answer, closed = raw(self.endpoint, b"", timeout=5)
        self.assertEqual((answer, closed), (b"", True))
        answer, closed = raw(self.endpoint, get(), timeout=5)
        self.assertTrue(closed)
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1, "one answer, then silence")

    def test_the_edge_is_well_after_all_that(self):
        self.assertEqual(self.shared.get("/x").body, b"reached")

    def test_the_front_door_refuses_the_same(self):
        for what, data, statuses in REFUSED:
            if b" /x" not in data or b"POST" in data:
                continue
            with self.subTest(what):
                answer, closed = raw(self.shared.http, data, timeout=15)
                self.assertTrue(closed)
                self.assertIn(int(answer[9:12] or 0), (*statuses, 431, 414))


if __name__ == "__main__":
    unittest.main()
