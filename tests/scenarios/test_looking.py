"""What owners see of an element before anybody asks for it: columns that the catalog knows, data of the definition that it shows."""
from run_steps import make_table, make_view, refresh, wait_for_runs, write_rows


def test_a_column_that_the_store_has_got_since_is_not_shown(mesh, tmp_path):
    table = make_table(mesh, tmp_path / "a")
    (tmp_path / "a" / "rows.csv").write_text("id,name,email,Name2\n1,one,planted@example.org,two\n")
    sample = mesh.call("olivia", "GET", f"/api/v1/elements/{table}/sample")
    assert sample.status_code == 200 and sample.json()["rows"] == [{"id": 1, "name": "one"}]
    profile = mesh.call("olivia", "GET", f"/api/v1/elements/{table}/profile")
    assert [column["name"] for column in profile.json()["columns"]] == ["id", "name"]
    assert "planted" not in sample.text + profile.text


def test_a_view_shows_no_data_of_its_former_definition(mesh, tmp_path):
    table = make_table(mesh, tmp_path / "a")
    view = make_view(mesh, table, "view", sql="SELECT name AS called FROM rows")
    path = f"/api/v1/elements/{view}"
    assert mesh.call("olivia", "GET", f"{path}/sample").json()["rows"][0] == {"called": "name 1"}
    # The refresh of the new definition can't succeed: what is there stays that of the former one.
    (tmp_path / "a" / "rows.csv").write_text("name\nplanted\n")
    changed = mesh.call("olivia", "PUT", f"{path}/view", headers={"If-Match": "*"}, json={
        "sql": "SELECT id AS called FROM rows", "ingredients": [{"alias": "rows", "element": table}], "rate": "manual"})
    assert changed.status_code == 200, changed.text
    wait_for_runs(mesh, view)
    write_rows(tmp_path / "a", 10)
    for look in ("sample", "profile"):
        refused = mesh.call("olivia", "GET", f"{path}/{look}")
        assert (refused.status_code, refused.json()["code"]) == (409, "element.no_data"), refused.text
    reads_it = mesh.call("olivia", "POST", "/api/v1/elements", json={
        "domain": "shop", "name": "second", "sql": "SELECT called FROM v", "ingredients": [{"alias": "v", "element": view}]})
    assert reads_it.status_code == 422 and "refresh it first" in reads_it.text
    refresh(mesh, view)
    assert wait_for_runs(mesh, view)["state"] == "succeeded"
    assert mesh.call("olivia", "GET", f"{path}/sample").json()["rows"][0] == {"called": 1}


def test_whoever_owns_the_domain_above_sees_the_tables_that_it_may_use(mesh, tmp_path):
    write_rows(tmp_path / "a", 10)
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "north", "parent": "shop", "owners": ["wanda"]}).status_code == 201
    store = mesh.call("ada", "POST", "/api/v1/data-stores", json={
        "name": "files", "type": "folder", "coordinates": {"path": str(tmp_path / "a")}, "rights": [{"domain": "shop.north"}]}).json()["id"]
    for who in ("olivia", "wanda", "ada"):
        tables = mesh.call(who, "GET", f"/api/v1/data-stores/{store}/tables").json()["items"]
        assert [table["name"] for table in tables] == ["rows.csv"], who
    assert mesh.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop.north", "store": store, "table": "rows.csv"}).status_code == 201
