"""One server at a time over one database, and runs that have exactly one effect whatever becomes of it."""
import shutil
import signal
import subprocess
import time

import requests
from conftest import BINARY, Server, open_mesh, publish
from run_steps import make_table, make_view, refresh, running, runs_of, wait_for_runs, write_rows
from waiting import until


def sibling(mesh, tmp_path, database):
    """Another data folder over the same database, with the same keys."""
    folder = tmp_path / "sibling" / "data"
    folder.mkdir(parents=True)
    shutil.copytree(mesh.data / "keys", folder / "keys")
    shutil.copy(mesh.data / "weft.toml", folder / "weft.toml")
    return Server(folder, "--database", database)


def test_a_second_server_over_one_database_is_refused(make_server, postgres, tmp_path):
    database = postgres.new_database()
    mesh = open_mesh(make_server("--database", database))
    second = sibling(mesh, tmp_path, database)
    started = time.monotonic()
    refused = subprocess.run([BINARY, "serve", "--data", second.data, "--listen", "127.0.0.1:0", "--database", database], capture_output=True, text=True, timeout=60)
    assert refused.returncode != 0 and time.monotonic() - started < 15
    assert f"process {mesh.process.pid} " in refused.stderr and str(mesh.data) in refused.stderr
    assert mesh.call("ada", "GET", "/api/v1/domains").status_code == 200

    # Its own successor need not wait, whether it stopped or was killed.
    mesh.stop(signal.SIGKILL)
    started = time.monotonic()
    mesh.start()
    assert time.monotonic() - started < 10
    # Nor need anybody else once it has stopped.
    mesh.stop()
    started = time.monotonic()
    second.start()
    assert time.monotonic() - started < 10
    # What was killed is over when its lease has run out.
    second.stop(signal.SIGKILL)
    mesh.start()
    assert mesh.call("ada", "GET", "/api/v1/domains").status_code == 200


def test_a_server_that_was_given_up_for_dead_has_no_effect(make_server, postgres, tmp_path, csv_folder):
    database = postgres.new_database()
    mesh = open_mesh(make_server("--database", database, environment={"WEFT_SERVER_WRITE_TIMEOUT": "10m"}))
    view = make_view(mesh, make_table(mesh, tmp_path / "a"), "view")
    write_rows(tmp_path / "a", 1000)
    publish(mesh, csv_folder, "flights.csv", "wanda", "air")
    answer = mesh.call("wanda", "GET", "/data/v1/air/flights/flights", stream=True, headers={"Accept-Encoding": "identity"})
    answer.raw.read(1_000_000)  # while it lasts, the server that is replaced is there to be asked
    run = refresh(mesh, view)
    until(lambda: running(mesh) == [run], "the run is at work")
    mesh.process.send_signal(signal.SIGSTOP)
    second = sibling(mesh, tmp_path, database)
    try:
        second.start()
        stopped, mesh.url = mesh.url, second.url
        done = wait_for_runs(mesh, view)
        assert (done["id"], done["state"], done["attempts"]) == (run, "succeeded", 2)
        mesh.process.send_signal(signal.SIGCONT)
        until(lambda: "\nweft_lease_lost 1\n" in requests.get(f"{stopped}/metrics", timeout=60).text)
        answer.close()
        assert mesh.process.wait(timeout=60) != 0, "it must notice that it was replaced"
        assert "taken over" in (mesh.data.parent / "server.log").read_text(), stopped
        refreshes = [item for item in mesh.call("ada", "GET", f"/api/v1/audit?object={view}&limit=1000").json()["items"] if item["action"] == "element.refresh"]
        assert len(refreshes) == 2 and len(runs_of(mesh, view)) == 2, "the first and this one, each once"
    finally:
        second.stop()
