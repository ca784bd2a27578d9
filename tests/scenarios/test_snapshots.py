"""Snapshots: readers see exactly one, refreshes add, old ones go."""
from conftest import open_mesh, publish
from waiting import wait_for_run


def refresh(mesh, product):
    run = mesh.call("olivia", "POST", f"/api/v1/products/{product}/refresh").json()["id"]
    return wait_for_run(mesh, run)["state"]


def test_only_the_newest_snapshots_stay(make_server, csv_folder):
    mesh = open_mesh(make_server(environment={"WEFT_SNAPSHOTS_KEEP": "2"}))
    product = publish(mesh, csv_folder, "airlines.csv")
    for _ in range(3):
        assert refresh(mesh, product) == "succeeded"
    assert mesh.call("olivia", "GET", f"/api/v1/products/{product}").json()["snapshot"]["number"] == 4
    assert len(list((mesh.data / "lake" / product).iterdir())) == 2
    assert len(mesh.call("olivia", "GET", "/data/v1/shop/airlines/airlines").json()) == 16


def test_an_etag_tells_one_snapshot_from_the_next(mesh, csv_folder):
    product = publish(mesh, csv_folder, "airlines.csv")
    path = "/data/v1/shop/airlines/airlines?limit=1"
    first = mesh.call("olivia", "GET", path)
    again = mesh.call("olivia", "GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert refresh(mesh, product) == "succeeded"
    assert mesh.call("olivia", "GET", path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    hits = mesh.call("olivia", "GET", "/api/v1/usage/domains").json()["items"][0]
    assert (hits["hits"], hits["rows"]) == (3, 2), "a 304 is a hit, without rows"


def test_a_failing_refresh_leaves_the_last_good_snapshot(make_server, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "rows.csv").write_text("id,name\n1,one\n2,two\n")
    mesh = open_mesh(make_server())
    product = publish(mesh, folder, "rows.csv")
    (folder / "rows.csv").unlink()
    assert refresh(mesh, product) == "failed"
    assert mesh.call("olivia", "GET", "/data/v1/shop/rows/rows?order=id").json() == [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}]
    assert mesh.call("olivia", "GET", "/api/v1/notifications").json()["items"][0]["kind"] == "run.failed"
    (folder / "rows.csv").write_text("id,name\n3,three\n")
    assert refresh(mesh, product) == "succeeded"
    assert mesh.call("olivia", "GET", "/data/v1/shop/rows/rows").json() == [{"id": 3, "name": "three"}]
