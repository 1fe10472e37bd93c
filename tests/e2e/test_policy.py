"""Cache policies per behaviour, from control.toml through the real programs (docs/cache-policy.md)."""

import itertools
import json
import unittest

from harness import Cluster, ClusterTest, request, wait_until
from upstream import Upstream, response

CACHED = [("Cache-Control", "max-age=600")]
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"


def numbered(fields=CACHED, status=200):
    """Answers that can be told apart: each has the number of the request."""
    numbers = itertools.count(1)
    return lambda req: response(status, str(next(numbers)).encode(), fields)


class PolicyTest(ClusterTest):
    """A cluster whose origin is a scripted server; BEHAVIOURS are pattern -> settings."""

    BEHAVIOURS = []
    DISTRIBUTION = None

    @classmethod
    def make_cluster(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.close)
        return Cluster(sources={"site": {"type": "http", "url": cls.upstream.url}},
                       behaviours=[(path, "site", settings) for path, settings in cls.BEHAVIOURS],
                       distribution=cls.DISTRIBUTION)

    def get(self, target, **options):
        return self.shared.get(target, **options)

    def last(self, path):
        """The last request that the origin got for the path."""
        return [r for r in self.upstream.requests if r.target.split("?")[0] == path][-1]

    def purge(self, what):
        reply = request(self.shared.http, "/v1/purge", method="POST", body=json.dumps(what).encode(),
                        fields={"Content-Type": "application/json"})
        number = json.loads(reply.body)["number"]
        wait_until(lambda: json.loads(request(self.shared.http, f"/v1/purges/{number}").body)["done"],
                   10, "the purge arrived")


class Key(PolicyTest):
    BEHAVIOURS = [
        ("/deny/*", {"key": {"query": "deny", "query_names": ["utm_*", "fbclid"]}}),
        ("/none/*", {"key": {"query": "none", "cookies": "none"}}),
        ("/shop/*", {"key": {"query": "all", "cookies": "allow", "cookie_names": ["lang"],
                             "headers": ["X-Tenant"], "device": True}}),
        ("*", {}),
    ]
    DISTRIBUTION = {"hosts": ["*", "www.example.org"], "canonical_host": "www.example.org"}

    def test_unwanted_parameters_are_dropped_and_the_others_sorted(self):
        self.upstream.answers["/deny/a"] = numbered()
        self.assertEqual(self.get("/deny/a?b=2&utm_source=mail&a=1").body, b"1")
        self.assertEqual(self.last("/deny/a").target, "/deny/a?a=1&b=2")
        for same in ("/deny/a?a=1&b=2", "/deny/a?b=2&fbclid=x&a=1", "/deny/a?&a=1&&b=2"):
            with self.subTest(same):
                self.assertHit(self.get(same))
        self.assertEqual(self.get("/deny/a?a=1&b=3").body, b"2")

    def test_without_a_policy_a_query_is_what_its_bytes_are(self):
        self.upstream.answers["/plain"] = numbered()
        self.assertEqual(self.get("/plain?b&a").body, b"1")
        self.assertEqual(self.get("/plain?a&b").body, b"2")
        self.assertEqual(self.last("/plain").target, "/plain?a&b")

    def test_an_input_outside_the_key_cannot_poison_the_cache(self):
        def echo(req):
            return response(200, f"{req.target} {req.get('Cookie')}".encode(), CACHED)
        self.upstream.answers["/none/echo"] = echo
        self.assertEqual(self.get("/none/echo?x=<script>", fields={"Cookie": "admin=1"}).body,
                         b"/none/echo None")
        self.assertHit(self.get("/none/echo"))

    def test_cookies_headers_and_devices_tell_clients_apart(self):
        self.upstream.answers["/shop/a"] = numbered()
        base = {"Cookie": "id=1; lang=de", "X-Tenant": "t", "User-Agent": "curl"}
        self.assertEqual(self.get("/shop/a", fields=base).body, b"1")
        self.assertEqual(self.last("/shop/a").get("Cookie"), "lang=de")
        self.assertHit(self.get("/shop/a", fields={**base, "Cookie": "lang=de; id=2"}))
        self.assertEqual(self.get("/shop/a", fields={**base, "Cookie": "lang=en"}).body, b"2")
        self.assertEqual(self.get("/shop/a", fields={**base, "X-Tenant": "u"}).body, b"3")
        self.assertEqual(self.get("/shop/a", fields={**base, "User-Agent": IPHONE}).body, b"4")
        self.assertEqual(self.last("/shop/a").get("CloudFront-Is-Mobile-Viewer"), "true")
        self.assertHit(self.get("/shop/a", fields=base))

    def test_every_variant_goes_with_one_purge(self):
        self.upstream.answers["/shop/p"] = numbered()
        for tenant in "abc":
            self.get("/shop/p?y&x", fields={"X-Tenant": tenant})
        self.purge({"url": "http://www.example.org/shop/p?y&x"})
        for tenant in "abc":
            self.assertMiss(self.get("/shop/p?x&y", fields={"X-Tenant": tenant}))

    def test_aliases_share_what_is_stored_and_the_origin_sees_one_host(self):
        self.upstream.answers["/alias"] = numbered()
        self.get("/alias", host="other.example.net")
        self.assertHit(self.get("/alias", host="www.example.org"))

    def test_thousands_of_parameters_are_refused(self):
        reply = self.get("/deny/many?" + "a&" * 1001)
        self.assertEqual(reply.status, 400)
        self.assertIn("too-many-parameters", reply.cache)
        self.assertEqual(self.upstream.count("/deny/many"), 0)


class Lifetimes(PolicyTest):
    BEHAVIOURS = [
        ("/status/*", {"default_ttl": "1h", "ttl_by_status": [
            {"statuses": [404, 410], "ttl": "10m"}, {"statuses": [503], "ttl": "5m"}]}),
        ("/bounded/*", {"min_ttl": "2m", "max_ttl": "1h"}),
        ("/deaf/*", {"honour_request_directives": False}),
        ("/read/*", {"allowed_methods": ["GET", "HEAD"]}),
        ("*", {}),
    ]

    def ttl(self, reply):
        return int([p for p in reply.cache.split("; ") if p.startswith("ttl=")][0][4:])

    def test_answers_that_do_not_say_live_as_long_as_their_status_has_it(self):
        for status, ttl in ((404, 600), (410, 600), (503, 300), (200, 3600)):
            with self.subTest(status):
                path = f"/status/{status}"
                self.upstream.answers[path] = numbered([], status)
                self.assertEqual(self.get(path).status, status)
                reply = self.get(path)
                self.assertHit(reply)
                self.assertEqual(reply.status, status)
                self.assertAlmostEqual(self.ttl(reply), ttl, delta=30)
        self.upstream.answers["/status/403"] = numbered([], 403)
        self.get("/status/403")
        self.assertMiss(self.get("/status/403"))

    def test_lifetimes_are_bounded(self):
        for said, ttl in (("max-age=1", 120), ("max-age=86400", 3600), ("max-age=600", 600)):
            with self.subTest(said):
                path = f"/bounded/{ttl}"
                self.upstream.answers[path] = numbered([("Cache-Control", said)])
                self.get(path)
                self.assertAlmostEqual(self.ttl(self.get(path)), ttl, delta=30)

    def test_what_clients_ask_of_the_cache_may_be_ignored(self):
        for path, ignored in (("/deaf/a", True), ("/heard", False)):
            with self.subTest(path):
                self.upstream.answers[path] = numbered()
                self.get(path)
                reply = self.get(path, fields={"Cache-Control": "no-cache"})
                self.assertEqual(reply.hit, ignored)

    def test_other_methods_are_refused_by_name(self):
        reply = self.get("/read/a", method="DELETE")
        self.assertEqual(reply.status, 405)
        self.assertEqual(reply.get("Allow"), "GET, HEAD")
        self.assertEqual(self.upstream.count("/read/a"), 0)


if __name__ == "__main__":
    unittest.main()
