"""Content of a directory through a PoP: first from the origin, then from the cache, byte for byte."""

import email.utils
import hashlib
import os
import pathlib
import random
import tempfile
import unittest

from harness import ClusterTest, curl, raw, request, wait_until


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Delivery(ClusterTest):
    @classmethod
    def make_cluster(cls):
        from harness import Cluster
        cls.outside = tempfile.TemporaryDirectory(prefix="atoll-e2e-outside-")
        cls.addClassCleanup(cls.outside.cleanup)
        cls.root = tempfile.TemporaryDirectory(prefix="atoll-e2e-root-")
        cls.addClassCleanup(cls.root.cleanup)
        cls.files = cls.write_files(pathlib.Path(cls.root.name))
        return Cluster(sources={
            "site": {"type": "directory", "root": cls.root.name,
                     "cache_control": "public, max-age=600"},
            "brief": {"type": "directory", "root": cls.root.name, "cache_control": "max-age=1"},
        }, behaviours=[("/brief/*", "brief", {}), ("*", "site", {})])

    @classmethod
    def write_files(cls, root):
        random.seed(7)
        secret = pathlib.Path(cls.outside.name) / "secret.txt"
        secret.write_text("never to be served\n")
        files = {
            "index.html": b"<!doctype html><title>front</title>",
            "page.html": b"<p>page</p>" * 50,
            "style.css": b"p { color: teal }\n",
            "picture.png": random.randbytes(5000),
            "odd name+x.txt": b"a name with a blank",
            "empty.txt": b"",
            "large.bin": random.randbytes(3_000_001),
            "medium.bin": random.randbytes(100_000),
            "sub/index.html": b"<p>below</p>",
            "brief/changing.txt": b"first edition\n",
        }
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        os.symlink(secret, root / "link.txt")
        os.symlink(cls.outside.name, root / "linked")
        return files

    def get(self, target, **options):
        return self.shared.get(target, **options)

    def test_a_miss_then_a_hit_with_the_bytes_of_the_file(self):
        for name in ("page.html", "picture.png", "large.bin", "medium.bin", "empty.txt"):
            with self.subTest(name):
                first, second = self.get(f"/{name}?once"), self.get(f"/{name}?once")
                for reply in (first, second):
                    self.assertEqual(reply.status, 200)
                    self.assertEqual(sha256(reply.body), sha256(self.files[name]))
                    self.assertEqual(reply.get("Content-Length"), str(len(self.files[name])))
                self.assertMiss(first)
                self.assertHit(second)
                self.assertTrue(first.cache.startswith("atoll-fra"), first.cache)
                self.assertTrue(second.cache.startswith("atoll-fra"), second.cache)

    def test_the_same_through_curl(self):
        url = self.shared.url("/medium.bin?curl")
        for expected in ("fwd=", "hit"):
            done = curl("-f", "-D", "-", "-o", os.devnull, "-w", "%{size_download}", url)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(expected, done.stdout.decode())
            self.assertTrue(done.stdout.endswith(b"100000"))
        done = curl("-f", url)
        self.assertEqual(sha256(done.stdout), sha256(self.files["medium.bin"]))

    def test_fields_of_a_miss_and_a_hit(self):
        miss, hit = self.get("/page.html?fields"), self.get("/page.html?fields")
        for reply in (miss, hit):
            self.assertTrue(reply.get("Content-Type").startswith("text/html"))
            self.assertIsNotNone(email.utils.parsedate(reply.get("Date")))
            self.assertIsNotNone(email.utils.parsedate(reply.get("Last-Modified")))
            self.assertRegex(reply.get("ETag"), r'^(W/)?"[^"]*"$')
            self.assertIn("1.1 atoll-fra", reply.get("Via"))
            self.assertEqual(len(reply.all("Content-Length")), 1)
            self.assertEqual(len(reply.all("Date")), 1)
            self.assertIsNone(reply.get("Transfer-Encoding"))
        # RFC 9111 section 5.1: a response from a cache has Age; one just made has none, or 0.
        self.assertRegex(hit.get("Age"), r"^\d+$")
        self.assertEqual(miss.get("Age", "0"), "0")
        for same in ("ETag", "Last-Modified", "Content-Type", "Date"):
            self.assertEqual(miss.get(same), hit.get(same))

    def test_content_types(self):
        for name, kind in (("style.css", "text/css"), ("picture.png", "image/png"),
                           ("page.html", "text/html"), ("odd%20name+x.txt", "text/plain")):
            self.assertTrue(self.get(f"/{name}").get("Content-Type").startswith(kind), name)

    def test_an_index_stands_for_its_directory(self):
        self.assertEqual(self.get("/").body, self.files["index.html"])
        self.assertEqual(self.get("/sub/").body, self.files["sub/index.html"])
        without = self.get("/sub")
        self.assertIn(without.status, (301, 302, 307, 308))
        self.assertTrue(without.get("Location").endswith("/sub/"))

    def test_percent_encoded_names(self):
        self.assertEqual(self.get("/odd%20name%2Bx.txt").body, self.files["odd name+x.txt"])
        self.assertEqual(self.get("/%70age.html").body, self.files["page.html"])

    def test_head_has_the_fields_of_get_and_no_body(self):
        for target in ("/page.html?head", "/large.bin?head"):
            for state in ("before", "after"):
                with self.subTest(target, state=state):
                    head = self.get(target, method="HEAD")
                    self.assertEqual((head.status, head.body), (200, b""))
                    name = target[1:].split("?")[0]
                    self.assertEqual(head.get("Content-Length"), str(len(self.files[name])))
                    self.get(target)
            self.assertHit(self.get(target, method="HEAD"))

    def test_a_missing_file_is_404(self):
        self.assertEqual(self.get("/nowhere.html").status, 404)

    def test_no_path_leads_out_of_the_root(self):
        for target in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../../secret.txt",
                       "/%2e%2e%2fsecret.txt", "/....//secret.txt", "//etc/passwd", "/etc/passwd",
                       "/..%5csecret.txt", "/page.html%00.txt", "/link.txt", "/linked/secret.txt",
                       "/%c0%ae%c0%ae/secret.txt", f"/{self.outside.name}/secret.txt"):
            with self.subTest(target):
                answer, _ = raw(self.shared.endpoints["fra"],
                                f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                self.assertRegex(answer, rb"^HTTP/1.1 4\d\d ")
                self.assertNotIn(b"never to be served", answer)
                self.assertNotIn(b"root:", answer)

    def test_conditional_requests(self):
        reply = self.get("/page.html?conditional")
        tag, date = reply.get("ETag"), reply.get("Last-Modified")
        before = "Thu, 01 Jan 1998 00:00:00 GMT"
        for fields, status in (
                ({"If-None-Match": tag}, 304), ({"If-None-Match": "W/" + tag.removeprefix("W/")}, 304),
                ({"If-None-Match": '"other", ' + tag}, 304), ({"If-None-Match": "*"}, 304),
                ({"If-None-Match": '"other"'}, 200), ({"If-Modified-Since": date}, 304),
                ({"If-Modified-Since": before}, 200), ({"If-Modified-Since": "yesterday"}, 200),
                # RFC 9110 section 13.2.2: If-None-Match decides alone.
                ({"If-None-Match": '"other"', "If-Modified-Since": date}, 200),
                # RFC 9110 section 13.1.1: a cache may ignore those that are for the origin server.
                ({"If-Match": tag}, 200), ({"If-Unmodified-Since": date}, 200)):
            with self.subTest(fields):
                answer = self.get("/page.html?conditional", fields=fields)
                self.assertEqual(answer.status, status)
                if status == 304:
                    self.assertEqual(answer.body, b"")
                    self.assertEqual(answer.get("ETag"), tag)
                    self.assertHit(answer)

    def test_ranges(self):
        data = self.files["medium.bin"]
        size = len(data)
        self.get("/medium.bin?range")
        for state in ("stored", "fresh"):
            target = "/medium.bin?range" if state == "stored" else "/medium.bin?range-first"
            for asked, first, last in (("0-0", 0, 0), ("0-499", 0, 499), ("500-", 500, size - 1),
                                       ("-500", size - 500, size - 1), (f"99999-{size + 5}", 99999, size - 1),
                                       (f"-{size * 2}", 0, size - 1), ("70000-80000", 70000, 80000)):
                with self.subTest(asked, state=state):
                    reply = self.get(target, fields={"Range": f"bytes={asked}"})
                    self.assertEqual(reply.status, 206)
                    self.assertEqual(reply.get("Content-Range"), f"bytes {first}-{last}/{size}")
                    self.assertEqual(reply.body, data[first:last + 1])
                    self.assertEqual(reply.get("Content-Length"), str(last - first + 1))
        self.assertHit(self.get("/medium.bin?range", fields={"Range": "bytes=5-9"}))

    def test_ranges_that_cannot_be_met_or_understood(self):
        size = len(self.files["medium.bin"])
        self.get("/medium.bin?bad-range")
        for asked in (f"bytes={size}-", "bytes=200000-300000", "bytes=-0"):
            reply = self.get("/medium.bin?bad-range", fields={"Range": asked})
            self.assertEqual(reply.status, 416, asked)
            self.assertEqual(reply.get("Content-Range"), f"bytes */{size}")
        # RFC 9110 section 14.2: a range that is malformed or of an unknown unit is ignored.
        for asked in ("bytes=9-5", "bytes=a-b", "lines=1-2", "bytes", "bytes="):
            reply = self.get("/medium.bin?bad-range", fields={"Range": asked})
            self.assertEqual((reply.status, len(reply.body)), (200, size), asked)

    def test_if_range(self):
        tag = self.get("/medium.bin?if-range").get("ETag")
        for condition, status in ((tag, 206), ('"other"', 200), (f"W/{tag}", 200)):
            reply = self.get("/medium.bin?if-range",
                             fields={"Range": "bytes=0-9", "If-Range": condition})
            self.assertEqual(reply.status, status, condition)

    def test_a_stale_file_is_revalidated_and_a_changed_one_replaced(self):
        path = pathlib.Path(self.root.name) / "brief/changing.txt"
        first = self.get("/brief/changing.txt")
        self.assertEqual(first.body, b"first edition\n")
        again = wait_until(
            lambda: (lambda r: r if "fwd=stale" in r.cache else None)(self.get("/brief/changing.txt")),
            10, "the stored response becomes stale")
        self.assertIn("fwd-status=304", again.cache)
        self.assertEqual((again.status, again.body), (200, b"first edition\n"))
        path.write_bytes(b"second edition, longer\n")
        wait_until(lambda: self.get("/brief/changing.txt").body == b"second edition, longer\n", 10,
                   "the new edition is served")

    def test_request_directives(self):
        # RFC 9111 section 5.2.1.
        target = "/page.html?directives"
        self.assertEqual(self.get(target, fields={"Cache-Control": "only-if-cached"}).status, 504)
        self.get(target)
        self.assertHit(self.get(target, fields={"Cache-Control": "only-if-cached"}))
        self.assertMiss(self.get(target, fields={"Cache-Control": "no-cache"}))
        self.assertMiss(self.get(target, fields={"Pragma": "no-cache"}))
        unstored = "/page.html?unstored"
        self.get(unstored, fields={"Cache-Control": "no-store"})
        self.assertMiss(self.get(unstored))

    def test_keep_alive_and_pipelining_answer_in_order(self):
        names = ["page.html", "style.css", "nowhere", "medium.bin", "picture.png"]
        lines = [f"GET /{n} HTTP/1.1\r\nHost: a\r\n{'Connection: close' + chr(13) + chr(10) if n == names[-1] else ''}\r\n"
                 for n in names]
        answer, closed = raw(self.shared.endpoints["fra"], "".join(lines).encode())
        self.assertTrue(closed)
        self.assertEqual(answer.count(b"HTTP/1.1 200 "), 4)
        places = [answer.find(self.files[n]) for n in names if n in self.files]
        self.assertNotIn(-1, places)
        self.assertEqual(places, sorted(places))

    def test_http_1_0(self):
        answer, closed = raw(self.shared.endpoints["fra"], b"GET /page.html HTTP/1.0\r\nHost: a\r\n\r\n")
        self.assertTrue(closed)
        head, body = answer.split(b"\r\n\r\n", 1)
        self.assertEqual(body, self.files["page.html"])
        self.assertNotIn(b"chunked", head.lower())

    def test_methods_that_a_directory_has_not(self):
        for method in ("POST", "PUT", "DELETE"):
            reply = self.get("/page.html", method=method, body=b"x")
            self.assertEqual(reply.status, 405, method)
            self.assertIn("GET", reply.get("Allow"))

    def test_host_decides_nothing_else(self):
        self.assertEqual(request(self.shared.endpoints["fra"], "/page.html", host="any.example").status,
                         200)

    def test_admin_interface(self):
        reply = request(self.shared.admins["fra"], "/metrics")
        self.assertEqual(reply.status, 200)
        self.assertIn(b"# TYPE atoll_", reply.body)
        import json
        self.assertIsInstance(json.loads(request(self.shared.admins["fra"], "/statusz").body), dict)
        self.assertEqual(self.get("/healthz").status, 404)  # not on the public side


if __name__ == "__main__":
    unittest.main()
