"""kill -9 of each part: what was cached goes on being served, and everything rejoins on its own."""

import pathlib
import tempfile
import unittest

from harness import ClusterTest, Load, client_in, request, wait_until

TARGETS = [f"/object/{i}?size={1000 + 500 * i}" for i in range(20)]


def good(target, reply):
    return reply.status == 200 and len(reply.body) == int(target.split("=")[1])


def good_hit(target, reply):
    return good(target, reply) and reply.hit


class Failures(ClusterTest):
    def warm(self, cluster, targets=None):
        for pop in cluster.edges:
            for target in targets or TARGETS:
                self.assertTrue(good(target, cluster.get(target, pop)), target)
                self.assertHit(cluster.get(target, pop))

    def test_the_origin_dies_under_load_and_returns(self):
        cluster = self.cluster()
        self.warm(cluster)
        with Load(cluster.endpoints["fra"], TARGETS, good_hit) as load:
            load.wait_more(200)
            cluster.origin.kill()
            load.wait_more(1000)
            # What is not cached is an honest error with a reason, and quick.
            missing = cluster.get("/object/new?size=10")
            self.assertIn(missing.status, (502, 503, 504))
            self.assertMiss(missing)
            cluster.origin.start()
            wait_until(lambda: cluster.get("/object/later?size=10").status == 200, 15,
                       "misses are answered again")
            load.wait_more(200)
        self.assertEqual(load.failures, [])

    def test_the_control_plane_dies_under_load_and_returns(self):
        cluster = self.cluster()
        self.warm(cluster)
        with Load(cluster.endpoints["fra"], TARGETS, good_hit) as load:
            load.wait_more(200)
            cluster.control.kill()
            load.wait_more(1000)
            self.assertEqual(cluster.get("/object/while-away?size=10").status, 200)
            cluster.control.start()
            wait_until(cluster.status, 15, "the control plane is back")
            wait_until(lambda: cluster.route(client_in("DE")) == "fra", 15, "the edge rejoined")
            load.wait_more(200)
        self.assertEqual(load.failures, [])

    def test_origin_and_control_plane_die_together(self):
        cluster = self.cluster()
        self.warm(cluster)
        cluster.origin.kill()
        cluster.control.kill()
        with Load(cluster.endpoints["fra"], TARGETS, good_hit) as load:
            load.wait_more(1000)
        self.assertEqual(load.failures, [])
        cluster.origin.start()
        cluster.control.start()
        wait_until(lambda: cluster.control_up() and cluster.route(client_in("DE")) == "fra", 15,
                   "the edge rejoined")
        wait_until(lambda: cluster.get("/object/after?size=10").status == 200, 15, "misses are answered")

    def test_a_pop_dies_under_load_and_the_next_one_serves(self):
        cluster = self.cluster(pops=["fra", "sin"])
        self.warm(cluster)
        with Load(cluster.endpoints["sin"], TARGETS, good_hit) as load:
            cluster.edges["fra"].kill()
            wait_until(lambda: cluster.route(client_in("DE")) == "sin", 3, "clients go to the next PoP")
            load.wait_more(200)
            cluster.edges["fra"].start()
            wait_until(lambda: cluster.route(client_in("DE")) == "fra", 15, "the PoP is back")
            load.wait_more(100)
        self.assertEqual(load.failures, [])
        self.assertTrue(good(TARGETS[0], cluster.get(TARGETS[0], "fra")))

    def test_an_edge_starts_from_its_stored_snapshot(self):
        cluster = self.cluster()
        self.assertEqual(cluster.edges["fra"].stop(), 0)
        cluster.control.kill()
        cluster.edges["fra"].start()
        wait_until(lambda: cluster.edge_up("fra"), 10, "the edge serves without a control plane")
        self.assertEqual(cluster.get("/object/1?size=77").status, 200)
        cluster.control.start()
        wait_until(lambda: cluster.control_up() and cluster.route(client_in("DE")) == "fra", 15,
                   "the edge joined")

    def test_an_edge_without_any_snapshot_says_that_it_does_not_serve(self):
        cluster = self.cluster(start=False)
        edge = cluster.edges["fra"].start()
        wait_until(lambda: self.answers(cluster.admins["fra"]), 10, "the admin interface answers")
        self.assertEqual(request(cluster.admins["fra"], "/healthz").status, 503)
        self.assertTrue(edge.running())
        cluster.control.start()
        cluster.origin.start()
        cluster.wait_ready()
        self.assertEqual(cluster.get("/object/1?size=5").status, 200)

    @staticmethod
    def answers(endpoint):
        try:
            return request(endpoint, "/healthz").status
        except OSError:
            return None

    def test_a_damaged_snapshot_is_not_fatal(self):
        cluster = self.cluster()
        self.assertEqual(cluster.edges["fra"].stop(), 0)
        state = pathlib.Path(cluster.path("edge-fra-state"))
        files = [path for path in state.rglob("*") if path.is_file()]
        self.assertTrue(files, "a snapshot was stored")
        for path in files:
            data = path.read_bytes()
            path.write_bytes(data[:len(data) // 2])
        cluster.edges["fra"].start()
        wait_until(lambda: cluster.edge_up("fra"), 15, "the edge asks the control plane instead")
        self.assertEqual(cluster.get("/object/1?size=5").status, 200)

    def test_files_stay_served_stale_while_the_origin_is_away(self):
        # DESIGN: fresh, revalidate, next origin, stale within stale-if-error, then 502/504.
        with tempfile.TemporaryDirectory(prefix="atoll-e2e-root-") as root:
            pathlib.Path(root, "page.txt").write_text("kept\n")
            cluster = self.cluster(sources={"site": {
                "type": "directory", "root": root, "cache_control": "max-age=1, stale-if-error=600"}})
            self.assertEqual(cluster.get("/page.txt").status, 200)
            cluster.origin.kill()
            def stale():
                reply = cluster.get("/page.txt")
                self.assertEqual((reply.status, reply.body), (200, b"kept\n"))
                return int(reply.get("Age", "0")) > 1
            wait_until(stale, 10, "the stored page is served past its lifetime")


if __name__ == "__main__":
    unittest.main()
