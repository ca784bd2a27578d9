"""Runs: whose turn it is, how many at once, cancelling, and what a crash leaves."""
import signal
import sqlite3
from concurrent.futures import ThreadPoolExecutor

from conftest import open_mesh
from run_steps import SLOW_SQL, make_table, make_view, refresh, running, runs_of, wait_for_runs, write_rows
from waiting import DISPATCHING, until, wait_for_rounds, wait_for_run


def test_one_user_keeps_two_workers_busy_and_no_more(make_server, tmp_path):
    mesh = open_mesh(make_server())
    table = make_table(mesh, tmp_path / "a")
    views = [make_view(mesh, table, f"view{number}") for number in range(4)]
    other_table = make_table(mesh, tmp_path / "b", "wanda", "other")
    other = make_view(mesh, other_table, "view", "wanda", "other")
    write_rows(tmp_path / "a", 3000)
    write_rows(tmp_path / "b", 3000)

    runs = [refresh(mesh, view) for view in views]
    last = refresh(mesh, other, "wanda")
    until(lambda: set(running(mesh)) == {runs[0], runs[1], last}, "two runs of one and one of the other are at work")
    wait_for_rounds(mesh, DISPATCHING)
    assert set(running(mesh)) == {runs[0], runs[1], last}, "the third run of one user must wait, and hold up nobody"

    # His looks wait as well, two of them; what comes beyond is told so at once.
    with ThreadPoolExecutor(5) as pool:
        looks = [pool.submit(mesh.call, "olivia", "GET", f"/api/v1/elements/{table}/sample") for _ in range(5)]
        until(lambda: sum(look.done() for look in looks) == 3, "three looks are answered")
        refused = [look.result() for look in looks if look.done()]
        assert {answer.status_code for answer in refused} == {429}
        assert refused[0].json()["code"] == "worker.too_many" and int(refused[0].headers["Retry-After"]) >= 1
        assert mesh.call("wanda", "GET", f"/api/v1/elements/{other_table}/sample").status_code == 200
        assert mesh.call("olivia", "POST", f"/api/v1/runs/{runs[0]}/cancel").json()["state"] == "cancelled"
        assert sorted(look.result().status_code for look in looks) == [200, 200, 429, 429, 429]
    until(lambda: set(running(mesh)) == {runs[1], runs[2], last}, "the third run is at work")
    for run in [*runs[1:], last]:
        assert mesh.call("ada", "POST", f"/api/v1/runs/{run}/cancel").json()["state"] == "cancelled"
    until(lambda: not running(mesh), "no run is at work")
    again = mesh.call("ada", "POST", f"/api/v1/runs/{runs[0]}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "run.not_open")


def test_turns_are_taken_by_person(make_server, tmp_path):
    """With one place, somebody who comes late with one run need not wait for all that another has queued."""
    mesh = open_mesh(make_server(environment={"WEFT_WORKERS_RUNNING": "1"}))
    table = make_table(mesh, tmp_path / "a")
    views = [make_view(mesh, table, f"view{number}") for number in range(3)]
    other = make_view(mesh, make_table(mesh, tmp_path / "b", "wanda", "other"), "view", "wanda", "other")
    write_rows(tmp_path / "a", 3000)
    runs = [refresh(mesh, view) for view in views]
    until(lambda: running(mesh) == [runs[0]], "the first run is at work")
    last = refresh(mesh, other, "wanda")
    mesh.call("olivia", "POST", f"/api/v1/runs/{runs[0]}/cancel")
    assert wait_for_run(mesh, last, "ada")["state"] == "succeeded"
    assert mesh.call("ada", "GET", f"/api/v1/runs/{runs[2]}").json()["state"] == "queued"
    for run in runs[1:]:
        mesh.call("olivia", "POST", f"/api/v1/runs/{run}/cancel")


def test_a_run_tells_how_it_goes(mesh, tmp_path):
    table = make_table(mesh, tmp_path / "a")
    view = make_view(mesh, table, "names", sql="SELECT * FROM rows")
    done = wait_for_runs(mesh, view)
    assert done["rows"] == 10 and done["duration_ms"] >= 0 and done["log"] and done["trigger"] == "person"
    slow = make_view(mesh, table, "slow")
    write_rows(tmp_path / "a", 3000)
    run = refresh(mesh, slow)
    now = until(lambda: (found := mesh.call("olivia", "GET", f"/api/v1/runs/{run}").json())["log"] and found, "the run tells how it goes")
    assert now["state"] == "running" and "pulled 3000 rows" in now["log"][0] and now["duration_ms"] is None
    assert mesh.call("wanda", "POST", f"/api/v1/runs/{run}/cancel").status_code == 404
    assert mesh.call("olivia", "POST", f"/api/v1/runs/{run}/cancel").json()["state"] == "cancelled"
    assert mesh.call("olivia", "GET", f"/api/v1/runs/{run}").json()["failure"]["code"] == "run.cancelled"
    until(lambda: "weft_workers{state=\"running\"} 0" in mesh.call("nobody", "GET", "/metrics").text, "no worker is at work")
    assert len([item for item in mesh.call("ada", "GET", f"/api/v1/audit?object={run}").json()["items"] if item["action"] == "run.cancel"]) == 1


def test_a_view_that_changes_while_it_is_refreshed(mesh, tmp_path):
    """What is committed is made of the view as it then stands."""
    table = make_table(mesh, tmp_path / "a")
    view = make_view(mesh, table, "view")
    write_rows(tmp_path / "a", 1200)
    run = refresh(mesh, view)
    until(lambda: running(mesh) == [run], "the run is at work")
    changed = mesh.call("olivia", "PUT", f"/api/v1/elements/{view}/view", headers={"If-Match": "*"}, json={
        "sql": "SELECT max(id) AS largest FROM rows", "ingredients": [{"alias": "rows", "element": table}]})
    assert changed.status_code == 200, changed.text
    assert wait_for_runs(mesh, view)["state"] == "succeeded"
    product = mesh.call("olivia", "POST", "/api/v1/products", json={
        "domain": "shop", "name": "p", "title": "P", "description": "One row.", "ingredients": [{"alias": "v", "element": view}],
        "ports": [{"name": "p", "ingredient": "v"}]}).json()["id"]
    publishing = mesh.call("olivia", "POST", f"/api/v1/products/{product}/publish").json()["id"]
    assert wait_for_run(mesh, publishing)["state"] == "succeeded"
    assert mesh.call("olivia", "GET", "/data/v1/shop/p/p").json() == [{"largest": 1200}]


def snapshot_folders(mesh):
    with sqlite3.connect(mesh.data / "weft.db") as store:
        files = store.execute("select file from element_snapshots union all select file from snapshot_files").fetchall()
    return {(mesh.data / file).parent for (file,) in files}


def folders_in_lake_of(mesh, objects):
    return [folder for folder in (mesh.data / "lake").iterdir() if folder.name in objects]


def folders_in_lake(mesh):
    return {folder for object_ in (mesh.data / "lake").iterdir() if object_.is_dir() and object_.name != "staging" for folder in object_.iterdir()}


def test_a_run_that_was_interrupted_too_often_fails_as_any_other(make_server, tmp_path):
    server = make_server()
    mesh = open_mesh(server)
    view = make_view(mesh, make_table(mesh, tmp_path / "a"), "view", rate={"every": "1h"})
    write_rows(tmp_path / "a", 3000)
    run = refresh(mesh, view)
    until(lambda: running(mesh) == [run], "the run is at work")
    server.stop(signal.SIGKILL)
    with sqlite3.connect(mesh.data / "weft.db") as store:
        store.execute("update runs set attempts = 3 where id = ?", (run,))
        store.execute("delete from due_objects")
    server.start()
    done = wait_for_runs(mesh, view)
    assert (done["id"], done["state"], done["failure"]["code"]) == (run, "failed", "run.interrupted")
    assert [item["kind"] for item in mesh.call("olivia", "GET", "/api/v1/notifications").json()["items"]] == ["run.failed"]
    with sqlite3.connect(mesh.data / "weft.db") as store:
        assert store.execute("select count(*) from due_objects where object_id = ?", (view,)).fetchone() == (1,), "it stays on its schedule"


def test_the_newest_snapshots_of_a_view_stay(make_server, tmp_path):
    mesh = open_mesh(make_server(environment={"WEFT_SNAPSHOTS_KEEP": "2"}))
    view = make_view(mesh, make_table(mesh, tmp_path / "a"), "names", sql="SELECT * FROM rows")
    for _ in range(3):
        refresh(mesh, view)
        assert wait_for_runs(mesh, view)["state"] == "succeeded"
    until(lambda: len(list((mesh.data / "lake" / view).iterdir())) == 2, "two snapshots are there")
    assert folders_in_lake(mesh) == snapshot_folders(mesh)


def test_what_a_crash_left_is_swept_and_the_run_is_taken_up(make_server, tmp_path):
    server = make_server()
    mesh = open_mesh(server)
    table = make_table(mesh, tmp_path / "a")
    view = make_view(mesh, table, "view")
    gone = make_view(mesh, table, "gone", sql="SELECT * FROM rows")
    write_rows(tmp_path / "a", 3000)
    run = refresh(mesh, view)
    until(lambda: len(list((mesh.data / "lake" / view).iterdir())) == 2, "the second snapshot is being made")
    server.stop(signal.SIGKILL)
    write_rows(tmp_path / "a", 10)
    server.start()
    done = wait_for_runs(mesh, view)
    assert (done["id"], done["state"], done["attempts"]) == (run, "succeeded", 2)
    until(lambda: folders_in_lake(mesh) == snapshot_folders(mesh), "what nobody knows is swept")
    assert len(runs_of(mesh, view)) == 2
    assert mesh.call("olivia", "DELETE", f"/api/v1/elements/{gone}", headers={"If-Match": "*"}).status_code == 204
    until(lambda: not (mesh.data / "lake" / gone).exists(), "what was removed has no files")
    assert folders_in_lake(mesh) == snapshot_folders(mesh)


def test_removing_a_view_ends_its_refresh(mesh, tmp_path):
    """In the same transaction: no run works for what is gone, and no file of it stays."""
    table = make_table(mesh, tmp_path / "a")
    view = make_view(mesh, table, "view", rate={"every": "1h"})
    write_rows(tmp_path / "a", 3000)
    run = refresh(mesh, view)
    until(lambda: len(list((mesh.data / "lake" / view).iterdir())) == 2, "the second snapshot is being made")
    removed = mesh.call("olivia", "DELETE", f"/api/v1/elements/{view}", headers={"If-Match": "*"})
    assert removed.status_code == 204, removed.text
    ended = mesh.call("olivia", "GET", f"/api/v1/runs/{run}").json()
    assert (ended["state"], ended["failure"]["code"]) == ("cancelled", "run.cancelled") and "olivia removed view" in ended["failure"]["message"], ended
    until(lambda: "weft_workers{state=\"running\"} 0" in mesh.call("nobody", "GET", "/metrics").text, "no worker is at work")
    until(lambda: not (mesh.data / "lake" / view).exists(), "what was removed has no files")
    until(lambda: not list((mesh.data / "lake" / "staging").iterdir()), "nothing is being made")
    assert mesh.call("olivia", "GET", f"/api/v1/runs/{run}").json() == ended, "what the run's own end says comes too late"
    assert [mesh.call("ada", "GET", f"/api/v1/audit?object={of}").json()["items"][0]["action"] for of in (run, view)] == ["run.cancel", "element.remove"]
    assert mesh.call("olivia", "POST", f"/api/v1/elements/{view}/refresh").status_code == 404
    # One that waits in the queue ends, too.
    waiting = make_view(mesh, table, "waiting", sql="SELECT * FROM rows")
    slow = [make_view(mesh, table, f"slow{number}", sql="SELECT a.* FROM rows a WHERE a.id < 0") for number in range(2)]
    for other in slow:
        mesh.call("olivia", "PUT", f"/api/v1/elements/{other}/view", headers={"If-Match": "*"},
                  json={"sql": SLOW_SQL, "ingredients": [{"alias": "rows", "element": table}]})
    until(lambda: len(running(mesh)) == 2, "two runs are at work")
    run = refresh(mesh, waiting)
    assert mesh.call("olivia", "GET", f"/api/v1/runs/{run}").json()["state"] == "queued"
    assert mesh.call("olivia", "DELETE", f"/api/v1/elements/{waiting}", headers={"If-Match": "*"}).status_code == 204
    assert mesh.call("olivia", "GET", f"/api/v1/runs/{run}").json()["state"] == "cancelled"
    for other in slow:
        assert mesh.call("olivia", "DELETE", f"/api/v1/elements/{other}", headers={"If-Match": "*"}).status_code == 204
    until(lambda: not running(mesh) and not folders_in_lake_of(mesh, [waiting, *slow]), "no run is at work and no file of them is left")
