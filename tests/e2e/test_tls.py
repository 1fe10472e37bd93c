"""TLS with real clients: curl, openssl s_client, Python's ssl."""

import http.client
import pathlib
import re
import socket
import ssl
import subprocess
import threading

import harness

NAMES = [["default.example", "localhost"], ["www.site.example"], ["*.wild.example"]]


class TlsCluster(harness.ClusterTest):
    @classmethod
    def make_cluster(cls):
        return harness.Cluster(certificates=NAMES, edge={"workers": 2})

    def endpoint(self):
        host, port = self.shared.tls_endpoints["fra"].rsplit(":", 1)
        return host, int(port)

    def pem(self, names):
        return self.shared.path(names[0].replace("*", "any") + ".pem")

    def trusting(self, *pems):
        context = ssl.create_default_context()
        for pem in pems or [self.pem(names) for names in NAMES]:
            context.load_verify_locations(pem)
        return context

    def connect(self, context, name):
        return context.wrap_socket(socket.create_connection(self.endpoint(), timeout=15),
                                   server_hostname=name)

    def curl(self, name, target, *arguments):
        host, port = self.endpoint()
        return harness.curl("--resolve", f"{name}:{port}:{host}", *arguments,
                            f"https://{name}:{port}{target}")

    def metric(self, pattern):
        text = harness.request(self.shared.admins["fra"], "/metrics").body.decode()
        return int(re.search(rf"^{re.escape(pattern)} (\d+)$", text, re.M)[1])

    def s_client(self, *arguments, stdin=b""):
        host, port = self.endpoint()
        done = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}", *arguments],
                              input=stdin, capture_output=True, timeout=30, check=False)
        return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


class Tls(TlsCluster):
    def test_each_name_has_its_certificate_and_the_answers_come(self):
        for names, asked in ((NAMES[0], "default.example"), (NAMES[1], "www.site.example"),
                             (NAMES[2], "a.wild.example")):
            for version in ("--tlsv1.3", "--tls-max"):
                extra = [version] if version == "--tlsv1.3" else ["--tlsv1.2", "--tls-max", "1.2"]
                done = self.curl(asked, "/tls/a?size=1000", "--cacert", self.pem(names), *extra)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(len(done.stdout), 1000)

    def test_a_large_body_arrives_whole(self):
        size = 5_000_000
        over_tls = self.curl("localhost", f"/tls/large?size={size}", "--cacert", self.pem(NAMES[0]))
        plain = self.shared.get(f"/tls/large?size={size}", host=f"localhost:{self.endpoint()[1]}")
        self.assertEqual(len(over_tls.stdout), size)
        self.assertEqual(over_tls.stdout, plain.body)

    def test_old_versions_are_refused_and_protocols_agreed(self):
        self.assertIn("TLSv1.2", self.s_client("-tls1_2", "-alpn", "h2,http/1.1"))
        self.assertIn("ALPN protocol: http/1.1", self.s_client("-alpn", "h2,http/1.1"))
        refused = self.s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
        self.assertIn("Cipher is (NONE)", refused)
        self.assertIn("Secure Renegotiation IS supported", self.s_client("-tls1_2"))

    def test_no_ticket_invites_early_data(self):
        with_ticket = self.s_client("-tls1_3", "-ign_eof", stdin=b"GET /tls/e?size=1 HTTP/1.1\r\n"
                                    b"Host: localhost\r\nConnection: close\r\n\r\n")
        self.assertIn("Post-Handshake New Session Ticket arrived", with_ticket)
        self.assertIn("Max Early Data: 0", with_ticket)

    def test_a_ticket_brings_a_client_back_to_any_worker(self):
        context = self.trusting()
        before = self.metric('atoll_edge_tls_handshakes_total{kind="resumed"}')
        first = self.connect(context, "localhost")
        first.sendall(b"GET /tls/r?size=10 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertTrue(first.recv(4096).startswith(b"HTTP/1.1 200"))  # tickets came before it
        session = first.session
        first.close()
        for _ in range(8):
            with socket.create_connection(self.endpoint(), timeout=15) as tcp:
                with context.wrap_socket(tcp, server_hostname="localhost", session=session) as again:
                    again.sendall(b"GET /tls/r?size=10 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    self.assertTrue(again.recv(4096).startswith(b"HTTP/1.1 200"))
                    self.assertTrue(again.session_reused)
        harness.wait_until(lambda: self.metric(
            'atoll_edge_tls_handshakes_total{kind="resumed"}') >= before + 8, 5, "they are counted")

    def test_failures_are_counted_by_reason(self):
        before = self.metric('atoll_edge_tls_handshake_failures_total{reason="not_tls"}')
        answer, closed = harness.raw(self.shared.tls_endpoints["fra"], b"GET / HTTP/1.1\r\n\r\n")
        self.assertTrue(closed)
        self.assertNotIn(b"HTTP", answer)
        harness.wait_until(lambda: self.metric(
            'atoll_edge_tls_handshake_failures_total{reason="not_tls"}') == before + 1, 5, "counted")


class HotChange(TlsCluster):
    def certificate_of(self, name):
        with self.connect(self.any_server(), name) as tls:
            return tls.getpeercert(binary_form=True)

    def any_server(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def test_certificates_change_under_load_and_no_connection_is_dropped(self):
        old = self.certificate_of("www.site.example")
        stop, failures, answers = threading.Event(), [], [0, 0]

        def keep_asking(number):
            host, port = self.endpoint()
            connection = http.client.HTTPSConnection(host, port, timeout=15,
                                                     context=self.any_server())
            connection.connect()
            tcp = connection.sock
            try:
                while not stop.is_set():
                    reply = harness.request_on(connection, "/tls/hot?size=2000")
                    if reply.status != 200 or len(reply.body) != 2000 or connection.sock is not tcp:
                        raise AssertionError(f"{reply!r}, reconnected: {connection.sock is not tcp}")
                    answers[number] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
                failures.append(repr(error))
            connection.close()

        threads = [threading.Thread(target=keep_asking, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        harness.wait_until(lambda: min(answers) > 10, 10, "both connections are busy")
        edge = self.shared.edges["fra"]
        for _ in range(3):
            before = self.certificate_of("www.site.example")
            harness.write_certificate(self.shared.path("www.site.example"), NAMES[1])
            edge.reload()
            harness.wait_until(lambda: self.certificate_of("www.site.example") != before, 10,
                               "the new certificate is shown")
        done = list(answers)
        harness.wait_until(lambda: all(n > m + 10 for n, m in zip(answers, done)), 10, "they go on")
        stop.set()
        for thread in threads:
            thread.join(20)
        self.assertEqual(failures, [])
        self.assertNotEqual(self.certificate_of("www.site.example"), old)

    def test_files_that_are_wrong_change_nothing(self):
        old = self.certificate_of("www.site.example")
        key = pathlib.Path(self.shared.path("www.site.example.key"))
        text = key.read_text()
        key.write_text(pathlib.Path(self.shared.path("default.example.key")).read_text())
        edge = self.shared.edges["fra"]
        try:
            edge.reload()
            harness.wait_until(lambda: "www.site.example.key: not the key of the certificate in"
                               in edge.log(), 10, "the log names the file")
        finally:
            key.write_text(text)
        self.assertEqual(self.certificate_of("www.site.example"), old)

    def test_a_start_with_wrong_files_is_refused(self):
        cluster = harness.Cluster(certificates=[["localhost"]])
        try:
            pathlib.Path(cluster.path("localhost.key")).write_text("nothing\n")
            done = subprocess.run([harness.BUILD / "bin" / "atoll-edge", "--check", "--config",
                                   cluster.path("edge-fra.toml")],
                                  capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("localhost.key: ", done.stderr)
        finally:
            cluster.remove()


if __name__ == "__main__":
    harness.unittest.main()
