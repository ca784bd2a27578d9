"""Reads that work for long: they hold up nobody else, end when nobody waits for them, and leave nothing behind."""
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

from conftest import open_mesh
from run_steps import write_rows
from waiting import until, wait_for_run

DOOR = "/data/v1/shop/pairs/pairs"
SORTED = f"{DOOR}.csv?order=name.desc,other.asc"  # seconds of work before its first row


def make_pairs(mesh, folder):
    """A product of four million rows, which dana and nina may read; the id of nina's grant."""
    write_rows(folder, 2000)
    call = mesh.call
    assert call("ada", "POST", "/api/v1/domains", json={"name": "shop", "owners": ["olivia"]}).status_code == 201
    store = call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "files", "type": "folder", "coordinates": {"path": str(folder)}, "rights": [{"domain": "shop"}]}).json()["id"]
    element = call("olivia", "POST", "/api/v1/elements", json={"domain": "shop", "store": store, "table": "rows.csv"}).json()["id"]
    product = call("olivia", "POST", "/api/v1/products", json={
        "domain": "shop", "name": "pairs", "title": "Pairs", "description": "One row a pair.", "ingredients": [{"alias": "rows", "element": element}],
        "ports": [{"name": "pairs", "sql": "SELECT a.id AS id, b.id AS other, b.name || a.name AS name FROM rows a, rows b"}]}).json()["id"]
    run = call("olivia", "POST", f"/api/v1/products/{product}/publish").json()["id"]
    assert wait_for_run(mesh, run, seconds=300)["state"] == "succeeded"
    grants = []
    for reader in ("dana", "nina"):
        grants.append(call(reader, "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"])
        assert call("grace", "POST", f"/api/v1/subscriptions/{grants[-1]}/decision", json={"decision": "approve"}).status_code == 200
    return grants[-1]


def busy(mesh):
    metrics = mesh.call("nobody", "GET", "/metrics").text
    return next(int(float(line.split()[-1])) for line in metrics.splitlines() if line.startswith("weft_pool_threads") and '"query"' in line and '"busy"' in line)


def hits(mesh):
    return sum(item["hits"] for item in mesh.call("ada", "GET", "/api/v1/usage/domains").json()["items"])


def spooled(mesh):
    return [path for path in (mesh.data / "spool").rglob("*") if path.is_file()]


def restart(mesh, **environment):
    mesh.stop()
    mesh.environment = environment
    mesh.start()


def test_long_reads_hold_up_nobody(make_server, tmp_path):
    mesh = open_mesh(make_server())
    grant = make_pairs(mesh, tmp_path / "rows")

    # Four by one user: two work, two are told to wait; a page of somebody else is answered while they work.
    with ThreadPoolExecutor(4) as pool:
        reads = [pool.submit(mesh.call, "olivia", "GET", f"{SORTED}&id=gte.{number}", stream=True) for number in range(4)]
        until(lambda: sum(read.done() for read in reads) == 2 and busy(mesh) == 2, "two reads are refused and two at work")
        page = mesh.call("dana", "GET", f"{DOOR}?limit=10")
        working = [read for read in reads if not read.done()]
        assert len(working) == 2, "the test means nothing unless they work meanwhile"
        assert page.status_code == 200 and len(page.json()) == 10
        refused = [read.result() for read in reads if read not in working]
        assert [answer.status_code for answer in refused] == [429, 429]
        assert refused[0].json()["code"] == "53400" and int(refused[0].headers["Retry-After"]) >= 1
        # His own short reads go on, too.
        assert mesh.call("olivia", "GET", f"{DOOR}?id=eq.7&limit=1").status_code == 200
        for read in working:
            answer = read.result()
            assert answer.status_code == 200 and answer.raw.read(100)
            answer.close()
    until(lambda: busy(mesh) == 0, "no read is at work")

    # Who left is not worked for: had it gone on to its end, it would be a hit.
    before = hits(mesh)
    host, port = mesh.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(f"GET {SORTED}&id=gte.10 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {mesh.tokens['dana']}\r\n\r\n".encode())
        until(lambda: busy(mesh) == 1, "the read is at work")
    until(lambda: busy(mesh) == 0, "no read is at work")
    assert hits(mesh) == before

    # Nor is somebody who may read no more.
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(mesh.call, "nina", "GET", f"{DOOR}.parquet?order=name.desc,other.asc")
        until(lambda: busy(mesh) == 1, "the read is at work")
        assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{grant}/revoke", json={"reason": "Enough."}).status_code == 200
        assert read.result().status_code == 403
    until(lambda: busy(mesh) == 0, "no read is at work")
    until(lambda: not spooled(mesh), "the spool is empty")
    assert hits(mesh) == before

    # A kill in the midst of it leaves a file that the next start removes.
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(mesh.call, "dana", "GET", f"{DOOR}.parquet?id=gte.2")
        until(lambda: spooled(mesh), "something is spooled")
        mesh.stop(signal.SIGKILL)
        assert read.exception() is not None
    assert spooled(mesh)
    mesh.start()
    assert not spooled(mesh)

    # Bounds: of time, and of the disk.
    restart(mesh, WEFT_READS_TIME_LIMIT="100ms")
    slow = mesh.call("dana", "GET", SORTED)
    assert (slow.status_code, slow.json()["code"]) == (504, "57014"), slow.text
    restart(mesh, WEFT_READS_SPOOL="1MiB")
    large = mesh.call("dana", "GET", f"{DOOR}.parquet?id=gte.2")
    assert (large.status_code, large.json()["code"]) == (413, "53100"), large.text
    until(lambda: not spooled(mesh), "the spool is empty")
    assert mesh.call("dana", "GET", f"{DOOR}.parquet?id=eq.2&limit=10").status_code == 200
    assert mesh.call("dana", "GET", f"{DOOR}.parquet").status_code == 200, "all of it is the snapshot's own file"

    # Draining waits for it as for any read, then stops it.
    restart(mesh, WEFT_SERVER_DRAIN_SECONDS="0")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(mesh.call, "dana", "GET", SORTED)
        until(lambda: busy(mesh) == 1, "the read is at work")
        assert mesh.stop() == 0
        assert read.exception() is not None or read.result().status_code >= 400
