"""Origins that fail: what reaches them, what clients get, and how soon they have their traffic back."""

import json
import time
import unittest

from harness import ClusterTest, Load, request, wait_until
from upstream import Upstream, response

KEPT = [("Cache-Control", "max-age=1, stale-if-error=86400")]
TARGETS = [f"/kept/{i}" for i in range(10)]


class OriginHealth(ClusterTest):
    def upstream(self):
        upstream = Upstream()
        self.addCleanup(upstream.close)
        return upstream

    def over(self, upstream, **origin):
        return self.cluster(sources={"up": {"type": "http", "url": upstream.url}}, origin=origin)

    def origin_status(self, cluster, pop="fra"):
        return json.loads(request(cluster.admins[pop], "/statusz").body)["origins"][0]

    def metric(self, cluster, name, pop="fra"):
        for line in request(cluster.admins[pop], "/metrics").body.decode().splitlines():
            if line.startswith(name):
                return int(float(line.rsplit(" ", 1)[1]))
        raise AssertionError(f"no metric {name}")

    def test_only_probes_reach_an_origin_whose_breaker_is_open(self):
        upstream = self.upstream()
        upstream.answers["/a"] = response(503, b"down\n", [("Cache-Control", "no-store")])
        cluster = self.over(upstream, breaker={"failures": 5, "open": "500ms"})
        for _ in range(5):
            self.assertEqual(cluster.get("/a").body, b"down\n")
        begun = time.monotonic()
        replies = [cluster.get("/a") for _ in range(300)]
        intervals = (time.monotonic() - begun) / 0.5
        refused = [reply for reply in replies if "detail=breaker-open" in reply.cache]
        probes = upstream.count("/a") - 5
        self.assertEqual(len(refused) + probes, 300)
        self.assertTrue(all(reply.status == 503 for reply in refused))
        self.assertLessEqual(probes, intervals + 1)
        self.assertEqual(self.metric(cluster, "atoll_edge_origin_probes_total"), probes)
        self.assertIn("breaker", self.origin_status(cluster)["detail"])
        # It answers again: the next probe closes the breaker.
        upstream.answers["/a"] = response(200, b"up\n", [("Cache-Control", "no-store")])
        wait_until(lambda: cluster.get("/a").status == 200, 5, "the breaker closes")
        self.assertTrue(all(cluster.get("/a").status == 200 for _ in range(20)))

    def test_what_is_cached_is_served_while_the_origin_is_dead(self):
        upstream = self.upstream()
        for target in TARGETS:
            upstream.answers[target] = response(200, target.encode(), KEPT)
        cluster = self.over(upstream, breaker={"failures": 5, "open": "1s"})
        for target in TARGETS:
            self.assertEqual(cluster.get(target).status, 200)

        def good(target, reply):
            return reply.status == 200 and reply.body == target.encode()

        with Load(cluster.endpoints["fra"], TARGETS, good) as load:
            load.wait_more(100)
            cluster.origin.kill()
            wait_until(lambda: int(cluster.get(TARGETS[0]).get("Age", "0")) > 2, 10, "it is stale")
            load.wait_more(500)
            cluster.origin.start()
            wait_until(cluster.origin_up, 10, "the origin listens")
            wait_until(lambda: int(cluster.get(TARGETS[0]).get("Age", "0")) <= 1, 5,
                       "it is revalidated again")
            load.wait_more(100)
        self.assertEqual(load.failures, [])

    def test_health_checks_take_an_origin_away_and_give_it_back(self):
        upstream = self.upstream()
        upstream.answers["/healthz"] = response(500, b"sick\n")
        upstream.answers["/a"] = response(200, b"fine\n", [("Cache-Control", "no-store")])
        cluster = self.over(upstream, health={"path": "/healthz", "interval": "1s",
                                              "timeout": "1s", "unhealthy_after": 2})
        wait_until(lambda: self.origin_status(cluster)["detail"] == "unhealthy: status 500", 10,
                   "the check fails")
        before = upstream.count("/a")
        reply = cluster.get("/a")
        self.assertEqual(reply.status, 503)
        self.assertIn("detail=origin-unhealthy", reply.cache)
        self.assertEqual(upstream.count("/a"), before)
        upstream.answers["/healthz"] = response(204)
        wait_until(lambda: cluster.get("/a").status == 200, 10, "the check is good again")

    def test_no_more_requests_at_once_than_the_origin_may_have(self):
        upstream = self.upstream()
        cluster = self.over(upstream, max_requests=1)
        asked = []

        def slow(incoming):
            # The others are refused while this one is under way.
            asked.extend(cluster.get(f"/other/{i}") for i in range(5))
            return response(200, b"slow\n", [("Cache-Control", "no-store")])

        upstream.answers["/slow"] = slow
        self.assertEqual(cluster.get("/slow").body, b"slow\n")
        self.assertEqual([reply.status for reply in asked], [503] * 5)
        self.assertTrue(all("detail=origin-busy" in reply.cache for reply in asked))
        self.assertEqual(cluster.get("/other/0").status, 404)


if __name__ == "__main__":
    unittest.main()
