"""Each client is sent to the nearest PoP that lives."""

import json
import unittest

from harness import POPS, Cluster, ClusterTest, client_in, curl, request, wait_until

# RFC-free and unambiguous: the PoP in the client's own country or next door.
NEAREST = {"DE": "fra", "FR": "fra", "US": "iad", "CA": "iad", "BR": "gru", "AR": "gru", "IN": "bom",
           "SG": "sin", "MY": "sin", "AU": "syd", "NZ": "syd", "AT": "fra"}

OVERRIDES = f"""
[[subnet]]
prefix = "{client_in('DE', 0).rsplit('.', 1)[0]}.0/24"
pop = "syd"
"""


class Routing(ClusterTest):
    @classmethod
    def make_cluster(cls):
        return Cluster(pops=list(POPS))

    def redirect(self, address, target="/page?x=1", method="GET"):
        # The front door believes X-Forwarded-For from loopback alone.
        return request(self.shared.http, target, method=method, fields={"X-Forwarded-For": address},
                       body=b"" if method == "POST" else None)

    def test_route_names_the_nearest_pop(self):
        for country, pop in NEAREST.items():
            with self.subTest(country):
                reply = request(self.shared.http, f"/v1/route?ip={client_in(country)}")
                self.assertEqual(reply.status, 200)
                answer = json.loads(reply.body)
                self.assertEqual(answer["pop"], pop)
                self.assertEqual(answer["endpoints"], [self.shared.endpoints[pop]])

    def test_the_front_door_redirects_to_the_nearest_pop(self):
        for country, pop in NEAREST.items():
            with self.subTest(country):
                reply = self.redirect(client_in(country))
                self.assertEqual(reply.status, 302)
                self.assertEqual(reply.get("Location"),
                                 f"http://{self.shared.endpoints[pop]}/page?x=1")
                # What suits one client must not be kept for the next.
                self.assertIn("no-store", reply.get("Cache-Control", ""))

    def test_a_method_with_a_body_keeps_its_method(self):
        reply = self.redirect(client_in("SG"), method="POST")
        self.assertEqual(reply.status, 307)
        self.assertIn(self.shared.endpoints["sin"], reply.get("Location"))

    def test_a_redirect_leads_to_content(self):
        done = curl("-f", "-L", "-o", "/dev/null", "-w", "%{url_effective} %{size_download}",
                    "-H", f"X-Forwarded-For: {client_in('BR')}",
                    f"http://{self.shared.http}/object/1?size=1234")
        self.assertEqual(done.stdout.decode(), self.shared.url("/object/1?size=1234", "gru") + " 1234",
                         done.stderr)

    def test_an_unknown_client_is_sent_somewhere(self):
        self.assertIn(self.shared.route("203.0.113.7"), POPS)

    def test_what_is_no_address_is_refused(self):
        for bad in ("", "?ip=", "?ip=fra", "?ip=1.2.3", "?ip=1.2.3.4.5", "?ip=1.2.3.256", "?ip=:::",
                    "?ip=1.2.3.4%00", "?other=1.2.3.4"):
            reply = request(self.shared.http, f"/v1/route{bad}")
            self.assertEqual(reply.status, 400, bad)

    def test_no_line_ends_in_location(self):
        reply = self.redirect(client_in("DE"), target="/a%0d%0aSet-Cookie:%20x=1")
        self.assertIn(reply.status, (302, 400))
        self.assertIsNone(reply.get("Set-Cookie"))


class PopsComeAndGo(ClusterTest):
    def test_overrides_come_first(self):
        cluster = self.cluster(pops=list(POPS), overrides=OVERRIDES)
        inside = client_in("DE", 7)
        outside = client_in("DE", 700)
        self.assertEqual(cluster.route(inside), "syd")
        self.assertEqual(cluster.route(outside), "fra")

    def test_routing_follows_a_dead_pop_within_three_seconds_and_its_return(self):
        cluster = self.cluster(pops=list(POPS))
        client = client_in("SG")
        self.assertEqual(cluster.route(client), "sin")
        cluster.edges["sin"].kill()
        wait_until(lambda: cluster.route(client) not in ("sin", None), 3, "clients leave the dead PoP")
        reply = request(cluster.http, "/x", fields={"X-Forwarded-For": client})
        self.assertNotIn(cluster.endpoints["sin"], reply.get("Location"))
        self.assertEqual(cluster.route(client_in("DE")), "fra")  # the others notice nothing
        cluster.edges["sin"].start()
        wait_until(lambda: cluster.route(client) == "sin", 10, "clients come back")

    def test_without_any_pop_the_front_door_says_so(self):
        cluster = self.cluster(pops=["fra"])
        cluster.edges["fra"].kill()
        wait_until(lambda: cluster.route(client_in("DE")) is None, 3, "no route is given")
        self.assertEqual(request(cluster.http, f"/v1/route?ip={client_in('DE')}").status, 503)
        self.assertEqual(request(cluster.http, "/page", fields={"X-Forwarded-For": client_in("DE")})
                         .status, 503)

    def test_a_stopped_edge_finishes_and_leaves_at_once(self):
        cluster = self.cluster(pops=["fra", "sin"])
        self.assertEqual(cluster.edges["fra"].stop(), 0)
        wait_until(lambda: cluster.route(client_in("DE")) == "sin", 3, "clients go elsewhere")


class Policies(ClusterTest):
    """What [distribution.routing] says decides for redirects and for /v1/route alike."""

    def redirected(self, cluster, address):
        """The PoP that the front door sends the address to; None with a 403."""
        reply = request(cluster.http, "/page", fields={"X-Forwarded-For": address})
        if reply.status == 403:
            self.assertIsNone(cluster.route(address))
            return None
        self.assertEqual(reply.status, 302)
        endpoint = reply.get("Location").split("/")[2]
        pop = next(pop for pop, at in cluster.endpoints.items() if at == endpoint)
        self.assertEqual(cluster.route(address), pop)
        return pop

    def test_weights_share_out_the_networks_and_a_pop_that_goes_moves_only_its_own(self):
        cluster = self.cluster(pops=["fra", "sin", "syd"], distribution={"routing": {"policy": "weighted", "target": [
            {"pop": "fra", "weight": 3}, {"pop": "sin", "weight": 1}, {"pop": "syd", "weight": 0}]}})
        networks = [client_in("US", 256 * number) for number in range(200)]
        before = {address: self.redirected(cluster, address) for address in networks}
        share = list(before.values()).count("fra") / len(networks)
        self.assertTrue(0.6 < share < 0.9, share)
        self.assertNotIn("syd", before.values())
        # Everybody of a network goes to the same PoP.
        for address in networks[:20]:
            self.assertEqual(self.redirected(cluster, address.rsplit(".", 1)[0] + ".77"), before[address])
        cluster.edges["fra"].kill()
        wait_until(lambda: cluster.pop_status("fra")["state"] == "down", 5, "fra is down")
        after = {address: self.redirected(cluster, address) for address in networks}
        self.assertEqual(set(after.values()), {"sin"})
        cluster.edges["fra"].start()
        wait_until(lambda: cluster.pop_status("fra")["state"] == "active", 20, "fra is back")
        cluster.edges["sin"].kill()
        wait_until(lambda: cluster.pop_status("sin")["state"] == "down", 5, "sin is down")
        self.assertEqual({self.redirected(cluster, address) for address in networks}, {"fra"})
        cluster.edges["fra"].kill()
        wait_until(lambda: cluster.pop_status("fra")["state"] == "down", 5, "fra is down")
        self.assertEqual({self.redirected(cluster, address) for address in networks[:20]}, {"syd"})

    def test_failover_follows_the_order_and_comes_back(self):
        cluster = self.cluster(pops=["fra", "sin", "syd"],
                               distribution={"routing": {"policy": "failover", "pops": ["syd", "fra"]}})
        client = client_in("DE")
        self.assertEqual(self.redirected(cluster, client), "syd")
        cluster.edges["syd"].kill()
        wait_until(lambda: cluster.route(client) == "fra", 5, "the next of the order takes over")
        self.assertEqual(self.redirected(cluster, client), "fra")
        reason = json.loads(request(cluster.http, f"/v1/route?ip={client}").body)["reason"]
        self.assertEqual(reason, "failover")
        cluster.edges["fra"].kill()
        wait_until(lambda: cluster.route(client) is None, 5, "sin is none of the distribution's PoPs")
        cluster.edges["syd"].start()
        wait_until(lambda: cluster.route(client) == "syd", 20, "the first one is back")

    def test_fences_of_distributions_and_of_pops(self):
        cluster = self.cluster(pops=["fra", "iad", "sin"], pop_settings={"fra": {"deny_countries": ["FR"]}},
                               distribution={"routing": {"deny_countries": ["AU"]}})
        self.assertEqual(self.redirected(cluster, client_in("DE")), "fra")
        self.assertEqual(self.redirected(cluster, client_in("FR")), "iad")
        self.assertIsNone(self.redirected(cluster, client_in("AU")))
        verdicts = {candidate["pop"]: candidate["verdict"] for candidate in json.loads(
            request(cluster.http, f"/v1/route?ip={client_in('FR')}").body)["candidates"]}
        self.assertEqual(verdicts, {"fra": "fenced", "iad": "open", "sin": "open"})
        # Not even when there is no other PoP.
        for pop in ("iad", "sin"):
            cluster.edges[pop].kill()
        wait_until(lambda: cluster.route(client_in("FR")) is None, 5, "nobody may serve France")
        self.assertEqual(self.redirected(cluster, client_in("DE")), "fra")


if __name__ == "__main__":
    unittest.main()
