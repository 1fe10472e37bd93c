"""What an HTTP upstream says arrives at the client as it was said, and the other way round."""

import http.client
import random
import socket
import threading
import unittest

from harness import Cluster, ClusterTest, raw
from upstream import Upstream, response


class Fidelity(ClusterTest):
    @classmethod
    def make_cluster(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.close)
        return Cluster(sources={
            "site": {"type": "http", "url": cls.upstream.url, "head_timeout": "1s", "idle_timeout": "1s"},
        }, behaviours=[("/read-only/*", "site", {"allowed_methods": ["GET", "HEAD"]}), ("*", "site", {})])

    def get(self, target, **options):
        return self.shared.get(target, **options)

    def last(self):
        return self.upstream.requests[-1]

    def test_every_status_is_kept(self):
        for status in (200, 201, 202, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 402, 403, 404,
                       405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423,
                       424, 425, 426, 428, 429, 431, 451, 499, 501, 505, 511, 599):
            with self.subTest(status):
                body = b"" if status == 204 else f"status {status}".encode()
                self.upstream.answers[f"/status/{status}"] = response(
                    status, body, [("Location", "/elsewhere"), ("Retry-After", "7")])
                reply = self.get(f"/status/{status}")
                self.assertEqual((reply.status, reply.body), (status, body))
                self.assertEqual(reply.get("Location"), "/elsewhere")
                self.assertEqual(reply.get("Retry-After"), "7")

    def test_failure_statuses_of_the_only_origin_are_passed_on(self):
        for status in (500, 502, 503, 504):
            self.upstream.answers[f"/failing/{status}"] = response(status, b"said so")
            reply = self.get(f"/failing/{status}")
            self.assertEqual((reply.status, reply.body), (status, b"said so"))

    def test_end_to_end_fields_are_kept_and_hop_by_hop_ones_are_not(self):
        self.upstream.answers["/fields"] = response(200, b"x", [
            ("Set-Cookie", "a=1; Path=/"), ("X-Odd", 'q"uo,ted'), ("Set-Cookie", "b=2"),
            ("Connection", "X-Hop, close"), ("X-Hop", "secret"), ("Keep-Alive", "timeout=3"),
            ("Proxy-Authenticate", "Basic realm=x"), ("X-Empty", ""), ("X-Latin", "caf\xe9"),
            ("Server", "scripted"), ("WWW-Authenticate", "Basic realm=a"),
            ("WWW-Authenticate", "Digest realm=b")])
        reply = self.get("/fields", fields=[
            ("X-Asked", "one"), ("X-Asked", "two"), ("Connection", "X-Private"), ("X-Private", "no"),
            ("TE", "trailers"), ("Cookie", "c=3"), ("Accept-Encoding", "br"), ("X-Blank", "")])
        self.assertEqual(reply.all("Set-Cookie"), ["a=1; Path=/", "b=2"])
        self.assertEqual(reply.all("WWW-Authenticate"), ["Basic realm=a", "Digest realm=b"])
        self.assertEqual(reply.get("X-Odd"), 'q"uo,ted')
        self.assertEqual(reply.get("X-Empty"), "")
        self.assertEqual(reply.get("X-Latin"), "caf\xe9")
        self.assertEqual(reply.get("Server"), "scripted")
        for gone in ("X-Hop", "Keep-Alive"):
            self.assertIsNone(reply.get(gone), gone)
        seen = self.last()
        self.assertEqual(seen.all("X-Asked"), ["one", "two"])
        self.assertEqual(seen.get("Cookie"), "c=3")
        self.assertEqual(seen.get("Accept-Encoding"), "br")
        self.assertEqual(seen.get("X-Blank"), "")
        self.assertIsNone(seen.get("X-Private"))
        self.assertIn("1.1 atoll-fra", seen.get("Via"))

    def test_host_and_target_arrive_as_asked(self):
        self.upstream.answers["/a%20b/c"] = response(200, b"x")
        for target in ("/a%20b/c?q=%2f&r=a+b", "/a%20b/c?", "/a%20b/c??x"):
            self.assertEqual(self.get(target, host="shop.example:81").status, 200)
            self.assertEqual(self.last().target, target)
            self.assertEqual(self.last().all("Host"), ["shop.example:81"])

    def test_another_host_is_another_object(self):
        self.upstream.answers["/by-host"] = lambda req: response(
            200, req.get("Host").encode(), [("Cache-Control", "max-age=60")])
        for host in ("a.example", "b.example", "a.example"):
            self.assertEqual(self.get("/by-host", host=host).body, host.encode())

    def test_a_chunked_answer(self):
        self.upstream.answers["/chunked"] = (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n"
            b"5;ext=1\r\nhello\r\n1\r\n \r\n6\r\nworld!\r\n0\r\n\r\n")
        for kind in (self.assertMiss, self.assertHit):
            reply = self.get("/chunked")
            self.assertEqual(reply.body, b"hello world!")
            kind(reply)
        self.assertEqual(reply.get("Content-Length"), "12")  # known, once it is stored

    def test_a_chunked_answer_to_http_1_0_is_ended_by_closing(self):
        self.upstream.answers["/chunked10"] = (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        answer, closed = raw(self.shared.endpoints["fra"], b"GET /chunked10 HTTP/1.0\r\nHost: a\r\n\r\n")
        self.assertTrue(closed)
        self.assertTrue(answer.endswith(b"\r\n\r\nhello"), answer)
        self.assertNotIn(b"chunked\r\n", answer.lower().split(b"\r\n\r\n")[0] + b"\r\n")

    def test_an_answer_that_ends_by_closing(self):
        self.upstream.answers["/until-close"] = lambda req: req.connection.send(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is")
        reply = self.get("/until-close")
        self.assertEqual((reply.status, reply.body), (200, b"all there is"))

    def test_trailers_are_passed_on(self):
        self.upstream.answers["/trailers"] = (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            b"5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n")
        answer, _ = raw(self.shared.endpoints["fra"], b"GET /trailers HTTP/1.1\r\nHost: a\r\n"
                        b"TE: trailers\r\nConnection: close, TE\r\n\r\n")
        self.assertIn(b"\r\n0\r\nX-Sum: abc\r\n\r\n", answer)

    def test_head_reaches_the_upstream_as_head_and_has_no_body(self):
        self.upstream.answers["/head"] = response(200, b"12345", [("X-Seen", "yes")])
        reply = self.get("/head", method="HEAD")
        self.assertEqual((reply.status, reply.body), (200, b""))
        self.assertEqual(reply.get("Content-Length"), "5")
        self.assertEqual(reply.get("X-Seen"), "yes")
        self.assertEqual(self.get("/head").body, b"12345")

    def test_informational_responses_are_passed_on(self):
        # RFC 9110 section 15.2: a proxy forwards 1xx.
        self.upstream.answers["/hints"] = (
            b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" + response(200, b"page"))
        answer, _ = raw(self.shared.endpoints["fra"],
                        b"GET /hints HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 103 "), answer)
        head = answer.split(b"\r\n\r\n")[0]
        self.assertIn(b"\r\nLink: </style.css>; rel=preload", head)
        self.assertIn(b"\r\n\r\nHTTP/1.1 200 ", answer)
        self.assertTrue(answer.endswith(b"\r\n\r\npage"))

    def test_request_bodies_in_both_framings(self):
        random.seed(3)
        for size in (0, 1, 1000, 65_536, 65_537, 3_000_000):
            body = random.randbytes(size)
            for framing in ("length", "chunked"):
                with self.subTest(size=size, framing=framing):
                    self.upstream.answers["/post"] = lambda req: response(200, b"%d" % len(req.body))
                    connection = http.client.HTTPConnection(self.shared.endpoints["fra"], timeout=20)
                    self.addCleanup(connection.close)
                    if framing == "length":
                        connection.request("POST", "/post", body)
                    else:
                        pieces = [body[i:i + 70_000] for i in range(0, size, 70_000)]
                        connection.request("POST", "/post", iter(pieces), encode_chunked=True,
                                           headers={"Transfer-Encoding": "chunked"})
                    answer = connection.getresponse()
                    self.assertEqual((answer.status, answer.read()), (200, b"%d" % size))
                    self.assertEqual(self.last().method, "POST")
                    self.assertTrue(self.last().body == body)

    def test_request_trailers_are_passed_on(self):
        self.upstream.answers["/in-trailers"] = response(200, b"ok")
        answer, _ = raw(self.shared.endpoints["fra"],
                        b"POST /in-trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                        b"Connection: close\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
        self.assertEqual(self.last().body, b"abc")
        # libcurl may or may not be able to send them; a body that lost them must still be whole.
        self.assertIn(self.last().trailers, ([("X-Sum", "1")], []))

    def test_expect_continue_is_answered_when_the_body_is_wanted(self):
        self.upstream.answers["/expect"] = lambda req: response(200, req.body)
        host, port = self.shared.endpoints["fra"].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10) as sock:
            sock.sendall(b"PUT /expect HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                         b"Content-Length: 4\r\nConnection: close\r\n\r\n")
            self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 100 "))
            sock.sendall(b"body")
            answer = b""
            while piece := sock.recv(4096):
                answer += piece
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
        self.assertTrue(answer.endswith(b"\r\n\r\nbody"))

    def test_unsafe_methods_reach_the_upstream_and_invalidate(self):
        self.upstream.answers["/invalidate"] = response(200, b"x", [("Cache-Control", "max-age=600")])
        self.get("/invalidate")
        self.assertHit(self.get("/invalidate"))
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            self.assertEqual(self.get("/invalidate", method=method, body=b"").status, 200)
            self.assertEqual(self.last().method, method)
            self.assertMiss(self.get("/invalidate"))  # RFC 9111 section 4.4
            self.assertHit(self.get("/invalidate"))

    def test_methods_a_behaviour_does_not_allow(self):
        before = self.upstream.count()
        reply = self.get("/read-only/x", method="POST", body=b"x")
        self.assertEqual(reply.status, 405)
        self.assertEqual({m.strip() for m in reply.get("Allow").split(",")}, {"GET", "HEAD"})
        self.assertEqual(self.upstream.count(), before)

    def test_a_body_that_is_cut_off_is_cut_off_for_the_client_and_not_stored(self):
        def short_length(req):
            req.connection.send(response(200, b"x" * 1000, [("Cache-Control", "max-age=600")])[:-500])

        def short_chunks(req):
            req.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                                b"Cache-Control: max-age=600\r\n\r\n5\r\nhello\r\n")

        def broken_chunks(req):
            req.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                                b"Cache-Control: max-age=600\r\n\r\n5\r\nhello\r\nzz\r\n")

        def short_large(req):
            req.connection.send(response(200, b"x" * 2_000_000,
                                         [("Cache-Control", "max-age=600")])[:-1])
        for answer in (short_length, short_chunks, broken_chunks, short_large):
            with self.subTest(answer.__name__):
                target = f"/{answer.__name__}"
                self.upstream.answers[target] = answer
                for _ in range(2):
                    before = self.upstream.count(target)
                    try:
                        # An edge that had not sent the head yet may still say 502.
                        self.assertEqual(self.get(target).status, 502)
                    except (http.client.IncompleteRead, ConnectionError):
                        pass
                    self.assertGreater(self.upstream.count(target), before, "it was stored")

    def test_an_upstream_that_is_not_http_or_closes_or_stalls(self):
        for path, answer, statuses in (
                ("/noise", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", (502,)),
                ("/closes", lambda req: None, (502,)),
                ("/bad-length", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc", (502,)),
                ("/two-lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
                 (502,)),
                ("/stalls", lambda req: req.connection.closed_by_peer(30) and None, (504,))):
            with self.subTest(path):
                self.upstream.answers[path] = answer
                reply = self.get(path)
                self.assertIn(reply.status, statuses)
                self.assertTrue(reply.body, "a reason is given")

    def test_an_upstream_that_is_away(self):
        gone = socket.create_server(("127.0.0.1", 0))
        port = gone.getsockname()[1]
        gone.close()
        cluster = self.cluster(sources={"site": {"type": "http", "url": f"http://127.0.0.1:{port}"}})
        reply = cluster.get("/x")
        self.assertEqual(reply.status, 502)
        self.assertTrue(reply.body)

    def test_a_client_that_leaves_cancels_an_uncacheable_fetch(self):
        left = threading.Event()

        def endless(req):
            req.connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                                b"Cache-Control: no-store\r\n\r\n3\r\nabc\r\n")
            if req.connection.closed_by_peer(20):
                left.set()
        self.upstream.answers["/endless"] = endless
        connection = http.client.HTTPConnection(self.shared.endpoints["fra"], timeout=10)
        connection.request("POST", "/endless", b"")
        self.assertEqual(connection.getresponse().read(3), b"abc")
        connection.close()
        self.assertTrue(left.wait(10), "the upstream connection was closed")

    def test_upgrade_is_not_taken(self):
        self.upstream.answers["/ws"] = response(200, b"plain")
        answer, _ = raw(self.shared.endpoints["fra"],
                        b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\n"
                        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n")
        self.assertNotIn(b"HTTP/1.1 101", answer)
        self.assertRegex(answer, rb"^HTTP/1.1 (200|4\d\d|501) ")
        if self.upstream.count("/ws"):
            self.assertIsNone(self.last().get("Upgrade"))


class Failover(ClusterTest):
    def test_the_members_of_a_group_are_tried_in_order(self):
        first, second = Upstream(), Upstream()
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        cluster = self.cluster(sources={
            "site": {"type": "group", "members": ["one", "two"]},
            "one": {"type": "http", "url": first.url}, "two": {"type": "http", "url": second.url}})
        first.answers["/x"] = response(200, b"first")
        second.answers["/x"] = response(200, b"second")
        self.assertEqual(cluster.get("/x").body, b"first")
        first.answers["/x"] = response(503, b"busy")
        self.assertEqual(cluster.get("/x?2").body, b"second")
        first.answers["/x"] = lambda req: None
        self.assertEqual(cluster.get("/x?3").body, b"second")
        first.close()
        self.assertEqual(cluster.get("/x?4").body, b"second")
        second.answers["/x"] = response(404, b"no")
        self.assertEqual(cluster.get("/x?5").status, 404)

    def test_a_post_that_may_have_been_acted_on_is_not_repeated(self):
        # RFC 9110 section 9.2.2.
        first, second = Upstream(), Upstream()
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        cluster = self.cluster(sources={
            "site": {"type": "group", "members": ["one", "two"]},
            "one": {"type": "http", "url": first.url}, "two": {"type": "http", "url": second.url}})
        first.answers["/pay"] = lambda req: None
        second.answers["/pay"] = response(200, b"paid twice")
        self.assertIn(cluster.get("/pay", method="POST", body=b"1").status, (502, 504))
        self.assertEqual((first.count("/pay"), second.count("/pay")), (1, 0))


if __name__ == "__main__":
    unittest.main()
