"""A SQLite file as a data store, also one in WAL mode: the worker that reads it may write nothing beside it."""
import sqlite3

import pytest

from conftest import open_mesh


@pytest.mark.parametrize("writer", ["gone", "there", "crashed"])
def test_wal(make_server, tmp_path, writer):
    mesh = open_mesh(make_server())
    folder = tmp_path / "files"
    folder.mkdir()
    file = folder / "a.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (a int)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    if writer == "gone":
        connection.close()
    if writer == "crashed":
        kept = {path.name: path.read_bytes() for path in folder.iterdir()}
        connection.close()
        for name, data in kept.items():
            (folder / name).write_bytes(data)
        (folder / "a.db-shm").unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    folder.chmod(0o555)
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    store = mesh.call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "file", "type": "sqlite", "coordinates": {"path": str(file)}, "rights": [{"domain": "shop"}]}).json()["id"]
    assert mesh.call("olivia", "POST", f"/api/v1/data-stores/{store}/check").json()["outcome"] == "reachable"
    element = mesh.call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": "t"})
    assert element.status_code == 201, element.text
    sample = mesh.call("olivia", "GET", f"/api/v1/elements/{element.json()['id']}/sample")
    assert sample.json()["rows"] == [{"a": 1}]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    folder.chmod(0o755)
