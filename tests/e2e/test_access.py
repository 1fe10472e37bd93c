"""Tokens, sessions and the audit log: the real control plane, and the command that makes the first token."""

import json
import pathlib
import re
import subprocess
import unittest

from harness import BUILD, Cluster, ClusterTest, curl, request, wait_until


def token_command(cluster, *arguments):
    return subprocess.run([BUILD / "bin/atoll-control", "token", arguments[0], "--config",
                           cluster.path("control.toml"), *arguments[1:]],
                          capture_output=True, text=True, timeout=30, check=False)


def make_token(cluster, role, *arguments):
    done = token_command(cluster, "create", "--name", role, "--role", role, *arguments)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return done.stdout.strip()


class Access(ClusterTest):
    @classmethod
    def make_cluster(cls):
        cluster = Cluster(api={"authentication": "required"})
        cls.admin = make_token(cluster, "admin")
        cluster.token = cls.admin
        return cluster

    def call(self, token, target, method="GET", body=None, fields=None):
        fields = dict(fields or {})
        if token:
            fields["Authorization"] = f"Bearer {token}"
        if body is not None:
            fields["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        reply = request(self.shared.http, target, method, fields, body)
        return reply, json.loads(reply.body) if reply.body else None

    def test_the_first_token_is_made_on_the_machine_and_makes_others(self):
        self.assertRegex(self.admin, r"^atoll_[0-9a-f]{48}$")
        reply, made = self.call(self.admin, "/v1/tokens", "POST", {"name": "reader", "role": "viewer"})
        self.assertEqual(reply.status, 201)
        self.assertEqual(self.call(made["token"], "/v1/status")[0].status, 200)
        reply, problem = self.call(made["token"], "/v1/purge", "POST", {"everything": True})
        self.assertEqual(reply.status, 403)
        self.assertIn("operator", problem["error"])
        self.assertIn("insufficient_scope", reply.get("WWW-Authenticate"))
        listed = token_command(self.shared, "list")
        self.assertRegex(listed.stdout, r"(?m)^reader +viewer ")
        self.assertNotIn(made["token"], listed.stdout)
        stored = pathlib.Path(self.shared.path("control-state/tokens")).read_text()
        self.assertNotIn(made["token"].removeprefix("atoll_"), stored)

    def test_a_token_that_the_command_deletes_is_gone_with_the_next_request(self):
        secret = make_token(self.shared, "operator", "--expires", "1h")
        reply, started = self.call(secret, "/v1/purge", "POST", {"tag": "news"})
        self.assertEqual(reply.status, 202)
        wait_until(lambda: self.call(secret, started["progress"])[1]["done"], 10, "the PoP acknowledges")
        self.assertEqual(token_command(self.shared, "delete", "operator").returncode, 0)
        reply, _ = self.call(secret, "/v1/status")
        self.assertEqual(reply.status, 401)
        self.assertIn("invalid_token", reply.get("WWW-Authenticate"))
        self.assertEqual(token_command(self.shared, "delete", "operator").returncode, 1)
        entries = self.call(self.admin, "/v1/audit")[1]["entries"]
        actions = [(e["action"], e["token"], e["client"] is None) for e in entries]
        self.assertIn(("delete-token", None, True), actions)
        self.assertIn(("purge", "operator", False), actions)

    def test_strangers_get_the_content_and_nothing_else(self):
        reply, problem = self.call(None, "/v1/status")
        self.assertEqual((reply.status, reply.get("WWW-Authenticate")), (401, 'Bearer realm="atoll"'))
        self.assertIn("token", problem["error"])
        self.assertEqual(request(self.shared.http, "/metrics").status, 401)
        self.assertEqual(request(self.shared.http, "/healthz").status, 200)
        self.assertEqual(request(self.shared.http, "/x", host="shop.example").status, 302)
        self.assertEqual(json.loads(request(self.shared.http, "/v1/openapi.json").body)["openapi"], "3.1.0")

    def test_curl_logs_in_as_a_browser_does(self):
        jar = self.shared.path("cookies")
        base = f"http://{self.shared.http}"
        origin = ["-H", f"Origin: {base}", "-H", "Content-Type: application/json"]
        done = curl("-c", jar, *origin, "-d", json.dumps({"token": self.admin}), f"{base}/v1/session")
        self.assertEqual(json.loads(done.stdout)["role"], "admin")
        self.assertIn("#HttpOnly_", pathlib.Path(jar).read_text())
        stream = curl("-b", jar, "-N", "--max-time", "5", "-r", "0-200", f"{base}/v1/live")
        self.assertIn(b"event: layout", stream.stdout)
        forged = curl("-b", jar, "-H", "Origin: http://evil.example", "-H", "Content-Type: application/json",
                      "-d", '{"everything": true}', f"{base}/v1/purge")
        self.assertIn(b"another site", forged.stdout)
        curl("-b", jar, "-c", jar, *origin, "-X", "DELETE", f"{base}/v1/session")
        self.assertNotIn("atoll_", pathlib.Path(jar).read_text())

    def test_wrong_tokens_are_logged_once(self):
        wrong = "atoll_" + "0" * 48
        statuses = [self.call(wrong, "/v1/status")[0].status for _ in range(12)]
        self.assertEqual(statuses[-1], 429)
        self.assertEqual(self.call(self.admin, "/v1/status")[0].status, 200)
        log = self.shared.control.log()
        self.assertEqual(len(re.findall("there is no such token", log)), 1)
        self.assertNotIn(wrong, log)
        self.assertNotIn(self.admin, log)


class Refused(ClusterTest):
    def test_an_open_api_that_others_can_reach_is_refused(self):
        cluster = self.cluster(start=False, control={"listen": "0.0.0.0:0"})
        checked = subprocess.run([BUILD / "bin/atoll-control", "--config", cluster.path("control.toml"),
                                  "--check"], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(checked.returncode, 2)
        self.assertIn('authentication is "off", but others than this machine can reach 0.0.0.0:0',
                      checked.stderr)

    def test_a_damaged_file_of_tokens_lets_nothing_start(self):
        cluster = self.cluster(start=False, api={"authentication": "required"})
        make_token(cluster, "admin")
        path = pathlib.Path(cluster.path("control-state/tokens"))
        path.write_bytes(path.read_bytes().replace(b"admin admin", b"admit admin"))
        started = subprocess.run([BUILD / "bin/atoll-control", "--config", cluster.path("control.toml")],
                                 capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(started.returncode, 1)
        self.assertIn("damaged", started.stderr)
        self.assertEqual(token_command(cluster, "list").returncode, 1)


if __name__ == "__main__":
    unittest.main()
