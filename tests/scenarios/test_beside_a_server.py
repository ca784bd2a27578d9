"""Other commands on the folder of a server that runs: nothing that it acknowledges may be lost by them."""
import re
import signal
import sqlite3
import subprocess

from conftest import BINARY, open_mesh, sign_in


def test_verifying_the_audit_log_beside_a_server_loses_nothing(make_server):
    server = open_mesh(make_server())

    def verify():
        verified = subprocess.run([BINARY, "audit", "verify", "--data", server.data], capture_output=True, text=True)
        assert verified.returncode == 0, verified.stderr
        return verified.stdout

    first = verify()
    for name in ("one", "two", "three"):
        assert server.call("ada", "POST", "/api/v1/domains", json={"name": name}).status_code == 201
    newest = server.call("ada", "GET", "/api/v1/audit?limit=1").json()["items"][0]
    second = verify()
    assert second != first and newest["at"] in second
    number, last_hash = re.search(r"^The last one: (\d+) of .*, ([0-9a-f]{64})$", second, re.M).groups()
    with sqlite3.connect(server.data / "weft.db") as store:
        assert store.execute("select hash from audit_entries where sequence = ?", [number]).fetchone() == (last_hash,)
    assert server.call("ada", "POST", "/api/v1/domains", json={"name": "four"}).status_code == 201
    server.stop(signal.SIGKILL)
    server.start()
    server.tokens["ada"] = sign_in(server.url, "ada")
    there = {domain["path"] for domain in server.call("ada", "GET", "/api/v1/domains").json()["items"]}
    assert there == {"one", "two", "three", "four"}
    verify()


def test_a_log_that_was_taken_away_is_missed_where_there_are_users(make_server):
    server = open_mesh(make_server())
    server.stop()
    with sqlite3.connect(server.data / "weft.db") as store:
        for verb in ("update", "delete"):
            store.execute(f"drop trigger audit_entries_no_{verb}")
        store.execute("delete from audit_entries")
        store.execute("update audit_head set sequence = 0, hash = ''")
    verified = subprocess.run([BINARY, "audit", "verify", "--data", server.data], capture_output=True, text=True)
    assert verified.returncode == 1 and "empty" in verified.stderr, verified
