"""The catalog's index over restarts, and stores × domains over many stores."""
import shutil
import signal

from conftest import publish
from waiting import until, wait_for_run


def names(mesh, who, query):
    return [item["name"] for item in mesh.call(who, "GET", f"/api/v1/search?{query}").json()["items"]]


def pages(mesh, path):
    """All items of a list, one a page, and how many pages they took."""
    items, cursor, count = [], "", 0
    while True:
        page = mesh.call("ada", "GET", f"{path}&cursor={cursor}" if cursor else path).json()
        items, cursor, count = items + page["items"], page["next"], count + 1
        if cursor is None:
            return items, count


def index_files(mesh):
    return {path.name: path.stat().st_mtime_ns for path in (mesh.data / "search").iterdir()}


def test_the_index_outlives_the_server_however_it_ends(mesh, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    assert names(mesh, "dana", "q=airlines") == ["airlines"]
    for how in (signal.SIGTERM, signal.SIGKILL):
        mesh.stop(how)
        mesh.start()
        assert names(mesh, "dana", "q=airlines") == ["airlines"]
        assert names(mesh, "dana", "q=carrier") == ["airlines"], "found by a column"
        made = f"made-after-{how.name.lower()}"
        assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": made}).status_code == 201
        assert names(mesh, "dana", f"q={made}") == [made]


def test_an_index_that_is_lost_or_spoilt_is_made_anew(mesh, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    assert names(mesh, "dana", "q=airlines") == ["airlines"]
    mesh.stop()
    for file in (mesh.data / "search").iterdir():
        file.write_bytes(b"no index at all")
    mesh.start()
    assert names(mesh, "dana", "q=airlines") == ["airlines"]
    mesh.stop()
    shutil.rmtree(mesh.data / "search")
    mesh.start()
    assert names(mesh, "dana", "q=airlines") == ["airlines"]


def test_the_index_is_filled_without_a_search(mesh, csv_folder):
    before = index_files(mesh)
    publish(mesh, csv_folder, "airlines.csv")
    until(lambda: index_files(mesh) != before, "the index has been written")


def test_a_correction_tells_nothing_of_what_is_hidden(mesh, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    draft = mesh.call("olivia", "POST", "/api/v1/products", json={"domain": "shop", "name": "hidden", "title": "Skunkworks takeover"})
    assert draft.status_code == 201
    assert mesh.call("olivia", "GET", "/api/v1/search?q=skunkwroks").json()["corrected"] == "skunkworks"
    answer = mesh.call("dana", "GET", "/api/v1/search?q=skunkwroks").json()
    assert (answer["total"], answer["items"], "corrected" in answer) == (0, [], False)


def test_tables_of_many_stores_come_page_by_page(mesh, csv_folder, tmp_path):
    """More stores than one page looks into; one that is gone, one whose keeper lost his role, one right that nobody uses."""
    call = mesh.call
    assert call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    assert call("ada", "POST", "/api/v1/domains", json={"name": "empty", "owners": ["wanda"]}).status_code == 201
    stores = []
    for i in range(10):
        folder = tmp_path / f"folder{i}"
        folder.mkdir()
        (folder / "rows.csv").write_text("id\n1\n")
        stores.append(call("olivia" if i < 9 else "rafael", "POST", "/api/v1/data-stores", json={
            "name": f"files{i}", "type": "folder", "coordinates": {"path": str(folder)},
            "rights": [{"domain": "shop"}, {"domain": "empty"}] if i == 0 else [{"domain": "shop"}]}).json()["id"])
    for i in (0, 3):
        assert call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": stores[i], "table": "rows.csv", "name": f"rows{i}"}).status_code == 201
    shutil.rmtree(tmp_path / "folder5")
    (tmp_path / "folder3/rows.csv").rename(tmp_path / "folder3/other.csv")

    lines, count = pages(mesh, "/api/v1/coverage/tables?limit=1000")
    assert count >= 2, "ten stores are more than one page looks into"
    assert [(line["store"]["name"], line["table"], line["state"]) for line in lines] == [
        ("files0", "rows.csv", "mapped"), ("files1", "rows.csv", "unmapped"), ("files2", "rows.csv", "unmapped"),
        ("files3", "other.csv", "unmapped"), ("files3", "rows.csv", "missing"), ("files4", "rows.csv", "unmapped"), ("files5", None, "unreachable"),
        ("files6", "rows.csv", "unmapped"), ("files7", "rows.csv", "unmapped"), ("files8", "rows.csv", "unmapped"), ("files9", "rows.csv", "unmapped")]
    assert "folder5" in lines[6]["diagnosis"]
    single, count = pages(mesh, "/api/v1/coverage/tables?limit=1")
    assert single == lines and count >= 11
    unmapped, _ = pages(mesh, "/api/v1/coverage/tables?state=unmapped&limit=3")
    assert unmapped == [line for line in lines if line["state"] == "unmapped"]

    rafael = next(user for user in call("ada", "GET", "/api/v1/users?limit=1000").json()["items"] if user["name"] == "rafael")
    assert call("ada", "PATCH", f"/api/v1/users/{rafael['id']}", json={"roles": ["data-user"]}, headers={"If-Match": "*"}).status_code == 200
    found = {state: [item["store"]["name"] for item in pages(mesh, f"/api/v1/coverage/stores?state={state}&limit=2")[0]]
             for state in ("without-keeper", "unused-right", "unused", "mapped-twice", "without-owner")}
    assert found == {"without-keeper": ["files9"], "unused-right": [f"files{i}" for i in range(10) if i != 3],
                     "unused": [f"files{i}" for i in range(10) if i not in (0, 3)], "mapped-twice": [], "without-owner": []}
    olivia = next(user for user in call("ada", "GET", "/api/v1/users?limit=1000").json()["items"] if user["name"] == "olivia")
    assert call("ada", "PATCH", f"/api/v1/users/{olivia['id']}", json={"state": "disabled"}, headers={"If-Match": "*"}).status_code == 200
    lost, _ = pages(mesh, "/api/v1/coverage/tables?state=without-owner&limit=1")
    assert [line["store"]["name"] for line in lost] == ["files0", "files3"]
    assert lost[0]["elements"][0]["without_owner"] is True


def test_a_refresh_brings_a_profile_of_its_own(mesh, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "rows.csv").write_text("id,email\n" + "".join(f"{i},planted{i}@example.org\n" for i in range(20)))
    product = publish(mesh, folder, "rows.csv")
    path = f"/api/v1/products/{product}/ports/rows/profile"
    answer = mesh.call("dana", "GET", path)
    profile = answer.json()
    assert (profile["rows"], profile["withheld"], profile["snapshot"]["number"]) == (20, ["email"], 1)
    assert [column["name"] for column in profile["columns"]] == ["id"] and "planted" not in answer.text
    assert profile["columns"][0]["distinct"] == 20
    assert profile == mesh.call("grace", "GET", path).json() == mesh.call("olivia", "GET", path).json()
    (folder / "rows.csv").write_text("id,email\n7,x@example.org\n")
    run = mesh.call("olivia", "POST", f"/api/v1/products/{product}/refresh").json()["id"]
    assert wait_for_run(mesh, run)["state"] == "succeeded"
    profile = mesh.call("dana", "GET", path).json()
    assert (profile["rows"], profile["snapshot"]["number"]) == (1, 2)
    assert (profile["columns"][0]["minimum"], profile["columns"][0]["maximum"]) == (7, 7)
    assert profile["columns"][0]["top"] == [], "one row is not told by its value"


def test_different_values_of_a_port_are_counted_and_not_guessed(mesh, csv_folder):
    product = publish(mesh, csv_folder, "weather.csv")
    columns = {column["name"]: column for column in mesh.call("dana", "GET", f"/api/v1/products/{product}/ports/weather/profile").json()["columns"]}
    assert {name: columns[name]["distinct"] for name in ("origin", "month", "day", "hour")} == {"origin": 3, "month": 12, "day": 31, "hour": 24}


def test_an_empty_file_is_no_table(mesh, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "rows.csv").write_text("id\n1\n")
    (folder / "empty.csv").write_text("")
    publish(mesh, folder, "rows.csv")
    store = mesh.call("olivia", "GET", "/api/v1/data-stores").json()["items"][0]["id"]
    answer = mesh.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": "empty.csv"})
    assert (answer.status_code, answer.json()["code"]) == (422, "data_store.empty_table"), answer.text
