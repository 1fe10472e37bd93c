"""The disk tier of a real edge: what is on it survives kill -9, and purges do too."""

import json
import pathlib
import threading
import unittest

from harness import ClusterTest, request, wait_until


def target(number):
    return f"/object-{number}?size={500 + number * 37 % 20000}&ttl=1h"


class Disk(ClusterTest):
    def edge(self):
        return self.cluster(volumes=["64MiB", "64MiB"], edge={"workers": 2})

    def restart(self, cluster):
        cluster.edges["fra"].start()
        wait_until(lambda: cluster.edge_up("fra"), 20, "the edge serves again")
        wait_until(lambda: self.metric(cluster, "disk_volumes_loading") == 0, 20, "its index")

    def metric(self, cluster, name):
        for line in request(cluster.admins["fra"], "/metrics").body.decode().splitlines():
            if line.startswith(f"atoll_edge_{name} "):
                return float(line.split()[-1])
        raise AssertionError(f"no metric {name}")

    def purge(self, cluster, what):
        reply = request(cluster.http, "/v1/purge", method="POST", body=json.dumps(what).encode(),
                        fields={"Content-Type": "application/json"})
        self.assertEqual(reply.status, 202, reply.body)
        number = json.loads(reply.body)["number"]
        wait_until(lambda: json.loads(request(cluster.http, f"/v1/purges/{number}").body)["done"],
                   10, f"purge {number} is done")

    def test_kill_under_load_then_hits_without_an_origin(self):
        cluster = self.edge()
        bodies = {}

        def load(first):
            for number in range(first, 100_000, 4):
                try:
                    reply = cluster.get(target(number))
                except OSError:
                    return
                except Exception:  # cut off in the middle
                    return
                bodies[number] = reply.body

        threads = [threading.Thread(target=load, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: self.metric(cluster, "disk_objects") >= 400, 60, "400 are on disk")
        on_disk = self.metric(cluster, "disk_objects")
        cluster.edges["fra"].kill()
        for thread in threads:
            thread.join()
        cluster.origin.kill()
        self.restart(cluster)
        hits = 0
        for number, body in sorted(bodies.items()):
            reply = cluster.get(target(number))
            if reply.status == 200:
                self.assertTrue(reply.hit, reply)
                self.assertIn("detail=disk", reply.cache)
                self.assertEqual(reply.body, body)
                hits += 1
        # What was in the queue when the process died is lost, and nothing else. (Of what was on disk,
        # four answers may have been on their way to the clients.)
        self.assertGreaterEqual(hits, on_disk - len(threads))
        self.assertHit(cluster.get(target(sorted(bodies)[0])))

    def test_purges_hold_over_kill(self):
        for what, gone in (({"url": "http://{host}" + target(1)}, [1]),
                           ({"prefix": "http://{host}/object-1*"}, [1, 10]),
                           ({"everything": True}, [1, 2, 10])):
            with self.subTest(what):
                cluster = self.edge()
                for number in (1, 2, 10):
                    cluster.get(target(number))
                wait_until(lambda: self.metric(cluster, "disk_objects") == 3, 10, "all are written")
                self.purge(cluster, {kind: value.format(host=cluster.endpoints["fra"])
                                     if isinstance(value, str) else value
                                     for kind, value in what.items()})
                cluster.edges["fra"].kill()
                self.restart(cluster)
                for number in (1, 2, 10):
                    self.assertEqual(cluster.get(target(number)).hit, number not in gone, number)

    def test_a_purge_that_was_made_while_it_was_away_reaches_it(self):
        cluster = self.edge()
        for number in (1, 2):
            cluster.get(target(number))
        wait_until(lambda: self.metric(cluster, "disk_objects") == 2, 10, "both are written")
        cluster.edges["fra"].kill()
        reply = request(cluster.http, "/v1/purge", method="POST",
                        body=json.dumps({"url": f"http://{cluster.endpoints['fra']}{target(1)}"})
                        .encode(), fields={"Content-Type": "application/json"})
        self.assertEqual(reply.status, 202)
        self.restart(cluster)
        wait_until(lambda: self.metric(cluster, "disk_purge_rules") == 1, 10, "the purge arrives")
        self.assertFalse(cluster.get(target(1)).hit)
        self.assertHit(cluster.get(target(2)))

    def test_another_nodes_volume_is_refused(self):
        cluster = self.edge()
        cluster.edges["fra"].stop()
        pathlib.Path(cluster.path("edge-fra-state/disk-purges")).unlink()
        other = cluster.edge_program("fra").start()
        self.assertEqual(other.process.wait(20), 1)
        self.assertIn("a volume of another node", other.log())
        pathlib.Path(cluster.path("edge-fra-volume-0")).unlink()
        pathlib.Path(cluster.path("edge-fra-volume-1")).unlink()
        self.restart(cluster)


if __name__ == "__main__":
    unittest.main()
