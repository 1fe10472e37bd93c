"""The DNS front door, asked with dig and with hostile datagrams."""

import os
import pathlib
import random
import socket
import struct
import subprocess
import tempfile
import unittest

from dig import address_of, ask, dig, query, rcode
from harness import BUILD, POPS, Cluster, ClusterTest, client_in, request, wait_until

UNLIMITED = {"rate_limit": 0}
OVERRIDES = """
[[subnet]]
prefix = "10.1.0.0/16"
pop = "syd"
"""


def serving(cluster):
    return ask(cluster.dns_endpoint, query("cdn.example", 6), 0.5) is not None


def start(cluster):
    wait_until(lambda: serving(cluster), 10, "DNS is answered")


class Answers(ClusterTest):
    @classmethod
    def make_cluster(cls):
        return Cluster(pops=list(POPS), overrides=OVERRIDES, dns=UNLIMITED)

    def setUp(self):
        super().setUp()
        start(self.shared)

    def dig(self, *arguments):
        return dig(self.shared.dns_endpoint, *arguments)

    def address(self, pop):
        return self.shared.endpoints[pop].rsplit(":", 1)[0]

    def test_clients_get_the_pops_of_v1_route_in_its_order(self):
        for country in ("DE", "US", "SG", "AU", "BR"):
            client = client_in(country)
            answer = self.dig("a.cdn.example", "A", f"+subnet={client}/32")
            self.assertEqual(answer.status, "NOERROR")
            self.assertIn("aa", answer.flags)
            self.assertEqual(len(answer.data("A")), 2)
            self.assertEqual(answer.data("A")[0], self.address(self.shared.route(client)), country)
            self.assertEqual(answer.ttl("A"), 20)

    def test_the_scope_is_what_the_answer_holds_for(self):
        self.assertEqual(self.dig("a.cdn.example", "+subnet=10.1.2.0/24").scope, 16)
        self.assertEqual(self.dig("a.cdn.example", "+subnet=10.1.2.0/24").data("A")[0],
                         self.address("syd"))
        # The database's network is 91.0.0.0/10.
        self.assertEqual(self.dig("a.cdn.example", f"+subnet={client_in('DE')}/24").scope, 10)
        self.assertEqual(self.dig("text.cdn.example", "TXT", "+subnet=10.1.2.0/24").scope, 0)
        self.assertIsNone(self.dig("a.cdn.example", "+nosubnet").scope)

    def test_what_the_zone_has_and_has_not(self):
        self.assertEqual(self.dig("cdn.example", "NS").data("NS"), ["ns1.cdn.example."])
        self.assertTrue(self.dig("cdn.example", "SOA").data("SOA")[0].startswith(
            "ns1.cdn.example. hostmaster.cdn.example. 1 "))
        self.assertEqual(self.dig("ns1.cdn.example", "A").data("A"), ["192.0.2.53"])
        self.assertEqual(self.dig("text.cdn.example", "TXT").data("TXT"), ['"hello world"'])
        alias = self.dig("www.cdn.example", "A", f"+subnet={client_in('DE')}/24")
        self.assertEqual(alias.data("CNAME"), ["everything.cdn.example."])
        self.assertEqual(alias.data("A")[0], self.address("fra"))
        nodata = self.dig("a.cdn.example", "AAAA")
        self.assertEqual((nodata.status, len(nodata.data("SOA", "AUTHORITY"))), ("NOERROR", 1))
        self.assertEqual(self.dig("elsewhere.example").status, "REFUSED")
        self.assertEqual(self.dig("cdn.example", "ANY").status, "NOERROR")
        self.assertNotIn("SOA", self.dig("a.cdn.example", "ANY").text.split("ANSWER SECTION")[1])

    def test_a_large_answer_goes_over_tcp(self):
        answer = self.dig("big.cdn.example", "TXT")
        self.assertTrue(answer.over_tcp)
        self.assertEqual(len(answer.data("TXT")), 8)
        self.assertIn("tc", self.dig("big.cdn.example", "TXT", "+ignore").flags)

    def test_cookies_are_given_and_known_again(self):
        first = self.dig("a.cdn.example", "+cookie=0011223344556677")
        cookie, verdict = first.cookie
        self.assertEqual((len(cookie), verdict), (48, "good"))
        self.assertEqual(self.dig("a.cdn.example", f"+cookie={cookie}").cookie[0], cookie)
        forged = cookie[:-1] + ("0" if cookie[-1] != "0" else "1")
        self.assertNotEqual(self.dig("a.cdn.example", f"+cookie={forged}").cookie[0], forged)

    def test_two_questions_in_one_write_and_one_in_pieces_are_answered_over_tcp(self):
        framed = struct.pack(">H", len(query("a.cdn.example"))) + query("a.cdn.example")
        with socket.create_connection(address_of(self.shared.dns_endpoint), timeout=5) as sock:
            sock.sendall(framed + framed)
            for octet in framed:
                sock.sendall(bytes([octet]))
            sock.shutdown(socket.SHUT_WR)
            received = b""
            while piece := sock.recv(65536):
                received += piece
        size = struct.unpack(">H", received[:2])[0]
        self.assertEqual(len(received), 3 * (2 + size))

    def test_hostile_datagrams_neither_stop_it_nor_are_amplified(self):
        generator = random.Random(5)
        whole = query("a.cdn.example", options=struct.pack(">2H2H2B", 8, 7, 0, 1, 24, 0) + b"\x0a\1\2")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            sock.connect(address_of(self.shared.dns_endpoint))
            for _ in range(3000):
                message = bytearray(whole)
                for _ in range(generator.randrange(1, 6)):
                    message[generator.randrange(len(message))] = generator.randrange(256)
                sock.send(message[:generator.randrange(len(message) + 1)])
            sock.send(b"x" * 9000)
        self.assertEqual(rcode(ask(self.shared.dns_endpoint, query("a.cdn.example"))), 0)
        broken = query("a.cdn.example") + b"x"
        answer = ask(self.shared.dns_endpoint, broken)
        self.assertEqual(rcode(answer), 1)
        self.assertLessEqual(len(answer), len(broken))
        self.assertIsNone(ask(self.shared.dns_endpoint, query("a.cdn.example", flags=0x8180), 0.2))

    def test_figures_are_in_metrics(self):
        text = request(self.shared.http, "/metrics").body.decode()
        self.assertIn('atoll_dns_queries_total{transport="udp",outcome="records"}', text)
        self.assertIn("atoll_dns_serving 1\n", text)


class Signed(ClusterTest):
    """With delv, which trusts the key that dns-key printed and nothing else."""

    @classmethod
    def make_cluster(cls):
        cls.keys = tempfile.TemporaryDirectory(prefix="atoll-e2e-key-")
        key = f"{cls.keys.name}/zone.key"
        cls.records = cls.dns_key("cdn.example", key).stdout.splitlines()[1::2]
        return Cluster(pops=list(POPS), dns={**UNLIMITED, "key": key})

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.keys.cleanup()

    @staticmethod
    def dns_key(zone, path):
        return subprocess.run([BUILD / "bin" / "atoll-control", "dns-key", "--zone", zone, path],
                              capture_output=True, text=True, timeout=30, check=False)

    def setUp(self):
        super().setUp()
        start(self.shared)

    def delv(self, *question, key=None):
        data = (key or self.records[0]).split(" DNSKEY ")[1].split(None, 3)
        anchor = pathlib.Path(self.keys.name) / "anchor"
        anchor.write_text('trust-anchors { "cdn.example." static-key %s %s %s "%s"; };\n' % (
            *data[:3], data[3].replace(" ", "")))
        host, port = self.shared.dns_endpoint.rsplit(":", 1)
        done = subprocess.run(["delv", f"@{host}", "-p", port, "-a", str(anchor), "+root=cdn.example",
                               *question], capture_output=True, text=True, timeout=30, check=False)
        return done.stdout + done.stderr

    def test_every_kind_of_answer_is_validated(self):
        for question, proof in ((("a.cdn.example", "A"), "fully validated"),
                                (("cdn.example", "SOA"), "fully validated"),
                                (("big.cdn.example", "TXT"), "fully validated"),
                                (("www.cdn.example", "A"), "fully validated"),
                                (("cdn.example", "DNSKEY"), "fully validated"),
                                (("a.cdn.example", "TXT"), "negative response, fully validated"),
                                (("ns1.cdn.example", "AAAA"), "negative response, fully validated")):
            text = self.delv(*question)
            self.assertIn(f"; {proof}", text, question)

    def test_another_key_is_not_believed(self):
        other = self.dns_key("cdn.example", f"{self.keys.name}/other.key").stdout.splitlines()[1]
        text = self.delv("a.cdn.example", "A", key=other)
        self.assertNotIn("fully validated", text)
        self.assertIn("broken trust chain", text)

    def test_the_delegation_is_of_the_key_that_is_served(self):
        served = dig(self.shared.dns_endpoint, "cdn.example", "DNSKEY").data("DNSKEY")[0]
        self.assertEqual(served.replace(" ", ""),
                         self.records[0].split(" DNSKEY ")[1].replace(" ", ""))
        self.assertRegex(self.records[1], r"^cdn\.example\. 3600 IN DS \d+ 13 2 [0-9a-f]{64}$")
        again = self.dns_key("cdn.example", f"{self.keys.name}/zone.key")
        self.assertEqual(again.stdout.splitlines()[1::2], self.records)

    def test_a_key_that_is_open_or_missing_is_refused(self):
        path = f"{self.keys.name}/open.key"
        self.dns_key("cdn.example", path)
        os.chmod(path, 0o644)
        self.assertIn("chmod 600", self.dns_key("cdn.example", path).stderr)
        config = pathlib.Path(self.shared.path("missing.toml"))
        config.write_text(self.shared.control_text().replace("zone.key", "missing.key"))
        done = subprocess.run([BUILD / "bin" / "atoll-control", "--config", config, "--check"],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("missing.key does not exist", done.stderr)


class PopsComeAndGo(ClusterTest):
    def test_answers_follow_a_dead_pop_and_its_return(self):
        cluster = self.cluster(pops=["fra", "sin"], dns=UNLIMITED)
        start(cluster)
        subnet = f"+subnet={client_in('SG')}/24"
        sin, fra = (cluster.endpoints[pop].rsplit(":", 1)[0] for pop in ("sin", "fra"))
        answers = lambda: dig(cluster.dns_endpoint, "a.cdn.example", subnet).data("A")
        self.assertEqual(answers(), [sin, fra])
        cluster.edges["sin"].kill()
        wait_until(lambda: answers() == [fra], 3, "the dead PoP is no longer named")
        cluster.edges["sin"].start()
        wait_until(lambda: answers() == [sin, fra], 10, "it is named again")

    def test_without_any_pop_the_operator_decides(self):
        for fail in ("closed", "open"):
            cluster = self.cluster(pops=["fra"], dns={**UNLIMITED, "fail": fail})
            start(cluster)
            cluster.edges["fra"].kill()
            wait_until(lambda: cluster.route(client_in("DE")) is None, 3, "no route is given")
            status = lambda: dig(cluster.dns_endpoint, "a.cdn.example", "A").status
            if fail == "closed":
                wait_until(lambda: status() == "SERVFAIL", 3, "it fails closed")
            else:
                request(cluster.http, "/metrics")
                self.assertEqual(status(), "NOERROR")

    def test_nothing_is_answered_before_health_is_known(self):
        cluster = self.cluster(pops=["fra"], dns={**UNLIMITED, "settle": "60s"})
        start(cluster)
        cluster.edges["fra"].kill()
        cluster.control.stop()
        cluster.control.start()
        wait_until(cluster.control_up, 10, "the control plane answers")
        self.assertIsNone(ask(cluster.dns_endpoint, query("a.cdn.example"), 0.5))
        cluster.edges["fra"].start()
        wait_until(lambda: serving(cluster), 10, "DNS is answered")
        self.assertEqual(dig(cluster.dns_endpoint, "a.cdn.example").status, "NOERROR")

    def test_the_zone_changes_with_the_configuration(self):
        cluster = self.cluster(pops=["fra"], dns=UNLIMITED)
        start(cluster)
        cluster.write_control(cluster.control_text().replace("hello world", "goodbye"))
        cluster.control.reload()
        wait_until(lambda: dig(cluster.dns_endpoint, "text.cdn.example", "TXT").data("TXT")
                   == ['"goodbye"'], 5, "the record changes")


class Limits(ClusterTest):
    def test_the_same_answer_is_not_sent_for_ever(self):
        cluster = self.cluster(pops=["fra"], dns={"rate_limit": 20})
        start(cluster)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.5)
            sock.connect(address_of(cluster.dns_endpoint))
            for _ in range(400):
                sock.send(query("a.cdn.example"))
            answers = []
            try:
                while True:
                    answers.append(sock.recv(65536))
            except TimeoutError:
                pass
        truncated = [a for a in answers if a[2] & 2]
        self.assertGreater(len(truncated), 50)
        self.assertLess(len(answers) - len(truncated), 200)
        self.assertLess(len(answers), 390)
        # Who is really there comes over TCP, or with a cookie.
        self.assertEqual(dig(cluster.dns_endpoint, "a.cdn.example", "+tcp").status, "NOERROR")
        cookie, _ = dig(cluster.dns_endpoint, "a.cdn.example", "+tcp",
                        "+cookie=0011223344556677").cookie
        for _ in range(30):
            self.assertNotIn("tc", dig(cluster.dns_endpoint, "a.cdn.example", f"+cookie={cookie}",
                                       "+ignore").flags)

    def test_silent_connections_give_way(self):
        cluster = self.cluster(pops=["fra"], dns={**UNLIMITED, "tcp_connections": 3,
                                                  "tcp_idle": "60s"})
        start(cluster)
        silent = [socket.create_connection(address_of(cluster.dns_endpoint), timeout=5)
                  for _ in range(3)]
        self.assertEqual(dig(cluster.dns_endpoint, "a.cdn.example", "+tcp").status, "NOERROR")
        silent[0].settimeout(5)
        self.assertEqual(silent[0].recv(1), b"")  # the one that was silent longest
        for sock in silent:
            sock.close()

    def test_idle_connections_end(self):
        cluster = self.cluster(pops=["fra"], dns={**UNLIMITED, "tcp_idle": "200ms"})
        start(cluster)
        with socket.create_connection(address_of(cluster.dns_endpoint), timeout=5) as sock:
            sock.sendall(b"\0\x20")  # half a query holds nothing open either
            self.assertEqual(sock.recv(1), b"")

    def test_an_address_in_use_is_said_at_the_start(self):
        cluster = self.cluster(pops=["fra"], dns=UNLIMITED)
        start(cluster)
        cluster.control.stop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(address_of(cluster.dns_endpoint))
            cluster.control.start()
            self.assertEqual(cluster.control.process.wait(10), 1)
            self.assertIn("cannot answer DNS on", cluster.control.log())
        cluster.control.start()
        start(cluster)


if __name__ == "__main__":
    unittest.main()
