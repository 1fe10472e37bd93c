"""The configuration changes again and again under load, and no request fails for it."""

import re
import unittest

from harness import ClusterTest, Load, wait_until, write_certificate
from test_handover import Newcomers

ROUNDS = 6


class Reload(ClusterTest):
    def test_origins_ttls_and_certificates_change_under_load(self):
        cluster = self.cluster(
            sources={"site": {"type": "synthetic"}, "other": {"type": "synthetic"}},
            behaviours=self.behaviours("site", 50), certificates=[["localhost"]], edge={"workers": 2})
        # Hits, objects that expire all the time, and what is never stored.
        targets = ([f"/hit-{n}?size=2000&ttl=1h" for n in range(10)]
                   + [f"/short-{n}?size=2000&ttl=1s" for n in range(10)]
                   + [f"/never-{n}?size=2000&ttl=0s" for n in range(5)])
        good = lambda _, reply: reply.status == 200 and len(reply.body) == 2000  # noqa: E731
        endpoint = cluster.endpoints["fra"]
        with (Load(endpoint, targets, good) as kept, Newcomers(endpoint, targets[0], threads=2) as plain,
              Newcomers(cluster.tls_endpoints["fra"], targets[0], threads=1, tls=True) as tls):
            for number in range(ROUNDS):
                seconds = 100 + number
                cluster.behaviours = self.behaviours(("other", "site")[number % 2], seconds)
                cluster.write_control()
                cluster.control.reload()
                write_certificate(cluster.path("localhost"), ["localhost"])
                cluster.edges["fra"].reload()
                wait_until(lambda: self.ttl(cluster) == seconds, 20, f"{seconds} s are in force")
                wait_until(lambda: cluster.edges["fra"].log().count("certificates in force") == number + 1, 20,
                           f"certificate {number + 1} is in force")
                before = (kept.done, plain.done, tls.done)
                wait_until(lambda: all(now > then + 10 for now, then in zip(
                    (kept.done, plain.done, tls.done), before)), 60, "load goes on")
        for who in (kept, plain, tls):
            self.assertEqual(who.failures, [], f"of {who.done}")

    fresh = 0

    def behaviours(self, source, seconds):
        return [("*", source, {"max_ttl": f"{seconds}s"})]

    def ttl(self, cluster):
        """What the configuration in force makes of an hour."""
        type(self).fresh += 1
        reply = cluster.get(f"/fresh-{self.fresh}?size=10&ttl=1h")
        again = cluster.get(f"/fresh-{self.fresh}?size=10&ttl=1h")
        self.assertEqual((reply.status, again.status), (200, 200))
        left = re.search(r"ttl=(\d+)", again.cache)
        # One second may have passed.
        return int(left[1]) + (0 if again.get("Age") in (None, "0") else int(again.get("Age")))


if __name__ == "__main__":
    unittest.main()
