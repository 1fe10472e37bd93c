"""A page of a real site loads fully in Chromium through a PoP, the second time from the cache."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

from harness import Cluster, ClusterTest, free_port, wait_until

BOOK = pathlib.Path("/usr/share/doc/debian-handbook/html/en-US")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--no-proxy-server"]

# Everything the page wanted and whether it came. A picture that did not load has no natural size; a
# style sheet that did not load has no rules.
COLLECT = """
return {
  title: document.title,
  text: document.body.innerText.length,
  state: document.readyState,
  images: [...document.images].map(i => ({url: i.src, good: i.complete && i.naturalWidth > 0})),
  styles: [...document.querySelectorAll('link[rel=stylesheet]')].map(
      l => ({url: l.href, good: l.sheet !== null})),
  resources: performance.getEntriesByType('resource').map(
      r => ({url: r.name, status: r.responseStatus, bytes: r.decodedBodySize})),
  status: performance.getEntriesByType('navigation')[0].responseStatus,
};
"""


class Browser:
    """Chromium under chromedriver (the WebDriver protocol, JSON over HTTP), with a fresh profile."""

    def __init__(self, log):
        port = free_port("127.0.0.1")
        self.base = f"http://127.0.0.1:{port}"
        self.profile = tempfile.mkdtemp(prefix="atoll-e2e-chromium-")
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=log,
                                       stderr=subprocess.STDOUT)
        try:
            wait_until(self.ready, 20, "chromedriver answers")
            options = {"binary": shutil.which("chromium"),
                       "args": FLAGS + [f"--user-data-dir={self.profile}"]}
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": options}}})
        except BaseException:
            self.end_driver()
            raise
        self.session = f"/session/{answer['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        question = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"},
                                          method=method)
        try:
            with self.opener.open(question, timeout=90) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:2000]}") from None

    def ready(self):
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def load(self, url):
        """Navigates and waits for the load event; what the page says about itself."""
        self.call("POST", self.session + "/url", {"url": url})
        return self.call("POST", self.session + "/execute/sync", {"script": COLLECT, "args": []})

    def close(self):
        with contextlib.suppress(AssertionError, OSError):
            self.call("DELETE", self.session)
        self.end_driver()

    def end_driver(self):
        self.driver.terminate()
        self.driver.wait(20)
        shutil.rmtree(self.profile, ignore_errors=True)


@unittest.skipUnless(shutil.which("chromium") and shutil.which("chromedriver"),
                     "needs Debian's chromium and chromium-driver")
@unittest.skipUnless(BOOK.is_dir(), "needs Debian's debian-handbook")
class Pages(ClusterTest):
    @classmethod
    def make_cluster(cls):
        return Cluster(sources={"site": {
            "type": "directory", "root": str(BOOK.parent), "cache_control": "public, max-age=600"}})

    def browser(self):
        log = open(self.shared.path("chromedriver.log"), "ab")
        self.addCleanup(log.close)
        browser = Browser(log)
        self.addCleanup(browser.close)
        return browser

    @staticmethod
    def wanted(page):
        """What the page asked for; the browser asks for /favicon.ico on its own."""
        return [r for r in page["resources"] if not r["url"].endswith("/favicon.ico")]

    def assertLoaded(self, page, base):
        self.assertEqual((page["state"], page["status"]), ("complete", 200))
        self.assertGreater(page["text"], 500)
        for kind in ("images", "styles"):
            for item in page[kind]:
                self.assertTrue(item["good"], f"{item['url']} did not load")
        self.assertTrue(page["styles"], "the page has a style sheet")
        self.assertTrue(page["images"], "the page has pictures")
        for resource in self.wanted(page):
            self.assertTrue(resource["url"].startswith(base), resource)
            self.assertEqual(resource["status"], 200, resource)

    def test_a_page_loads_fully_and_the_second_time_from_the_cache(self):
        target = self.shared.url("/en-US/sect.apt-frontends.html")  # has screen shots
        first = self.browser().load(target)
        self.assertLoaded(first, self.shared.url("/"))
        # A browser with an empty profile asks for everything again; the PoP has all of it.
        second = self.browser().load(target)
        self.assertLoaded(second, self.shared.url("/"))
        urls = [r["url"] for r in self.wanted(second)]
        self.assertEqual({r["url"] for r in self.wanted(first)}, set(urls))
        self.assertGreater(len(urls), 10)
        for url in [target, *urls]:
            path = urllib.parse.urlsplit(url).path
            self.assertHit(self.shared.get(path))

    def test_the_pop_answers_a_second_load_without_the_origin(self):
        target = self.shared.url("/en-US/index.html")
        self.assertLoaded(self.browser().load(target), self.shared.url("/"))
        self.shared.origin.kill()
        try:
            self.assertLoaded(self.browser().load(target), self.shared.url("/"))
        finally:
            self.shared.origin.start()


if __name__ == "__main__":
    unittest.main()
