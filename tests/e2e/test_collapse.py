"""Concurrent misses of one object are one fetch, and its bytes are passed on as they arrive."""

import concurrent.futures
import http.client
import threading
import unittest

from harness import Cluster, ClusterTest, request, wait_until
from upstream import Upstream, response

CLIENTS = 50
CACHED = [("Cache-Control", "max-age=600")]


class Gate:
    """An answer in two halves: the second is sent when the test opens the gate."""

    def __init__(self, first, second, fields=CACHED):
        self.first, self.second, self.fields = first, second, fields
        self.opened = threading.Event()

    def __call__(self, req):
        whole = response(200, self.first + self.second, self.fields)
        cut = len(whole) - len(self.second)
        req.connection.send(whole[:cut])
        self.opened.wait(30)
        return whole[cut:]


class Collapse(ClusterTest):
    @classmethod
    def make_cluster(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.close)
        return Cluster(sources={"site": {"type": "http", "url": cls.upstream.url}},
                       edge={"workers": 2})

    def many(self, target, count=CLIENTS, **options):
        pool = concurrent.futures.ThreadPoolExecutor(count)
        self.addCleanup(pool.shutdown)
        return [pool.submit(self.shared.get, target, **options) for _ in range(count)]

    def requests_in_flight(self, count):
        """Waits until the edge says that `count` requests wait for an answer."""
        def enough():
            for line in request(self.shared.admins["fra"], "/metrics").body.decode().splitlines():
                if line.startswith("atoll_edge_requests_in_flight"):
                    return float(line.split()[-1]) >= count
            return False
        wait_until(enough, 10, f"{count} requests in flight")

    def test_many_clients_one_fetch(self):
        gate = Gate(b"a" * 1000, b"b" * 1000)
        self.upstream.answers["/many"] = gate
        waiting = self.many("/many")
        self.requests_in_flight(CLIENTS)
        gate.opened.set()
        replies = [future.result(30) for future in waiting]
        for reply in replies:
            self.assertEqual((reply.status, reply.body), (200, b"a" * 1000 + b"b" * 1000))
        collapsed = sum("collapsed" in reply.cache for reply in replies)
        self.assertEqual(collapsed, CLIENTS - 1)
        wait_until(lambda: self.shared.get("/many").hit, 5, "the object is stored")
        self.assertEqual(self.upstream.count("/many"), 1)

    def test_many_clients_one_fetch_of_a_large_object(self):
        body = bytes(range(256)) * 16384  # 4 MiB
        gate = Gate(body[:1], body[1:])
        self.upstream.answers["/large"] = gate
        waiting = self.many("/large", 20)
        self.requests_in_flight(20)
        gate.opened.set()
        for future in waiting:
            self.assertTrue(future.result(30).body == body)
        self.assertEqual(self.upstream.count("/large"), 1)

    def test_bytes_are_passed_on_before_the_answer_is_complete(self):
        gate = Gate(b"first half ", b"second half")
        self.upstream.answers["/halves"] = gate
        self.addCleanup(gate.opened.set)
        readers = []
        for _ in range(3):  # one that fetches, two that join
            connection = http.client.HTTPConnection(self.shared.endpoints["fra"], timeout=10)
            self.addCleanup(connection.close)
            connection.request("GET", "/halves")
            readers.append(connection.getresponse())
        for reader in readers:
            self.assertEqual(reader.read(11), b"first half ")
        gate.opened.set()
        for reader in readers:
            self.assertEqual(reader.read(), b"second half")
        self.assertEqual(self.upstream.count("/halves"), 1)

    def test_a_fetch_survives_the_client_that_began_it(self):
        gate = Gate(b"x" * 500, b"y" * 500)
        self.upstream.answers["/survives"] = gate
        self.addCleanup(gate.opened.set)
        connection = http.client.HTTPConnection(self.shared.endpoints["fra"], timeout=10)
        connection.request("GET", "/survives")
        self.assertEqual(connection.getresponse().read(500), b"x" * 500)
        waiting = self.many("/survives", 3)
        self.requests_in_flight(4)
        connection.close()
        gate.opened.set()
        for future in waiting:
            self.assertEqual(len(future.result(30).body), 1000)
        # Who comes before the last reader has left joins it; then the store answers.
        wait_until(lambda: self.shared.get("/survives").hit, 5, "the object is stored")
        self.assertEqual(self.upstream.count("/survives"), 1)

    def test_uncacheable_answers_do_not_queue_behind_one_another(self):
        # Remembered as uncacheable by the first answer, the next ones are all at the upstream at once.
        release = threading.Event()
        self.addCleanup(release.set)
        private = [("Cache-Control", "private, no-store")]
        self.upstream.answers["/private"] = response(200, b"yours alone", private)
        self.assertEqual(self.shared.get("/private").status, 200)

        def slow(_):
            release.wait(30)
            return response(200, b"yours alone", private)
        self.upstream.answers["/private"] = slow
        before = self.upstream.count("/private")
        waiting = self.many("/private", 10)
        self.assertTrue(self.upstream.wait_heads("/private", before + 10),
                        "ten requests stand at the upstream together")
        release.set()
        for future in waiting:
            self.assertEqual(future.result(30).body, b"yours alone")
        self.assertEqual(self.upstream.count("/private"), before + 10)

    def test_an_answer_that_proves_uncacheable_is_given_to_one_client_only(self):
        # RFC 9111 section 4: a response that may not be stored serves the request it answers. Waiting
        # requests must be sent on with their own.
        counter = iter(range(1000))
        lock = threading.Lock()

        def personal(_):
            with lock:
                number = next(counter)
            return response(200, f"visitor {number}".encode(), [("Cache-Control", "private")])
        self.upstream.answers["/personal"] = personal
        bodies = [future.result(30).body for future in self.many("/personal", 10)]
        self.assertEqual(len(set(bodies)), 10, bodies)

    def test_a_failed_fetch_fails_all_who_waited_and_is_not_remembered(self):
        opened = threading.Event()

        def dies(_):
            opened.wait(30)
            return None  # closes without an answer
        self.upstream.answers["/dies"] = dies
        waiting = self.many("/dies", 5)
        self.requests_in_flight(5)
        opened.set()
        for future in waiting:
            self.assertIn(future.result(30).status, (502, 503, 504))
        self.upstream.answers["/dies"] = response(200, b"alive", CACHED)
        self.assertEqual(self.shared.get("/dies").body, b"alive")

    def test_variants_are_fetched_apart(self):
        def by_language(req):
            return response(200, (req.get("Accept-Language") or "none").encode(),
                            CACHED + [("Vary", "Accept-Language")])
        self.upstream.answers["/vary"] = by_language
        for language in ("de", "en", "de", "en", "de"):
            reply = self.shared.get("/vary", fields={"Accept-Language": language})
            self.assertEqual(reply.body.decode(), language)
        self.assertEqual(self.upstream.count("/vary"), 2)


if __name__ == "__main__":
    unittest.main()
