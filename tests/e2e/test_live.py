"""What the control plane tells about now and the past: the event stream and the series."""

import http.client
import json
import time
import unittest

from harness import ClusterTest, Load, curl, request, wait_until


class Stream:
    """GET /v1/live, event by event."""

    def __init__(self, endpoint):
        self.connection = http.client.HTTPConnection(endpoint, timeout=10)
        self.connection.request("GET", "/v1/live")
        self.response = self.connection.getresponse()

    def next(self):
        """(name, data) of the next event; None when the stream ended."""
        name = None
        while line := self.response.readline():
            line = line.decode().rstrip("\n")
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line:
                return name, data
        return None

    def sample_with(self, condition, seconds=15):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            name, data = self.next()
            if name == "sample" and condition(data):
                return data
        raise AssertionError(f"no such sample within {seconds} s")

    def close(self):
        self.connection.close()


class Live(ClusterTest):
    def test_a_listener_sees_load_hits_and_a_pop_that_dies(self):
        cluster = self.cluster(pops=["fra", "syd"])
        stream = Stream(cluster.http)
        self.assertEqual(stream.response.status, 200)
        self.assertEqual(stream.response.headers["Content-Type"], "text/event-stream")
        name, layout = stream.next()
        self.assertEqual(name, "layout")
        self.assertEqual([pop["id"] for pop in layout["pops"]], ["fra", "syd"])
        with Load(cluster.endpoints["fra"], [f"/object/{i}?size=2000" for i in range(20)],
                  lambda _, reply: reply.status == 200):
            sample = stream.sample_with(lambda s: (s["pops"][0]["hits"] or 0) > 50
                                        and s["pops"][0]["cache_objects"] >= 20)
        self.assertGreater(sample["total"]["hits"], 50)
        self.assertEqual(sample["pops"][0]["state"], "active")
        self.assertGreater(sample["pops"][0]["hit_p50_us"], 0)
        self.assertEqual(sample["pops"][1]["requests"], 0)
        before = sample["time_ms"]
        _, after = stream.next()
        self.assertEqual(after["time_ms"] - before, 1000)
        cluster.edges["syd"].kill()
        stream.sample_with(lambda s: s["pops"][1]["state"] == "down")
        stream.close()

    def test_every_request_is_in_the_series_once(self):
        cluster = self.cluster()

        def counted():
            answer = json.loads(request(cluster.http, "/v1/series?window=5m&pop=fra").body)
            return sum(value or 0 for value in answer["columns"]["requests"])

        # Counting begins with the first report that is heard.
        wait_until(lambda: any(v is not None for v in json.loads(request(
            cluster.http, "/v1/series?window=5m").body)["columns"]["requests"]), 10, "a first second")
        for i in range(200):
            self.assertEqual(cluster.get(f"/object/{i % 10}?size=100").status, 200)
        wait_until(lambda: round(counted()) == 200, 10, "200 requests in the series")
        answer = json.loads(request(cluster.http, "/v1/series?window=5m&pop=fra").body)
        self.assertEqual(sum(count for _, count in answer["ttfb_hit"]), 190)
        self.assertEqual(sum(count for _, count in answer["ttfb_miss"]), 10)
        self.assertEqual(answer["step_ms"], 1000)

    def test_open_streams_do_not_hold_up_the_end(self):
        cluster = self.cluster()
        streams = [Stream(cluster.http) for _ in range(20)]
        for stream in streams:
            self.assertEqual(stream.next()[0], "layout")
        began = time.monotonic()
        self.assertEqual(cluster.control.stop(), 0)
        # The grace for exchanges in progress is five seconds; none is needed.
        self.assertLess(time.monotonic() - began, 4)
        for stream in streams:
            while stream.next():
                pass
            stream.close()

    def test_listeners_that_come_and_go_leave_nothing(self):
        cluster = self.cluster()
        for _ in range(300):
            stream = Stream(cluster.http)
            stream.close()
        self.assertEqual(curl("-f", "-o", "/dev/null", "-X", "HEAD", "-I",
                              f"http://{cluster.http}/v1/live").returncode, 0)
        # There is room for 256 at a time: the ones that left do not count.
        stream = Stream(cluster.http)
        self.assertEqual(stream.next()[0], "layout")
        stream.close()


if __name__ == "__main__":
    unittest.main()
