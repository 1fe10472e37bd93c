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


if __name__ == "__main__":
    unittest.main()
