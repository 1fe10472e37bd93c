"""The dashboard as atoll-control hands it out, in Chromium, over a running cluster."""

import gzip
import os
import re
import shutil
import subprocess
import unittest

from harness import BUILD, ClusterTest, Cluster, Load, request

WEB = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../control-plane/dashboard/web")
BUNDLE = BUILD / "control-plane/dashboard/bundle"


@unittest.skipUnless(BUNDLE.is_dir(), "built without the dashboard")
class Dashboard(ClusterTest):
    @classmethod
    def make_cluster(cls):
        return Cluster(pops=("fra", "syd"), sources={"made": {"type": "synthetic"}})

    def test_the_page_names_files_that_are_there_and_last(self):
        page = request(self.shared.http, "/")
        self.assertEqual(page.status, 200)
        self.assertEqual(page.get("Cache-Control"), "no-cache")
        self.assertNotIn("unsafe", page.get("Content-Security-Policy"))
        names = re.findall(r'(?:src|href)="(/dashboard/[^"]+)"', page.body.decode())
        self.assertEqual(len(names), 3, names)
        for name in names:
            plain = request(self.shared.http, name)
            zipped = request(self.shared.http, name, fields={"Accept-Encoding": "gzip"})
            self.assertEqual((plain.status, zipped.status), (200, 200), name)
            self.assertIn("immutable", plain.get("Cache-Control"))
            self.assertEqual(zipped.get("Content-Encoding"), "gzip")
            self.assertEqual(gzip.decompress(zipped.body), plain.body)
            again = request(self.shared.http, name, fields={"If-None-Match": plain.get("ETag")})
            self.assertEqual((again.status, again.body), (304, b""))

    @unittest.skipUnless(shutil.which("chromium"), "needs Debian's chromium")
    def test_it_shows_what_the_cluster_does(self):
        targets = [f"/object/{i}?size=2000" for i in range(20)]
        good = lambda _, reply: reply.status == 200  # noqa: E731
        environment = {**os.environ, "ATOLL_URL": f"http://{self.shared.http}"}
        with Load(self.shared.endpoints["fra"], targets, good, threads=2) as load:
            load.wait_more(50)
            done = subprocess.run(["node", "test/run.mjs", "cluster", str(BUNDLE)], cwd=WEB,
                                  env=environment, timeout=600, check=False,
                                  capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(load.failures, [])


if __name__ == "__main__":
    unittest.main()
