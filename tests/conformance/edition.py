"""An edition of the suite: where it is, what tests it holds, how its server and client are run."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
INSTALLED_FROM = ("package.json", "package-lock.json", ".npmrc", "absent/package.json")
NODE = ["node", "--no-warnings"]


class Problem(Exception):
    """Something the suite cannot be run without; the text says what."""


def installed(work):
    """The edition that npm carries, installed by the lock file below `work` (once per lock file)."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise Problem("node and npm are needed to run the suite; neither is looked for elsewhere")
    target = pathlib.Path(work)
    wanted = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in INSTALLED_FROM)).hexdigest()
    stamp = target / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        for name in INSTALLED_FROM:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE / name, target / name)
        try:
            done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=target,
                                  capture_output=True, text=True, timeout=300, check=False)
        except subprocess.TimeoutExpired as late:
            raise Problem("npm did not install the suite within 300 s") from late
        if done.returncode != 0:
            raise Problem(f"npm could not install the suite:\n{done.stderr[-2000:]}")
        stamp.write_text(wanted)
    return Edition(target / "node_modules" / "http-cache-tests")


class Edition:
    """A folder with the suite's files, in the layout of 0.4.5 or in today's (test-engine/)."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        engine = self.folder / "test-engine"
        self.engine = engine if engine.is_dir() else self.folder
        for needed in (self.server_file, self.client_file, self.folder / "tests" / "index.mjs"):
            if not needed.is_file():
                raise Problem(f"{self.folder} holds no edition of the suite: {needed} is missing")

    @property
    def server_file(self):
        return self.engine / "server" / "server.mjs"

    @property
    def client_file(self):
        return self.engine / "cli.mjs"

    def suites(self):
        """[{id, name, tests: [{id, kind, needs}]}] without the tests that only a browser can run."""
        done = subprocess.run([*NODE, HERE / "list.mjs", self.folder], capture_output=True, text=True,
                              timeout=60, check=False)
        if done.returncode != 0:
            raise Problem(f"the tests of {self.folder} cannot be listed:\n{done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def server(self, host, port, directory, log):
        """Starts the suite's own origin server; `log` (a file) gets what it prints."""
        return subprocess.Popen([*NODE, "--import", (HERE / "loopback.mjs").as_uri(), self.server_file],
                                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                env={**os.environ, "CONFORMANCE_HOST": host, "npm_config_protocol": "http",
                                     "npm_config_port": str(port),
                                     "npm_config_pidfile": str(pathlib.Path(directory) / "server.pid")})

    def client(self, base, only, seconds):
        """Runs the tests (or the one named) against `base`; everything the client printed."""
        try:
            done = subprocess.run([*NODE, self.client_file], cwd=self.folder, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=seconds, check=False,
                                  env={**os.environ, "npm_config_base": base, "npm_config_id": only or "",
                                       "npm_package_config_id": ""})
        except subprocess.TimeoutExpired as late:
            raise Problem(f"the suite's client did not end within {seconds} s") from late
        if done.returncode != 0:
            raise Problem(f"the suite's client failed:\n{done.stderr[-2000:]}")
        return done.stdout


def results_in(printed):
    """The results the client printed: {test: True | [error, text]}."""
    start = 0 if printed.startswith("{") else printed.find("\n{") + 1
    try:
        found, _ = json.JSONDecoder().raw_decode(printed[start:])
    except ValueError as error:
        raise Problem(f"the suite's client printed no results:\n{printed[-2000:]}") from error
    return found
