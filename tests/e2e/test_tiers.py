"""Siblings and shields: who fetches, how often, and what happens when one of them is gone."""

import itertools
import json
import pathlib
import signal
import threading
import unittest

from harness import POPS, ClusterTest, request, wait_until
from upstream import Upstream, response

HOST = "www.example.org"  # the same at every edge, or its key would not be
KEPT = [("Cache-Control", "max-age=600")]


class Tiers(ClusterTest):
    def over(self, objects, **options):
        """A cluster over an upstream that has `objects` objects."""
        upstream = Upstream()
        self.addCleanup(upstream.close)
        self.targets = [f"/object/{i}" for i in range(objects)]
        for target in self.targets:
            upstream.answers[target] = response(200, target.encode() * 100, KEPT)
        self.upstream = upstream
        return self.cluster(sources={"up": {"type": "http", "url": upstream.url}}, **options)

    def assertGood(self, cluster, target, edge):
        reply = cluster.get(target, edge, host=HOST)
        self.assertEqual((reply.status, reply.body), (200, target.encode() * 100), f"{edge} {reply!r}")
        return reply

    def purge(self, cluster, **what):
        reply = request(cluster.http, "/v1/purge", method="POST", body=json.dumps(what).encode(),
                        fields={"Content-Type": "application/json"})
        self.assertEqual(reply.status, 202, reply.body)

    def stands_still(self, pid):
        """Every thread: those that have not heard of SIGSTOP yet go on for a moment."""
        states = [stat.read_text().rpartition(")")[2].split()[0]
                  for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat")]
        return set(states) == {"T"}

    def metric(self, cluster, name, edge):
        for line in request(cluster.admins[edge], "/metrics").body.decode().splitlines():
            if line.startswith(f"atoll_edge_{name}_total "):
                return int(float(line.rsplit(" ", 1)[1]))
        raise AssertionError(f"no metric {name}")

    def test_six_pops_and_a_shield_fetch_every_object_once(self):
        pops = list(POPS)
        shield = pops[0]
        cluster = self.over(60, pops=pops, shields={pop: shield for pop in pops[1:]})
        problems = []

        def ask(pop):
            try:
                for target in self.targets:
                    self.assertGood(cluster, target, pop)
            except AssertionError as problem:
                problems.append(str(problem))

        # All PoPs at once, the shield's own clients among them.
        threads = [threading.Thread(target=ask, args=(pop,)) for pop in pops]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        self.assertEqual(problems, [])
        self.assertEqual({target: self.upstream.count(target) for target in self.targets},
                         {target: 1 for target in self.targets})
        for pop in pops[1:]:
            self.assertEqual(self.metric(cluster, "shield_fetches", pop), len(self.targets))
            self.assertHit(self.assertGood(cluster, self.targets[0], pop))
        self.assertEqual(self.metric(cluster, "peer_requests", shield), 5 * len(self.targets))

    def test_a_shield_that_dies_is_passed_over_and_is_used_again(self):
        cluster = self.over(30, pops=["fra", "sin"], shields={"fra": "sin"})
        self.assertGood(cluster, self.targets[0], "fra")
        self.assertEqual(self.metric(cluster, "peer_requests", "sin"), 1)
        # Who comes back knows which purges it has carried out.
        self.purge(cluster, everything=True)
        cluster.edges["sin"].kill()
        for target in self.targets[1:10]:
            self.assertGood(cluster, target, "fra")
        cluster.edges["sin"].start()
        wait_until(lambda: cluster.edge_up("sin"), 15, "the shield is back")
        others = itertools.count()

        def through_the_shield():
            path = f"{self.targets[10]}?{next(others)}"
            self.assertEqual(cluster.get(path, "fra", host=HOST).status, 200)
            return self.metric(cluster, "peer_requests", "sin") > 0

        wait_until(through_the_shield, 15, "the shield is asked again")
        self.assertEqual(max(self.upstream.count(target) for target in self.targets[:10]), 1)

    def test_a_shield_that_hangs_is_waited_for_once(self):
        cluster = self.over(30, pops=["fra", "sin"], shields={"fra": "sin"})
        self.assertGood(cluster, self.targets[0], "fra")
        shield = cluster.edges["sin"].process
        shield.send_signal(signal.SIGSTOP)
        try:
            wait_until(lambda: self.stands_still(shield.pid), 10, "the shield stands still")
            for target in self.targets[1:]:
                self.assertGood(cluster, target, "fra")
            asked = self.metric(cluster, "shield_fetches", "fra")
            # Before it goes on: it still has a request that nobody waits for.
            fetched = [self.upstream.count(target) for target in self.targets[1:]]
        finally:
            shield.send_signal(signal.SIGCONT)
        # Only the first one waited for it.
        self.assertEqual(asked, 2)
        self.assertEqual(set(fetched), {1})

    def test_what_went_round_in_a_circle_is_refused_where_it_comes_back(self):
        # The origin's upstream is the PoP that asked; the request knows where it has been.
        cluster = self.over(0, pops=["fra", "sin"], shields={"fra": "sin"}, start=False)
        cluster.sources["up"]["url"] = "http://" + cluster.endpoints["fra"]
        cluster.write_origin()
        cluster.start()
        reply = cluster.get("/round", "fra", host=HOST)
        self.assertEqual(reply.status, 508)
        self.assertEqual(self.metric(cluster, "loops", "fra"), 1)
        self.assertEqual(self.metric(cluster, "peer_requests", "sin"), 1)
        self.assertEqual(self.metric(cluster, "loops", "sin"), 0)

    def test_tags_reach_every_tier_so_that_a_purge_finds_the_objects(self):
        cluster = self.over(2, pops=["fra", "sin"], shields={"fra": "sin"})
        tagged, other = self.targets
        self.upstream.answers[tagged] = response(200, tagged.encode() * 100,
                                                 KEPT + [("Surrogate-Key", "one two")])
        for target in self.targets:
            self.assertGood(cluster, target, "fra")
        self.purge(cluster, tag="two")

        def fetched_again():
            self.assertGood(cluster, tagged, "fra")
            return self.upstream.count(tagged) > 1

        wait_until(fetched_again, 10, "it is fetched again")
        self.assertHit(self.assertGood(cluster, other, "fra"))
        self.assertEqual(self.upstream.count(other), 1)

    def test_ranges_are_fetched_through_the_owner(self):
        nodes = ["fra", "fra.1"]
        cluster = self.over(1, nodes=nodes[1:])
        body = b"".join(i.to_bytes(4, "big") for i in range(1_000_000))
        asked = []

        def ranged(incoming):
            asked.append(incoming.get("Range"))
            first, last = incoming.get("Range").removeprefix("bytes=").split("-")
            last = min(int(last), len(body) - 1)
            part = body[int(first):last + 1]
            return response(206, part, KEPT + [("ETag", '"v1"'), (
                "Content-Range", f"bytes {first}-{last}/{len(body)}")])

        self.upstream.answers["/large"] = ranged
        for node in nodes:
            for first, last in ((10, 20), (2_500_000, 2_600_000), (2_500_000, 2_600_000)):
                reply = cluster.get("/large", node, host=HOST,
                                    fields={"Range": f"bytes={first}-{last}"})
                self.assertEqual((reply.status, reply.body), (206, body[first:last + 1]))
        self.assertEqual(len(asked), 2, asked)

    def test_nodes_of_a_pop_fetch_every_object_once_and_keep_what_is_hot(self):
        nodes = ["fra", "fra.1", "fra.2"]
        cluster = self.over(60, nodes=nodes[1:])
        for node in nodes:
            for target in self.targets:
                self.assertGood(cluster, target, node)
        for target in self.targets:
            self.assertEqual(self.upstream.count(target), 1, target)
        fetched = [self.metric(cluster, "sibling_fetches", node) for node in nodes]
        self.assertEqual(sum(fetched), 2 * len(self.targets))
        self.assertTrue(all(fetched), fetched)
        # Each object is in one place only; asked for again and again at one node, it is there too.
        stored = sum(self.metric(cluster, "stored", node) for node in nodes)
        self.assertEqual(stored, len(self.targets))
        for _ in range(3):
            for target in self.targets:
                self.assertGood(cluster, target, "fra.1")
        for target in self.targets:
            self.assertHit(self.assertGood(cluster, target, "fra.1"))
        self.assertEqual(self.upstream.count(), len(self.targets))

    def test_a_sibling_that_dies_is_skipped(self):
        nodes = ["fra", "fra.1", "fra.2"]
        cluster = self.over(40, nodes=nodes[1:])
        cluster.edges["fra.2"].kill()
        for target in self.targets:
            self.assertGood(cluster, target, "fra")
        for target in self.targets:
            self.assertGood(cluster, target, "fra.1")
        # The one fetch that met the dead node goes to the origin from where it was.
        again = sum(self.upstream.count(target) - 1 for target in self.targets)
        self.assertLessEqual(again, 2)

    def test_what_was_purged_does_not_come_back_from_the_shield(self):
        cluster = self.over(1, pops=["fra", "sin"], shields={"fra": "sin"})
        target = self.targets[0]
        for number in range(20):
            body = f"round {number}\n".encode()
            self.upstream.answers[target] = response(200, body, KEPT)
            self.purge(cluster, everything=True)
            # From the moment that it is gone at the PoP, whatever the shield has heard of it.
            wait_until(lambda: cluster.get(target, "fra", host=HOST).body == body, 5, f"round {number}")
            for _ in range(3):
                self.assertEqual(cluster.get(target, "fra", host=HOST).body, body)

    def test_an_unsafe_request_makes_the_shield_forget_too(self):
        cluster = self.over(1, pops=["fra", "sin"], shields={"fra": "sin"})
        target = self.targets[0]
        self.assertGood(cluster, target, "fra")

        def change(incoming):
            if incoming.method == "PUT":
                self.upstream.answers[target] = response(200, incoming.body, KEPT)
                return response(204)
            return response(200, target.encode() * 100, KEPT)

        self.upstream.answers[target] = change
        put = cluster.get(target, "fra", method="PUT", body=b"changed\n", host=HOST)
        self.assertEqual(put.status, 204)
        for pop in ("fra", "sin"):
            self.assertEqual(cluster.get(target, pop, host=HOST).body, b"changed\n")

    def test_large_bodies_and_heads_pass_unharmed(self):
        cluster = self.over(1, pops=["fra", "sin"], shields={"fra": "sin"})
        body = bytes(range(256)) * 12000
        self.upstream.answers["/large"] = response(200, body, KEPT)
        for pop in ("fra", "fra", "sin"):
            self.assertEqual(cluster.get("/large", pop, host=HOST).body, body)
        head = cluster.get("/large", "fra", method="HEAD", host=HOST)
        self.assertEqual((head.status, head.get("Content-Length")), (200, str(len(body))))
        self.upstream.answers["/head"] = response(200, b"12345", KEPT)
        head = cluster.get("/head", "fra", method="HEAD", host=HOST)
        self.assertEqual((head.status, head.get("Content-Length")), (200, "5"))
        sent = b"x" * 700_000
        self.upstream.answers["/upload"] = lambda r: response(200, str(len(r.body)).encode())
        self.assertEqual(cluster.get("/upload", "fra", method="PUT", body=sent, host=HOST).body, b"700000")
        self.assertEqual(self.upstream.count("/large"), 1)


if __name__ == "__main__":
    unittest.main()
