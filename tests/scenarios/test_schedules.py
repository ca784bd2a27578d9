"""Refreshes by rate: one after a pause however long, none doubled, failing ones wait longer and tell their owners once."""
import sqlite3
import time

from conftest import open_mesh
from run_steps import make_table, make_view, runs_of, wait_for_runs, write_rows
from waiting import QUEUEING_WHAT_IS_DUE, until, wait_for_rounds


def due_at(mesh, element):
    with sqlite3.connect(mesh.data / "weft.db") as store:
        found = store.execute("select due_at from due_objects where object_id = ?", (element,)).fetchone()
    return found and found[0] / 1e6


def make_due(mesh, element, seconds_ago):
    with sqlite3.connect(mesh.data / "weft.db", timeout=30) as store:
        changed = store.execute("update due_objects set due_at = ? where object_id = ?", (int((time.time() - seconds_ago) * 1e6), element))
        assert changed.rowcount == 1


def scheduled(mesh, element):
    return [run for run in runs_of(mesh, element) if run["trigger"] == "schedule"]


def test_after_a_pause_what_was_missed_is_made_up_for_once(make_server, tmp_path):
    server = make_server()
    mesh = open_mesh(server)
    table = make_table(mesh, tmp_path / "a")
    every = make_view(mesh, table, "every", sql="SELECT * FROM rows", rate={"every": "1m"})
    daily = make_view(mesh, table, "daily", sql="SELECT * FROM rows", rate={"cron": "0 5 * * *", "time_zone": "Europe/Berlin"})
    by_hand = make_view(mesh, table, "by_hand", sql="SELECT * FROM rows")
    assert 50 < due_at(mesh, every) - time.time() < 61
    assert time.strftime("%M:%S", time.gmtime(due_at(mesh, daily))) == "00:00" and due_at(mesh, by_hand) is None
    server.stop()
    for view in (every, daily):
        make_due(mesh, view, 10 * 24 * 3600)
    server.start()
    for view in (every, daily):
        until(lambda view=view: scheduled(mesh, view), "a run by schedule is there")
        assert wait_for_runs(mesh, view)["state"] == "succeeded"
    wait_for_rounds(mesh, QUEUEING_WHAT_IS_DUE)
    assert [len(scheduled(mesh, view)) for view in (every, daily, by_hand)] == [1, 1, 0]
    assert due_at(mesh, every) > time.time() and due_at(mesh, daily) > time.time()


def test_a_failing_refresh_waits_longer_each_time_and_tells_once(make_server, tmp_path):
    mesh = open_mesh(make_server())
    view = make_view(mesh, make_table(mesh, tmp_path / "a"), "view", sql="SELECT * FROM rows", rate={"every": "1m"})

    def told(kind):
        return [item for item in mesh.call("olivia", "GET", "/api/v1/notifications?limit=1000").json()["items"] if item["kind"] == kind]

    (tmp_path / "a" / "rows.csv").unlink()
    for failures, pause in ((1, 60), (2, 120), (3, 240)):
        make_due(mesh, view, 1)
        until(lambda count=failures: len(scheduled(mesh, view)) == count, f"{failures} runs by schedule are there")
        failed = wait_for_runs(mesh, view)
        assert failed["state"] == "failed" and failed["failure"]["message"]
        assert pause - 10 < due_at(mesh, view) - time.time() <= pause
        assert len(told("run.failed")) == 1
    mails = mesh.call("ada", "GET", "/api/v1/outbox?limit=1000").json()["items"]
    assert len([mail for mail in mails if mail["subject"].startswith("A refresh of")]) == 1
    write_rows(tmp_path / "a", 5)
    make_due(mesh, view, 1)
    until(lambda: len(scheduled(mesh, view)) == 4, "the fourth run by schedule is there")
    assert wait_for_runs(mesh, view)["state"] == "succeeded"
    assert len(told("run.failed")) == 1 and len(told("run.recovered")) == 1
    assert due_at(mesh, view) - time.time() <= 60
