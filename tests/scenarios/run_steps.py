"""What tests about runs share: a small table, views over it that take as long as wanted, and waiting for their runs."""
from waiting import OPEN, until

# A view that reads its table three times over: ten rows are nothing, three thousand take minutes.
SLOW_SQL = "SELECT count(*) AS n FROM rows a, rows b, rows c WHERE a.id + b.id + c.id > 1"


def write_rows(folder, count):
    folder.mkdir(exist_ok=True)
    (folder / "rows.csv").write_text("id,name\n" + "".join(f"{number},name {number}\n" for number in range(1, count + 1)))


def make_table(mesh, folder, owner="olivia", domain="shop"):
    """A domain of that owner with the element `rows`; its id."""
    write_rows(folder, 10)
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": domain, "owners": [owner]}).status_code == 201
    store = mesh.call(owner, "POST", "/api/v1/data-stores", json={
        "name": f"files-{domain}", "type": "folder", "coordinates": {"path": str(folder)}, "rights": [{"domain": domain}]}).json()["id"]
    return mesh.call(owner, "POST", "/api/v1/elements", json={"domain": domain, "store": store, "table": "rows.csv"}).json()["id"]


def make_view(mesh, table, name, owner="olivia", domain="shop", sql=SLOW_SQL, rate="manual"):
    answer = mesh.call(owner, "POST", "/api/v1/elements", json={
        "domain": domain, "name": name, "sql": sql, "ingredients": [{"alias": "rows", "element": table}], "rate": rate})
    assert answer.status_code == 201, answer.text
    wait_for_runs(mesh, answer.json()["id"], owner)
    return answer.json()["id"]


def runs_of(mesh, element, who="ada"):
    return mesh.call(who, "GET", f"/api/v1/runs?object={element}&limit=1000").json()["items"]


def wait_for_runs(mesh, element, who="ada"):
    """Until none of that object is open; the newest."""
    return until(lambda: (runs := runs_of(mesh, element, who)) and runs[0]["state"] not in OPEN and runs[0], f"no run of {element} is open")


def refresh(mesh, element, who="olivia"):
    answer = mesh.call(who, "POST", f"/api/v1/elements/{element}/refresh")
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def running(mesh):
    return [run["id"] for run in mesh.call("ada", "GET", "/api/v1/runs?state=running&limit=1000").json()["items"]]
