"""Rows that are larger than one piece of an answer."""
from run_steps import make_table
from waiting import wait_for_run

LARGE = "x" * 400_000


def publish_rows(mesh, folder, text):
    table = make_table(mesh, folder)
    (folder / "rows.csv").write_text(text)
    product = mesh.call("olivia", "POST", "/api/v1/products", json={
        "domain": "shop", "name": "rows", "title": "Rows", "description": "One row is one row.",
        "ingredients": [{"alias": "r", "element": table}], "ports": [{"name": "rows", "ingredient": "r"}]}).json()["id"]
    run = mesh.call("olivia", "POST", f"/api/v1/products/{product}/publish").json()["id"]
    assert wait_for_run(mesh, run)["state"] == "succeeded"


def test_a_single_object_comes_whole(mesh, tmp_path):
    publish_rows(mesh, tmp_path / "a", f"id,name\n1,{LARGE}\n2,short\n")
    for query in ("id=eq.1", "id=eq.1&limit=1"):
        for prefer in ("count=none", "count=exact"):
            for _ in range(2):  # the second time from memory
                answer = mesh.call("olivia", "GET", f"/data/v1/shop/rows/rows?{query}", headers={
                    "Accept": "application/vnd.pgrst.object+json", "Prefer": prefer})
                assert answer.status_code == 200 and answer.json() == {"id": 1, "name": LARGE}, answer.text[-20:]
    several = mesh.call("olivia", "GET", "/data/v1/shop/rows/rows?order=id", headers={"Accept": "application/vnd.pgrst.object+json"})
    assert several.status_code == 406
    assert mesh.call("olivia", "GET", "/data/v1/shop/rows/rows?order=id").json() == [{"id": 1, "name": LARGE}, {"id": 2, "name": "short"}]


def test_an_answer_that_becomes_304_counts_no_bytes(mesh, tmp_path):
    publish_rows(mesh, tmp_path / "a", "id,name\n1,one\n")
    for _ in range(3):
        assert mesh.call("olivia", "GET", "/data/v1/shop/rows/rows", headers={"If-None-Match": "*"}).status_code == 304
    usage = mesh.call("olivia", "GET", "/api/v1/usage/domains").json()["items"]
    assert [(item["hits"], item["bytes"]) for item in usage if item["domain"] == "shop"] == [(3, 0)]
