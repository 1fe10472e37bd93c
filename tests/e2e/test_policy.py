"""Cache policies per behaviour, from control.toml through the real programs (docs/cache-policy.md)."""

import base64
import gzip
import hmac
import itertools
import json
import subprocess
import time
import unittest

from harness import Cluster, ClusterTest, curl, request, wait_until
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
    KEYS = None

    @classmethod
    def make_cluster(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.close)
        return Cluster(sources={"site": {"type": "http", "url": cls.upstream.url}},
                       behaviours=[(path, "site", settings) for path, settings in cls.BEHAVIOURS],
                       distribution=cls.DISTRIBUTION, signing_keys=cls.KEYS)

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


class Headers(PolicyTest):
    BEHAVIOURS = [
        ("/edited/*", {
            "request_headers": {"remove": ["X-Debug"], "set": ["X-From: cdn"]},
            "response_headers": {"remove": ["Server", "X-Powered-By"],
                                 "set": ["Cache-Control: max-age=5", "X-Frame-Options: DENY"]}}),
        ("*", {}),
    ]

    def test_fields_are_edited_in_both_directions(self):
        self.upstream.answers["/edited/a"] = response(200, b"x", [
            ("Cache-Control", "max-age=600"), ("Server", "secret"), ("X-Powered-By", "secret"),
            ("X-Frame-Options", "ALLOW"), ("Surrogate-Key", "secret")])
        for step in ("miss", "hit"):
            with self.subTest(step):
                reply = self.get("/edited/a", fields={"X-Debug": "1", "X-From": "evil"})
                self.assertEqual(reply.hit, step == "hit")
                self.assertEqual(reply.all("Cache-Control"), ["max-age=5"])
                self.assertEqual(reply.all("X-Frame-Options"), ["DENY"])
                self.assertNotIn("secret", str(reply.fields))
        self.assertEqual(self.last("/edited/a").all("X-From"), ["cdn"])
        self.assertIsNone(self.last("/edited/a").get("X-Debug"))

    def test_tags_are_for_purges_and_clients_never_see_them(self):
        self.upstream.answers["/tagged"] = response(200, b"x", [
            ("Cache-Control", "max-age=600"), ("Surrogate-Key", "blue green"), ("Cache-Tag", "red")])
        for tag in ("green", "red"):
            self.get("/tagged")
            reply = self.get("/tagged")
            self.assertHit(reply)
            self.assertIsNone(reply.get("Surrogate-Key"))
            self.assertIsNone(reply.get("Cache-Tag"))
            self.purge({"tag": tag})
            self.assertMiss(self.get("/tagged"))


class ErrorPages(PolicyTest):
    BEHAVIOURS = [("*", {})]
    DISTRIBUTION = {"error_page": [
        {"statuses": [404], "path": "/errors/404.html", "ttl": "10m"},
        {"statuses": [403], "path": "/index.html", "response_status": 200},
        {"statuses": [500, 502, 503, 504], "path": "/errors/sorry.html"}]}

    def setUp(self):
        for page in ("/errors/404.html", "/index.html", "/errors/sorry.html"):
            self.upstream.answers[page] = response(200, page.encode(), CACHED)

    def test_a_page_in_place_of_an_error(self):
        for path, status, want, page in (("/a", 404, 404, "/errors/404.html"),
                                         ("/b", 403, 200, "/index.html"),
                                         ("/c", 503, 503, "/errors/sorry.html")):
            self.upstream.answers[path] = response(status, b"raw")
            for _ in range(2):
                with self.subTest(path):
                    reply = self.get(path)
                    self.assertEqual((reply.status, reply.body), (want, page.encode()))
                    self.assertIn("detail=error-page", reply.cache)
        self.assertEqual(self.upstream.count("/a"), 1)  # remembered
        self.assertEqual(self.upstream.count("/errors/404.html"), 1)

    def test_a_page_although_the_origin_is_silent(self):
        self.upstream.answers["/silent"] = lambda req: None
        reply = self.get("/silent")
        self.assertEqual((reply.status, reply.body), (502, b"/errors/sorry.html"))

    def test_other_methods_get_the_error(self):
        self.upstream.answers["/posted"] = response(404, b"raw")
        self.assertEqual(self.get("/posted", method="POST", body=b"x").body, b"raw")


class Signed(PolicyTest):
    KEYS = {"new": "11" * 32, "old": "22" * 32}
    BEHAVIOURS = [("/paid/*", {"signing_keys": ["new", "old"]}),
                  ("/later/*", {"signing_keys": ["new"]}), ("*", {})]

    def sign(self, target, key="new", expires=None):
        """What docs/cache-policy.md tells owners to do, in the words of another language."""
        message = f"{target}{'&' if '?' in target else '?'}" \
                  f"Expires={expires or int(time.time()) + 600}&Key-Id={key}"
        digest = hmac.new(bytes.fromhex(self.KEYS[key]), message.encode(), "sha256").digest()
        return message + "&Signature=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def test_who_has_a_signed_url_shares_one_object_and_the_origin_sees_no_signature(self):
        self.upstream.answers["/paid/a"] = numbered()
        self.assertEqual(self.get(self.sign("/paid/a?b=1")).body, b"1")
        self.assertEqual(self.last("/paid/a").target, "/paid/a?b=1")
        for key in self.KEYS:
            self.assertHit(self.get(self.sign("/paid/a?b=1", key)))

    def test_others_are_refused_with_a_reason(self):
        good = self.sign("/paid/b")
        for target, reason in (("/paid/b", "missing"), (good + "x", "malformed"),
                               (good.replace("/b?", "/c?"), "wrong"),
                               (self.sign("/paid/b", expires=1), "expired"),
                               (self.sign("/later/b", "old"), "unknown-key"),
                               (good.replace("/paid", "/p%61id").replace("/b", "/c"), "wrong")):
            with self.subTest(reason):
                reply = self.get(target)
                self.assertEqual(reply.status, 403)
                self.assertIn(f"detail=signature-{reason}", reply.cache)
        self.assertEqual(self.get(good, method="POST", body=b"x").status, 404)  # the origin's own
        self.assertEqual(self.upstream.count("/paid/c"), 0)


class Compression(PolicyTest):
    BEHAVIOURS = [("*", {"compression": {"codings": ["br", "zstd", "gzip"]}})]
    PAGE = b"".join(b"<p>paragraph %d</p>\n" % n for n in range(5000))

    @staticmethod
    def decoded(reply):
        return {None: lambda b: b, "gzip": gzip.decompress,
                "zstd": lambda b: subprocess.run(["zstd", "-dc"], input=b, check=True,
                                                 capture_output=True).stdout,
                }[reply.get("Content-Encoding")](reply.body)

    def hit_of(self, target, accepts):
        reply = self.get(target, fields={"Accept-Encoding": accepts})
        return reply if reply.hit else None

    def test_a_page_is_stored_once_for_each_coding(self):
        self.upstream.answers["/page"] = response(200, self.PAGE, [
            *CACHED, ("Content-Type", "text/html"), ("ETag", '"v1"')])
        for accepts, coding in (("gzip", "gzip"), ("zstd, gzip", "zstd"), ("identity", None)):
            for step in ("miss", "hit"):
                with self.subTest(accepts, step=step):
                    if step == "hit":  # the last byte comes before the end of the fetch
                        reply = wait_until(lambda: self.hit_of("/page", accepts), 10, "it is stored")
                    else:
                        reply = self.get("/page", fields={"Accept-Encoding": accepts})
                        self.assertFalse(reply.hit)
                    self.assertEqual(reply.get("Content-Encoding"), coding)
                    self.assertEqual(reply.get("Vary"), "Accept-Encoding")
                    self.assertEqual(reply.get("ETag"), 'W/"v1"' if coding else '"v1"')
                    self.assertEqual(self.decoded(reply), self.PAGE)
        self.assertEqual(self.upstream.count("/page"), 3)

    def test_a_client_that_knows_brotli_reads_it(self):
        self.upstream.answers["/br"] = response(200, self.PAGE, [*CACHED, ("Content-Type", "text/css")])
        for _ in range(2):
            done = curl("--compressed", "-H", "Accept-Encoding: br", self.shared.url("/br"))
            self.assertEqual(done.stdout, self.PAGE, done.stderr)
        reply = self.get("/br", fields={"Accept-Encoding": "br;q=1.0, gzip"})
        self.assertHit(reply)
        self.assertEqual(reply.get("Content-Encoding"), "br")
        self.assertLess(len(reply.body), len(self.PAGE) / 4)

    def test_what_is_compressed_already_is_left_alone(self):
        self.upstream.answers["/image"] = response(200, self.PAGE, [
            *CACHED, ("Content-Type", "image/png")])
        for accepts in ("br", "gzip"):
            reply = self.get("/image", fields={"Accept-Encoding": accepts})
            self.assertEqual((reply.body, reply.get("Content-Encoding")), (self.PAGE, None))
        self.assertEqual(self.upstream.count("/image"), 1)


class Protocol(ClusterTest):
    def test_http_is_sent_to_https_or_refused(self):
        cluster = self.cluster(start=False, certificates=[["www.example.org"]])
        port = int(cluster.tls_endpoints["fra"].rsplit(":", 1)[1])
        cluster.behaviours = [
            ("/secret/*", "site", {"viewer_protocol": "https-only"}),
            ("*", "site", {"viewer_protocol": "redirect-to-https", "https_port": port})]
        cluster.write_control()
        cluster.start()
        reply = cluster.get("/object/1?size=10", host="www.example.org:80")
        location = f"https://www.example.org:{port}/object/1?size=10"
        self.assertEqual((reply.status, reply.get("Location")), (301, location))
        self.assertEqual(cluster.get("/object/1", method="POST", body=b"x").status, 308)
        self.assertEqual(cluster.get("/secret/1").status, 403)
        done = curl("--cacert", cluster.path("www.example.org.pem"), "--connect-to",
                    f"www.example.org:{port}:{cluster.tls_endpoints['fra']}", location)
        self.assertEqual((done.returncode, len(done.stdout)), (0, 10), done.stderr)


if __name__ == "__main__":
    unittest.main()
