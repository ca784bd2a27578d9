"""A kernel without Landlock: no server starts on it unless its operator says so, and then it tells."""
import ctypes
import os
import platform
import struct
import subprocess

import pytest

from conftest import BINARY, open_mesh

CREATE_RULESET = 444  # the same on every architecture
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER_MODE = 38, 22, 2
pytestmark = pytest.mark.skipif(platform.machine() not in ARCHITECTURES, reason="the filter is written for two architectures")


def without_landlock():
    """As if the kernel did not know the call; holds for this process and all that it starts."""
    allow, unknown = 0x7FFF0000, 0x00050000 | 38  # ENOSYS
    program = b"".join(struct.pack("HBBI", *step) for step in (
        (0x20, 0, 0, 0),                             # load the call's number
        (0x15, 0, 1, CREATE_RULESET), (0x06, 0, 0, unknown), (0x06, 0, 0, allow)))
    held = ctypes.create_string_buffer(program)
    descriptor = struct.pack("HxxxxxxP", 4, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(SET_SECCOMP, FILTER_MODE, ctypes.create_string_buffer(descriptor), 0, 0) == 0, os.strerror(ctypes.get_errno())


def test_the_server_refuses_to_start(tmp_path):
    done = subprocess.run([BINARY, "serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60,
                          preexec_fn=without_landlock)
    assert done.returncode == 1, done
    assert "no Landlock" in done.stderr and 'workers.without_landlock = "allow"' in done.stderr, done.stderr


def test_where_it_is_allowed_it_is_told(make_server, tmp_path, monkeypatch):
    start = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments, **options: start(*arguments, **options, preexec_fn=without_landlock))
    server = make_server(environment={"WEFT_WORKERS_WITHOUT_LANDLOCK": "allow"})
    mesh = open_mesh(server)
    ready = mesh.call("nobody", "GET", "/readyz")
    assert ready.status_code == 200 and ready.text.startswith("ready\n") and "no Landlock" in ready.text, ready.text
    assert "no Landlock" in (server.data.parent / "server.log").read_text()
    # And workers work.
    (tmp_path / "a.csv").write_text("a\n1\n")
    store = mesh.call("ada", "POST", "/api/v1/data-stores", json={"name": "files", "type": "folder", "coordinates": {"path": str(tmp_path)}}).json()["id"]
    assert mesh.call("ada", "POST", f"/api/v1/data-stores/{store}/check").json()["outcome"] == "reachable"


def test_with_landlock_nothing_is_told(make_server):
    mesh = open_mesh(make_server())
    assert mesh.call("nobody", "GET", "/readyz").text == "ready\n"
