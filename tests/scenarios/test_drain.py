"""SIGTERM: what is under way finishes, new work is told so, and whoever asks hears that the server is about to stop."""
import json
import signal
import time

from conftest import open_mesh, publish
from run_steps import make_table, make_view, refresh, running, runs_of, wait_for_runs, write_rows
from waiting import until


def test_reads_finish_and_readiness_fails_meanwhile(make_server, csv_folder):
    server = make_server(environment={"WEFT_SERVER_DRAIN_SECONDS": "600"})  # a busy machine takes long for 100 MB
    mesh = open_mesh(server)
    publish(mesh, csv_folder, "flights.csv")
    answer = mesh.call("olivia", "GET", "/data/v1/shop/flights/flights", stream=True, headers={"Accept-Encoding": "identity"})
    received = answer.raw.read(1_000_000)
    assert mesh.call("nobody", "GET", "/readyz").status_code == 200
    server.process.send_signal(signal.SIGTERM)
    refused = until(lambda: (found := mesh.call("olivia", "GET", "/api/v1/products")).status_code == 503 and [found], "new work is refused")[0]  # a refusal is falsy
    assert refused.json()["code"] == "server.draining" and "Retry-After" in refused.headers
    assert mesh.call("nobody", "GET", "/readyz").status_code == 503
    assert mesh.call("nobody", "GET", "/healthz").status_code == 200
    while part := answer.raw.read(1 << 20):
        received += part
    assert len(json.loads(received)) == 336776
    assert server.process.wait(timeout=120) == 0


def test_a_run_that_may_finish_does(make_server, tmp_path):
    server = make_server()
    mesh = open_mesh(server)
    view = make_view(mesh, make_table(mesh, tmp_path / "a"), "view")
    write_rows(tmp_path / "a", 700)
    run = refresh(mesh, view)
    until(lambda: running(mesh) == [run], "the run is at work")
    assert server.stop() == 0
    server.start()
    done = runs_of(mesh, view)[0]
    assert (done["id"], done["state"], done["attempts"]) == (run, "succeeded", 1)


def test_a_run_that_takes_too_long_goes_back_into_the_queue(make_server, tmp_path):
    server = make_server(environment={"WEFT_SERVER_DRAIN_SECONDS": "1"})
    mesh = open_mesh(server)
    view = make_view(mesh, make_table(mesh, tmp_path / "a"), "view")
    write_rows(tmp_path / "a", 3000)
    run = refresh(mesh, view)
    until(lambda: running(mesh) == [run], "the run is at work")
    for _ in range(4):  # more often than a run is tried: stopping in order is no failure of his
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 20
        server.start()
        until(lambda: running(mesh) == [run], "the run is at work")
    server.stop()
    write_rows(tmp_path / "a", 10)
    server.start()
    done = wait_for_runs(mesh, view)
    assert (done["id"], done["state"], done["attempts"]) == (run, "succeeded", 1)
