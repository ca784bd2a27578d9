"""Folders of files as data stores: each file is read to its last line, or refused with what is wrong and where."""
import json
import sqlite3

import pytest

from conftest import open_mesh
from waiting import wait_for_run

HINT = "csv.skip"


def csv_file(text, rows=None, *, columns=None, says=None, csv=None):
    """A file and what must come of it: its rows, or (part of) what is said of it."""
    return {"text": text, "rows": rows, "columns": columns, "says": says, "csv": csv or {}}


FILES = {
    "plain": csv_file("a,b\n1,x\n2,y\n", [[1, "x"], [2, "y"]], columns=["a", "b"]),
    "no-last-newline": csv_file("a,b\n1,x\n2,y", [[1, "x"], [2, "y"]]),
    "byte-order-mark": csv_file("\ufeffa,b\n1,x\n", [[1, "x"]], columns=["a", "b"]),
    "byte-order-mark-quoted": csv_file('\ufeff"a","b"\n1,"x,y"\n', [[1, "x,y"]], columns=["a", "b"]),
    "crlf": csv_file("a,b\r\n1,x\r\n2,y\r\n", [[1, "x"], [2, "y"]]),
    "mixed-newlines": csv_file("a,b\r\n1,x\n2,y\r\n", says="line 2 ends in another line break"),
    "quoted-newline": csv_file('a,b\n1,"x\ny"\n2,"p""q, r"\n', [[1, "x\ny"], [2, 'p"q, r']]),
    "quoted-crlf": csv_file('a,b\r\n1,"x\r\ny"\r\n', [[1, "x\r\ny"]]),
    "space-before-quote": csv_file('a,b\n1, "x,y"\n', [[1, "x,y"]]),
    "semicolon": csv_file("a;b\n1,5;x\n2,5;y\n", [["1,5", "x"], ["2,5", "y"]], columns=["a", "b"]),
    "tab": csv_file("a\tb\n1\tx\n", [[1, "x"]], columns=["a", "b"]),
    "no-header": csv_file("1,x\n2,y\n", [[1, "x"], [2, "y"]], columns=["column0", "column1"]),
    "no-header-text-said": csv_file("p,q\nr,s\n", [["p", "q"], ["r", "s"]], columns=["column0", "column1"], csv={"header": False}),
    "header-said": csv_file("1,2\n3,4\n", [[3, 4]], columns=["1", "2"], csv={"header": True}),
    "empty": csv_file("", says="is empty"),
    "blank": csv_file("\n\n", says="is empty"),
    "header-only": csv_file("a,b\n", [], columns=["a", "b"]),
    "one-column": csv_file("name\nx\ny\n", [["x"], ["y"]], columns=["name"]),
    "one-column-of-text": csv_file("text\nhello, world\nhow are you\nfine\n", [["hello, world"], ["how are you"], ["fine"]], columns=["text"]),
    "one-column-said": csv_file("text\nhello, world\nhow, now\n", [["hello, world"], ["how, now"]], columns=["text"], csv={"delimiter": "|"}),
    "duplicate-names": csv_file("a,a,A\n1,2,3\n", [[1, 2, 3]], columns=["a", "a_1", "A_2"]),
    "nameless-column": csv_file("a,,c\n1,2,3\n", [[1, 2, 3]], columns=["a", "column1", "c"]),
    "latin-1": csv_file("a,b\n1,caf\u00e9\n".encode("latin-1"), says="not UTF-8"),
    "utf-16": csv_file("a,b\n1,x\n".encode("utf-16"), says="not UTF-8"),
    "title": csv_file("Report 2024\na,b,c\n1,2,3\n4,5,6\n", says="line 1 has 1 column and line 2 has 3 columns"),
    "title-with-comma": csv_file("Report, 2024\na,b,c\n1,2,3\n4,5,6\n", says="line 1 has 2 columns and line 2 has 3 columns"),
    "title-said": csv_file("Report 2024\na,b,c\n1,2,3\n", [[1, 2, 3]], columns=["a", "b", "c"], csv={"skip": 1}),
    "title-and-blank-said": csv_file("Report 2024\n\na,b,c\n1,2,3\n", [[1, 2, 3]], columns=["a", "b", "c"], csv={"skip": 1}),
    "ragged-at-first": csv_file("1,2\n3,4\na,b,c\n1,2,3\n4,5,6\n", says="line 1 has 2 columns and line 3 has 3 columns"),
    "ragged-within": csv_file("a,b,c\n1,2,3\n4,5\n6,7,8\n", says="line 1 has 3 columns and line 3 has 2 columns"),
    "ragged-late": csv_file("a,b,c\n" + "1,2,3\n" * 5000 + "4,5\n6,7,8\n", says="line 1 has 3 columns and line 5002 has 2 columns"),
    "short-header": csv_file("a,b\n1,2,3\n4,5,6\n", says="line 1 has 2 columns and line 2 has 3 columns"),
    "long-from-the-middle": csv_file("a,b,c\n" + "1,2,3\n" * 3 + "4,5,6,7\n" * 50, says="line 1 has 3 columns and line 5 has 4 columns"),
    "footer": csv_file("a,b,c\n1,2,3\n4,5,6\nTotal: 2\n", says="line 1 has 3 columns and line 4 has 1 column"),
    "comment": csv_file("# made by hand\na,b\n1,x\n2,y\n", says="line 1 has 1 column and line 2 has 2 columns"),
    "looks-like-a-comment": csv_file("a,b,c\n1,2,3\n#4,5,6\n7,8,9\n", [["1", 2, 3], ["#4", 5, 6], ["7", 8, 9]]),
    "comment-behind": csv_file("a,b\n1,x\n2,y # note\n3,#z\n", [[1, "x"], [2, "y # note"], [3, "#z"]]),
    "blank-lines": csv_file("\n\na,b\n1,x\n\n2,y\n\n", [[1, "x"], [2, "y"]], columns=["a", "b"]),
    "empty-last-column": csv_file("a,b\n1,x,\n2,y,\n", [[1, "x"], [2, "y"]], columns=["a", "b"]),
    "filled-last-column": csv_file("a,b\n1,x,\n2,y,z\n", says="line 1 has 2 columns and line 3 has 3 columns"),
    "open-quote": csv_file('a,b\n1,"x\n2,"y"\n3,"z"\n', says="line"),
    "text-behind-quote": csv_file('a,b\n1,"x"y\n2,"z"\n', says="in line 2 text stands behind a closing quote"),
    "no-quotes-said": csv_file('a,b\n1,"x"y\n2,"z"\n', [[1, '"x"y'], [2, '"z"']], csv={"quote": ""}),
    "single-quotes": csv_file("a,b\n1,'x,y'\n2,'z'\n", [[1, "x,y"], [2, "z"]]),
    "long-numbers": csv_file("id,x,zip\n12345678901234567890,1.5,01234\n2,1e300,90210\n", [["12345678901234567890", 1.5, "01234"], ["2", 1e300, "90210"]]),
    "null-said": csv_file("a,b\n1,NA\nNA,y\n", [[1, None], [None, "y"]], csv={"null": "NA"}),
}


def make_store(mesh, name, path, csv=None, rights=None, kind="folder"):
    answer = mesh.call("olivia", "POST", "/api/v1/data-stores", json={
        "name": name, "type": kind, "coordinates": {"path": str(path), **({"csv": csv} if csv else {})}, "rights": rights or [{"domain": "shop"}]})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def map_table(mesh, store, table, **more):
    return mesh.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": table, **more})


@pytest.fixture
def shop(make_server):
    mesh = open_mesh(make_server())
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    return mesh


def publish_one(mesh, name, element):
    product = mesh.call("olivia", "POST", "/api/v1/products", json={
        "domain": "shop", "name": name, "title": name, "description": "What is there.",
        "ingredients": [{"alias": "i", "element": element}], "ports": [{"name": "p", "ingredient": "i"}]})
    assert product.status_code == 201, product.text
    product = product.json()["id"]
    return product, ended(mesh, mesh.call("olivia", "POST", f"/api/v1/products/{product}/publish"))


def ended(mesh, queued):
    assert queued.status_code == 202, queued.text
    return wait_for_run(mesh, queued.json()["id"])


def test_csv_files_as_they_come(shop, tmp_path):
    wrong = {}
    for name, case in FILES.items():
        folder = tmp_path / name
        folder.mkdir()
        text = case["text"] if isinstance(case["text"], bytes) else case["text"].encode()
        (folder / f"{name}.csv").write_bytes(text)
        answer = map_table(shop, make_store(shop, name, folder, case["csv"]), f"{name}.csv", name=name)
        if case["says"] is not None:
            problem = answer.json()
            right = answer.status_code == 422 and problem["code"] in ("data_store.unreadable", "data_store.empty_table") and case["says"] in problem["detail"]
            if not right or f"{name}.csv" not in problem["detail"] or not problem["hint"]:
                wrong[name] = answer.text
            continue
        if answer.status_code != 201:
            wrong[name] = answer.text
            continue
        columns = [column["name"] for column in answer.json()["columns"]]
        sample = shop.call("olivia", "GET", f"/api/v1/elements/{answer.json()['id']}/sample").json()
        rows = [[row.get(column) for column in columns] for row in sample["rows"]]
        if rows != case["rows"] or (case["columns"] and columns != case["columns"]):
            wrong[name] = (columns, rows)
    assert not wrong, json.dumps(wrong, indent=1)


def test_a_refresh_loses_no_line(shop, tmp_path):
    """What the file became since it was mapped: taken whole, or the run says what is wrong and the last good data stay."""
    file = tmp_path / "sales.csv"
    file.write_text("id,name,price\n" + "".join(f"{number},item,1.5\n" for number in range(100)))
    element = map_table(shop, make_store(shop, "files", tmp_path), "sales.csv").json()["id"]
    product, run = publish_one(shop, "sales", element)
    assert run["state"] == "succeeded" and run["rows"] == 100, run
    good = file.read_text()
    for text, words in (("Sales\nof May\n" + good, "line 1 has 1 column and line 3 has 3 columns"), (good + "100,item\n", "line 102 has 2 columns"),
                        (good.replace("\n", "\n1,2\n", 1), "line 2 has 2 columns"), ("# by hand\n" + good, "line 1 has 1 column"),
                        (good + '100,"open,1.5\n', "line 102"), ("", "is empty"), (good.replace("7,item", "7,caf\u00e9"), None)):
        file.write_bytes(text.encode("latin-1"))
        run = ended(shop, shop.call("olivia", "POST", f"/api/v1/products/{product}/refresh"))
        assert run["state"] == "failed" and "sales.csv" in run["failure"]["message"] and (words or "not UTF-8") in run["failure"]["message"], (words, run)
        assert len(shop.call("olivia", "GET", "/data/v1/shop/sales/p?limit=1000").json()) == 100
    file.write_text(good + "100,item,2\n")
    assert ended(shop, shop.call("olivia", "POST", f"/api/v1/products/{product}/refresh"))["rows"] == 101


def test_packed_csv_files(shop, tmp_path):
    import gzip
    for name, text in (("good", "a,b\n1,x\n"), ("title", "Report\na,b,c\n1,2,3\n4,5,6\n"), ("ragged", "a,b,c\n1,2,3\n4,5\n")):
        (tmp_path / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    store = make_store(shop, "files", tmp_path)
    assert map_table(shop, store, "good.csv.gz").status_code == 201
    for name in ("title", "ragged"):
        answer = map_table(shop, store, f"{name}.csv.gz")
        assert (answer.status_code, answer.json()["code"]) == (422, "data_store.unreadable") and "columns" in answer.json()["detail"], answer.text


def test_a_json_field_that_comes_late_is_a_column(shop, tmp_path):
    (tmp_path / "late.ndjson").write_text('{"a": 1}\n' * 30000 + '{"a": 1, "b": 2}\n')
    (tmp_path / "late.json").write_text("[" + '{"a": 1}, ' * 30000 + '{"a": 1, "b": 2}]')
    store = make_store(shop, "files", tmp_path)
    for table in ("late.ndjson", "late.json"):
        answer = map_table(shop, store, table, name=table.replace(".", "_"))
        assert [column["name"] for column in answer.json()["columns"]] == ["a", "b"], answer.text


def test_a_store_that_is_not_there_says_so(shop, tmp_path):
    """The list of its tables, its check and every look give the same diagnosis: never an empty list."""
    gone = tmp_path / "gone"
    gone.mkdir()
    (gone / "a.csv").write_text("a\n1\n")
    database = gone / "a.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE t (a int)")
    connection.close()
    (gone / "no.db").write_text("This is no database, but long enough to be taken for one by a careless reader." * 20)
    files, sqlite = make_store(shop, "files", gone), make_store(shop, "sqlite", database, kind="sqlite")
    element, table = map_table(shop, files, "a.csv").json()["id"], map_table(shop, sqlite, "t", name="t").json()["id"]
    stores = {"not-a-database": ("data_store.unreadable", make_store(shop, "no", gone / "no.db", kind="sqlite"), "no.db"),
              "a-folder": ("data_store.unreachable", make_store(shop, "of-folder", gone, kind="sqlite"), "is not a file"),
              "a-file": ("data_store.unreachable", make_store(shop, "of-file", gone / "a.csv"), "is not a folder")}

    def look(store, code, words):
        answer = shop.call("olivia", "GET", f"/api/v1/data-stores/{store}/tables")
        assert answer.status_code == 422 and answer.headers["Content-Type"].startswith("application/problem+json"), answer.text
        problem = answer.json()
        assert problem["code"] == code and words in problem["detail"] and problem["hint"], problem
        check = shop.call("olivia", "POST", f"/api/v1/data-stores/{store}/check").json()
        assert check["outcome"] == "failed" and problem["detail"] in check["diagnosis"], check

    for code, store, words in stores.values():
        look(store, code, words)
    for schema in ("none", ".", "../gone"):
        answer = map_table(shop, files, "a.csv", schema=schema, name="x")
        assert answer.status_code == 404 and answer.json()["code"] in ("data_store.no_such_schema", "data_store.no_such_table"), answer.text
    assert map_table(shop, files, "a.csv", schema="none", name="x").json()["code"] == "data_store.no_such_schema"
    assert map_table(shop, sqlite, "t", schema="other", name="x").json()["code"] == "data_store.no_such_schema"
    assert map_table(shop, sqlite, "none", name="x").json()["code"] == "data_store.no_such_table"
    gone.rename(tmp_path / "elsewhere")
    look(files, "data_store.unreachable", str(gone))
    look(sqlite, "data_store.unreachable", str(database))
    for of in (element, table):
        for what in ("sample", "profile"):
            answer = shop.call("olivia", "GET", f"/api/v1/elements/{of}/{what}")
            assert (answer.status_code, answer.json()["code"]) == (422, "data_store.unreachable") and "gone" in answer.json()["detail"], answer.text
    _, run = publish_one(shop, "product", element)
    assert run["state"] == "failed" and run["failure"]["code"] == "data_store.unreachable" and str(gone) in run["failure"]["message"], run
    found = shop.call("ada", "GET", f"/api/v1/coverage/tables?store={files}")
    assert "does not exist" in found.text, found.text


def test_a_right_to_a_schema_that_is_not_there(shop, tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    answer = shop.call("ada", "POST", "/api/v1/data-stores", json={
        "name": "files", "type": "folder", "coordinates": {"path": str(tmp_path)}, "rights": [{"domain": "shop", "schema": "sales"}]})
    path = f"/api/v1/data-stores/{answer.json()['id']}/tables"
    refused = shop.call("olivia", "GET", path)
    assert (refused.status_code, refused.json()["code"]) == (404, "data_store.no_such_schema") and "sales" in refused.json()["detail"], refused.text
    assert [table["name"] for table in shop.call("ada", "GET", path).json()["items"]] == ["a.csv"]
    (tmp_path / "sales").mkdir()
    assert shop.call("olivia", "GET", path).json()["items"] == []


def test_a_check_is_nobodys_edit(shop, tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    store = make_store(shop, "files", tmp_path)
    path = f"/api/v1/data-stores/{store}"
    seen = shop.call("olivia", "GET", path)
    assert shop.call("olivia", "POST", path + "/check").json()["outcome"] == "reachable"
    after = shop.call("olivia", "GET", path, headers={"If-None-Match": seen.headers["ETag"]})
    assert after.status_code == 200 and after.json()["last_check"]["outcome"] == "reachable", "no 304: it tells the check"
    assert after.json()["updated_at"] == seen.json()["updated_at"]
    changed = shop.call("olivia", "PATCH", path, json={"title": "Files"}, headers={"If-Match": seen.headers["ETag"]})
    assert changed.status_code == 200 and changed.json()["last_check"] == after.json()["last_check"], changed.text
    for old in (seen, after):
        assert shop.call("olivia", "PATCH", path, json={"title": "x"}, headers={"If-Match": old.headers["ETag"]}).status_code == 412
    (tmp_path / "other").mkdir()
    moved = shop.call("olivia", "PATCH", path, json={"coordinates": {"path": str(tmp_path / "other")}}, headers={"If-Match": changed.headers["ETag"]})
    assert moved.status_code == 200 and moved.json()["last_check"] is None, "what was found was found elsewhere"
    assert shop.call("olivia", "GET", path).json()["last_check"] is None
    changed = moved
    shop.call("olivia", "POST", path + "/check")
    assert shop.call("olivia", "DELETE", path, headers={"If-Match": changed.headers["ETag"]}).status_code == 204
