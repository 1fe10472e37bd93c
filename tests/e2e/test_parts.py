"""Ranges of large files that nobody has asked for in whole: what is fetched, and whether every byte is right."""

import concurrent.futures
import http.client
import random
import re
import threading
import unittest

from harness import Cluster, ClusterTest, wait_until
from upstream import Upstream, response

BLOCK = 1 << 20
SIZE = 5 * BLOCK + 12_345


class File:
    """A resource with ranges and conditions; change() makes another one of it."""

    def __init__(self, size=SIZE):
        self.lock = threading.Lock()
        self.versions = {}  # by tag
        self.asked = []     # values of Range
        self.size = size
        self.change()

    def change(self):
        with self.lock:
            number = len(self.versions)
            self.tag = f'"v{number}"'
            # Of the same size, so that nothing but the tag tells them apart.
            self.versions[self.tag] = random.Random(number).randbytes(self.size)

    def __call__(self, req):
        with self.lock:
            tag, body = self.tag, self.versions[self.tag]
            self.asked.append(req.get("Range"))
        fields = [("Cache-Control", "max-age=600"), ("ETag", tag)]
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", req.get("Range") or "")
        if not found or req.get("If-Range") not in (None, tag):
            return response(200, body, fields)
        first, last = found.groups()
        start = int(first) if first else max(0, len(body) - int(last))
        end = min(int(last) if first and last else len(body) - 1, len(body) - 1)
        if start >= len(body):
            return response(416, b"", [("Content-Range", f"bytes */{len(body)}")])
        return response(206, body[start:end + 1],
                        fields + [("Content-Range", f"bytes {start}-{end}/{len(body)}")])


class Parts(ClusterTest):
    @classmethod
    def make_cluster(cls):
        cls.upstream = Upstream()
        cls.addClassCleanup(cls.upstream.close)
        return Cluster(sources={"site": {"type": "http", "url": cls.upstream.url}}, edge={"workers": 2})

    def range(self, target, asked, **options):
        return self.shared.get(target, fields={"Range": f"bytes={asked}"}, **options)

    def test_a_range_costs_its_blocks_once(self):
        file = self.upstream.answers["/once"] = File()
        body = file.versions[file.tag]
        first, last = 2 * BLOCK + 5, 3 * BLOCK + 5
        def checked():
            reply = self.range("/once", f"{first}-{last}")
            self.assertEqual((reply.status, reply.body), (206, body[first:last + 1]))
            self.assertEqual(reply.get("Content-Range"), f"bytes {first}-{last}/{SIZE}")
            return reply

        self.assertIn("fwd=miss", checked().cache)
        # The rest of the last block is still on its way when the client has what it wanted.
        wait_until(lambda: checked().hit, 10, "the blocks are stored")
        self.assertEqual(file.asked, [f"bytes={2 * BLOCK}-{3 * BLOCK - 1}",
                                      f"bytes={3 * BLOCK}-{4 * BLOCK - 1}"])
        whole = self.shared.get("/once")
        self.assertEqual((whole.status, whole.body), (200, body))
        self.assertIn("fwd=partial", whole.cache)
        wait_until(lambda: self.shared.get("/once").hit, 10, "the whole is stored")
        # Every block once, whoever wanted it.
        starts = sorted(int(value.split("=")[1].split("-")[0]) for value in file.asked)
        self.assertEqual(starts, [n * BLOCK for n in range(6)])

    def test_random_ranges_of_a_file_that_changes(self):
        file = self.upstream.answers["/changing"] = File()
        chance = random.Random(5)
        asked = []
        for _ in range(120):
            first = chance.randrange(SIZE)
            last = min(SIZE - 1, first + chance.choice([0, 100, 70_000, 3 * BLOCK]))
            asked.append((first, last))
        complete = cut = 0
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for start in range(0, len(asked), 20):
                replies = [pool.submit(self.fetch, first, last) for first, last in asked[start:start + 20]]
                file.change()
                for (first, last), reply in zip(asked[start:start + 20], replies):
                    got = reply.result(60)
                    if got is None:
                        cut += 1
                        continue
                    complete += 1
                    body = file.versions[got.get("ETag")]
                    self.assertEqual(got.status, 206)
                    self.assertEqual(got.get("Content-Range"), f"bytes {first}-{last}/{SIZE}")
                    self.assertTrue(got.body == body[first:last + 1], (first, last, got.get("ETag")))
        self.assertGreater(complete, 5 * cut)

    def fetch(self, first, last):
        """None: the answer was cut off."""
        try:
            return self.range("/changing", f"{first}-{last}", timeout=60)
        except (OSError, http.client.HTTPException):
            return None


if __name__ == "__main__":
    unittest.main()
