"""Mutual TLS between real programs: who joins, who is refused, renewals while requests run."""

import itertools
import pathlib
import re
import socket
import ssl
import subprocess

import harness
from harness import wait_until

numbers = itertools.count()


def certificate_of(directory):
    return pathlib.Path(directory, "trust", "node.pem").read_text()


def end_of(pem):
    """When the first certificate in a file ends, as openssl writes it."""
    done = subprocess.run(["openssl", "x509", "-noout", "-enddate"], input=pem.encode(),
                          capture_output=True, timeout=30, check=True)
    return done.stdout.decode().strip()


def miss(cluster, pop=None):
    """The status of a request for what nobody has asked for yet."""
    return cluster.get(f"/miss/{next(numbers)}?size=10", pop=pop).status


class Together(harness.ClusterTest):
    @classmethod
    def make_cluster(cls):
        return harness.Cluster(pops=("fra", "iad"), nodes=("fra.1",), shields={"iad": "fra"},
                               trust={})

    def test_misses_pass_through_siblings_shields_and_the_origin(self):
        for pop in self.shared.names:
            for number in range(20):
                reply = self.shared.get(f"/{pop}/{number}?size=2000", pop=pop)
                self.assertEqual(reply.status, 200, repr(reply))
                self.assertEqual(len(reply.body), 2000)
        large = self.shared.get("/large?size=3000000", pop="iad")
        self.assertEqual(len(large.body), 3000000)

    def test_no_port_answers_in_plain_text_or_without_a_certificate(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        for endpoint in (self.shared.origin_endpoint, self.shared.peers["fra"]):
            host, port = endpoint.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=10) as plain:
                plain.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
                try:  # at most an alert: a frame of HTTP/2 begins with its length
                    self.assertNotIn(b"\0\0", plain.recv(100))
                except ConnectionResetError:
                    pass
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with context.wrap_socket(socket.create_connection((host, int(port)), timeout=10)) as tls:
                    self.assertEqual(tls.version(), "TLSv1.3")
                    tls.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                    if tls.recv(100) == b"":
                        raise ConnectionError("closed")

    def test_secrets_are_for_their_owner_only(self):
        secrets = [pathlib.Path(self.shared.path("control-state/authority/root.pem")),
                   *pathlib.Path(self.shared.directory).rglob("node.pem")]
        self.assertGreater(len(secrets), 4)
        for file in secrets:
            self.assertEqual(file.stat().st_mode & 0o777, 0o600, file)


class Strangers(harness.ClusterTest):
    def test_a_token_is_good_once_and_for_one(self):
        cluster = self.cluster(trust={})
        home = pathlib.Path(cluster.path("edge-fra-state/trust"))
        cluster.edges["fra"].stop()
        used = cluster.path("pop-fra-node-0.token")
        for file in home.iterdir():
            file.unlink()
        edge = cluster.program("atoll-edge", "edge-fra")  # the same configuration: the token is old
        self.assertEqual(edge.start().process.wait(30), 1)
        edge.stop()
        self.assertIn("the join token was used already", edge.log())
        self.assertIn("atoll://pop/fra/node/0 gets no certificate: the join token was used already",
                      cluster.control.log())
        # Of another kind, and expired.
        for who, why in ((("--kind", "origin", "--name", "site"), "made for another node or kind"),
                         (("--pop", "fra", "--life", "1ms"), "the join token has expired")):
            pathlib.Path(used).write_text(pathlib.Path(cluster.join_token(*who)).read_text())
            edge = cluster.program("atoll-edge", "edge-fra")
            self.assertEqual(edge.start().process.wait(30), 1)
            edge.stop()
            self.assertIn(why, edge.log())
        # A new one does.
        pathlib.Path(used).write_text(pathlib.Path(cluster.join_token("--pop", "fra")).read_text())
        cluster.edges["fra"] = cluster.program("atoll-edge", "edge-fra").start()
        wait_until(lambda: cluster.edge_up("fra"), harness.READY, "the edge serves again")
        self.assertEqual(cluster.get("/a?size=10").status, 200)

    def test_somebody_of_another_authority_is_refused(self):
        cluster, other = self.cluster(trust={}), self.cluster(trust={})
        # The edge of the other CDN, sent here by its configuration.
        other.edges["fra"].stop()
        path = pathlib.Path(other.path("edge-fra.toml"))
        path.write_text(path.read_text().replace(other.fleet, cluster.fleet))
        other.edges["fra"] = other.program("atoll-edge", "edge-fra").start()
        wait_until(lambda: "cannot join the control plane" in other.edges["fra"].log(),
                   harness.READY, "the edge is refused")
        self.assertEqual(cluster.control.log().count("fleet: fra/0 joined"), 1)

    def test_an_expired_certificate_needs_a_new_token(self):
        cluster = self.cluster(trust={"certificate_life": "5s"})
        cluster.edges["fra"].stop()
        pem = certificate_of(cluster.path("edge-fra-state"))
        wait_until(lambda: subprocess.run(
            ["openssl", "x509", "-noout", "-checkend", "0"], input=pem.encode(),
            capture_output=True, timeout=30, check=False).returncode == 1, 30, "it expires")
        edge = cluster.program("atoll-edge", "edge-fra")
        self.assertEqual(edge.start().process.wait(30), 1)
        edge.stop()
        self.assertIn("the certificate has expired", edge.log())
        self.assertIn("the join token was used already", edge.log())

    def test_plain_and_tls_do_not_meet_and_say_so(self):
        cluster, plain = self.cluster(trust={}), self.cluster()
        edge = pathlib.Path(cluster.path("edge-fra.toml"))
        control = pathlib.Path(plain.path("control.toml"))
        # Without trust, at a control plane and at an origin that have it.
        control.write_text(control.read_text().replace(plain.origin_endpoint, cluster.origin_endpoint))
        plain.control.reload()
        wait_until(lambda: miss(plain) == 502, 20, "the other origin is asked")
        self.assertIn("closed the connection without a word: it may want mutual TLS",
                      plain.edges["fra"].log())
        plain.edges["fra"].stop()
        moved = pathlib.Path(plain.path("edge-fra.toml"))
        moved.write_text(moved.read_text().replace(plain.fleet, cluster.fleet))
        stranger = plain.program("atoll-edge", "edge-fra").start()
        wait_until(lambda: re.search("cannot join .* it may want mutual TLS", stranger.log()), 20,
                   "it is refused")
        stranger.stop()
        # With trust, at an origin and at a control plane that do not have it.
        control = pathlib.Path(cluster.path("control.toml"))
        control.write_text(control.read_text().replace(cluster.origin_endpoint, plain.origin_endpoint))
        cluster.control.reload()
        wait_until(lambda: miss(cluster) == 502, 20, "the other origin is asked")
        self.assertIn("the other end does not speak TLS", cluster.edges["fra"].log())
        cluster.edges["fra"].stop()
        edge.write_text(edge.read_text().replace(cluster.fleet, plain.fleet))
        moved = cluster.program("atoll-edge", "edge-fra").start()
        for link in ("no news of the authority", "cannot join the control plane"):
            wait_until(lambda link=link: re.search(f"{link}.* does not speak TLS", moved.log()), 20,
                       "neither link is made")
        moved.stop()
        for file in pathlib.Path(cluster.path("edge-fra-state/trust")).iterdir():
            file.unlink()
        moved = cluster.program("atoll-edge", "edge-fra").start()
        wait_until(lambda: "cannot join yet" in moved.log(), 20, "it has no certificate")
        self.assertIn("it does not speak TLS", moved.log())
        moved.stop()

    def test_addresses_that_others_reach_need_trust_or_a_word(self):
        cluster = self.cluster(start=False)
        for program, file, key, table in (("atoll-control", "control", "fleet_listen", "control"),
                                          ("atoll-origin", "origin", "listen", "origin"),
                                          ("atoll-edge", "edge-fra", "peer_listen", "edge")):
            path = pathlib.Path(cluster.path(f"{file}.toml"))
            text = re.sub(rf"^{key} = .*\n", "", path.read_text(), flags=re.M)
            text = text.replace(f"[{table}]\n", f"[{table}]\n{key} = \"0.0.0.0:1\"\n", 1)
            for more, code in (("", 2), (f"[{table}.trust]\ninsecure = true\n", 0),
                               (f"[{table}.trust]\ninsecure = true\nenabled = true\n", 2)):
                path.write_text(text + "\n" + more)
                done = subprocess.run([harness.BUILD / "bin" / program, "--check", "--config", path],
                                      capture_output=True, timeout=60, check=False)
                self.assertEqual(done.returncode, code, (more, done.stderr))
            path.write_text(text)
            done = subprocess.run([harness.BUILD / "bin" / program, "--check", "--config", path],
                                  capture_output=True, timeout=60, check=False)
            self.assertIn(b"can be reached from other hosts", done.stderr)


class Changes(harness.ClusterTest):
    def test_renewals_cost_no_request(self):
        cluster = self.cluster(trust={"certificate_life": "6s"},
                               behaviours=[("*", "site", {"enabled": False})])
        homes = [cluster.path("edge-fra-state"), cluster.path("origin-state")]
        control = pathlib.Path(cluster.path("control-state/authority/node.pem"))
        ends = [end_of(certificate_of(home)) for home in homes] + [end_of(control.read_text())]
        # Misses of both kinds: small ones on the long stream, large ones on streams of their own.
        targets = [f"/renew/{number}?size={size}" for number in range(400) for size in (900, 90_000)]
        load = harness.Load(cluster.endpoints["fra"], targets,
                            lambda target, reply: reply.status == 200 and
                            len(reply.body) == int(target.rsplit("=", 1)[1]))
        with load:
            for _ in range(2):
                wait_until(lambda: load.failures or all(
                    end_of(certificate_of(home)) != end for home, end in zip(homes, ends)) and
                    end_of(control.read_text()) != ends[2], 60, "everybody renews")
                ends = [end_of(certificate_of(home)) for home in homes] + [end_of(control.read_text())]
            load.wait_more(200, 60)
        self.assertEqual(load.failures, [])
        self.assertGreater(load.done, 200)
        self.assertEqual(cluster.edges["fra"].log().count("joined the control plane"), 1)

    def test_a_revoked_node_is_refused_by_all(self):
        cluster = self.cluster(pops=("fra", "iad"), nodes=("fra.1",), shields={"iad": "fra"},
                               trust={})
        self.assertEqual(cluster.get("/before?size=10", pop="iad").status, 200)
        cluster.revoke("--pop", "iad")
        wait_until(lambda: cluster.pop_status("iad").get("state") == "down", 20, "its stream ends")
        wait_until(lambda: "its certificate was revoked" in cluster.edges["iad"].log(), 20,
                   "it is told why")
        # The origin and the shield hear of it by themselves; what it has cached it may still serve.
        wait_until(lambda: miss(cluster, "iad") in (502, 504), 20,
                   "nobody answers its misses")
        self.assertEqual(miss(cluster, "fra"), 200)
        # With its next look at who is revoked, and once.
        wait_until(lambda: cluster.edges["iad"].log().count("its certificate was revoked; joining") == 1, 20,
                   "it says what it does now")
        audit = pathlib.Path(cluster.path("control-state/audit.jsonl")).read_text()
        self.assertIn('"action":"revoke-node","subject":"atoll://pop/iad/node/0"', audit)
        # It comes back with a new token, as it is.
        cluster.join_token("--pop", "iad", "--node", "0")
        wait_until(lambda: cluster.pop_status("iad").get("state") == "active", 20, "it is back")
        wait_until(lambda: miss(cluster, "iad") == 200, 20, "it fetches")

    def test_a_pop_that_is_removed_is_revoked(self):
        cluster = self.cluster(pops=("fra", "iad"), nodes=("iad.1",), trust={})
        self.assertEqual(cluster.get("/before?size=10", pop="iad.1").status, 200)
        whole = pathlib.Path(cluster.path("control.toml")).read_text()
        head, _, rest = whole.partition('[[pop]]\nid = "iad"')
        cluster.write_control(head + rest[rest.index("[[origin]]"):])
        cluster.control.reload()
        wait_until(lambda: "PoP iad is no longer configured" in cluster.control.log(), 20,
                   "it is revoked")
        for node in ("iad", "iad.1"):
            wait_until(lambda node=node: miss(cluster, node) == 502, 20,
                       "nobody answers its misses")
        # Its name alone does not bring it back, nor does a restart of the control plane.
        cluster.write_control(whole)
        cluster.control.stop()
        cluster.control = cluster.program("atoll-control", "control").start()
        wait_until(lambda: cluster.pop_status("fra").get("state") == "active", 20, "fra is there")
        self.assertNotEqual(cluster.pop_status("iad").get("state"), "active")
        cluster.join_token("--pop", "iad", "--node", "1")
        wait_until(lambda: cluster.pop_status("iad").get("state") == "active", 20, "it is back")
        wait_until(lambda: miss(cluster, "iad.1") == 200, 20, "it fetches")
        self.assertEqual(miss(cluster, "iad"), 502)
