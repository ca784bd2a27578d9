"""Other commands on the folder of a server that runs: nothing that it acknowledges may be lost by them."""
import signal
import subprocess

from conftest import BINARY, open_mesh, sign_in


def test_verifying_the_audit_log_beside_a_server_loses_nothing(make_server):
    server = open_mesh(make_server())

    def verify():
        verified = subprocess.run([BINARY, "audit", "verify", "--data", server.data], capture_output=True, text=True)
        assert verified.returncode == 0, verified.stderr

    verify()
    for name in ("one", "two", "three"):
        assert server.call("ada", "POST", "/api/v1/domains", json={"name": name}).status_code == 201
    verify()
    assert server.call("ada", "POST", "/api/v1/domains", json={"name": "four"}).status_code == 201
    server.stop(signal.SIGKILL)
    server.start()
    server.tokens["ada"] = sign_in(server.url, "ada")
    there = {domain["path"] for domain in server.call("ada", "GET", "/api/v1/domains").json()["items"]}
    assert there == {"one", "two", "three", "four"}
    verify()
