"""What is kept for a time only, and what for ever; sums over whole hours stay what they are, whenever the server is killed."""
import signal
import sqlite3
import subprocess
import time

from conftest import BINARY, open_mesh, publish
from run_steps import wait_for_runs
from waiting import until

DOOR = "/data/v1/shop/airlines/airlines"
DAY = 24 * 3600 * 10**6


def store_of(mesh):
    return sqlite3.connect(mesh.data / "weft.db", timeout=30)


def count(mesh, table):
    with store_of(mesh) as store:
        return store.execute(f"select count(*) from {table}").fetchone()[0]


def usage(mesh, by, query=""):
    answer = mesh.call("ada", "GET", f"/api/v1/usage/{by}?limit=1000{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def all_sums(mesh):
    return {by: usage(mesh, by)["items"] for by in ("domains", "products", "readers", "hours", "days")}


def refresh(mesh, product):
    assert mesh.call("olivia", "POST", f"/api/v1/products/{product}/refresh").status_code == 202
    assert wait_for_runs(mesh, product)["state"] == "succeeded"


def test_what_is_old_goes_and_counts_stay(make_server, csv_folder):
    mesh = open_mesh(make_server())
    product = publish(mesh, csv_folder, "airlines.csv")
    for _ in range(3):
        refresh(mesh, product)
    for number in range(20):
        assert mesh.call("olivia", "GET", f"{DOOR}?limit={number}").status_code == 200
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve"}).status_code == 200
    assert usage(mesh, "domains")["exact_from"] is None
    until(lambda: not mesh.call("ada", "GET", "/api/v1/outbox?state=waiting").json()["items"], "all mails are sent")
    runs = mesh.call("ada", "GET", f"/api/v1/runs?object={product}").json()["items"]
    mesh.stop()

    # A year goes by, and before it somebody read each second for two hours and a half.
    hour = int(time.time() // 3600 - 400 * 24) * 3600 * 10**6
    with store_of(mesh) as store:
        for table, column in (("usage_hours", "hour"), ("usage_seconds", "second")):
            store.execute(f"update {table} set {column} = {column} - ?", (365 * DAY,))
        place = store.execute("select product_id, user_id, door from usage_hours").fetchone()
        store.executemany("insert into usage_seconds values (?, ?, ?, ?, 1, 2, 3, '0,1,2,3;')", ((*place, hour + n * 10**6) for n in range(9000)))
        store.executemany("insert into usage_hours values (?, ?, ?, ?, ?, ?, ?)", ((*place, hour + n * 3600 * 10**6, m, 2 * m, 3 * m) for n, m in enumerate((3600, 3600, 1800))))
        store.execute("update runs set finished_at = finished_at - ?", (365 * DAY,))
        store.execute("update notifications set created_at = created_at - ?", (365 * DAY,))
        audited = store.execute("select count(*) from audit_entries").fetchone()[0]
        hours = store.execute("select sum(hits), sum(row_count), sum(byte_count) from usage_hours").fetchone()

    # Killed in the middle of it, it goes on where it was.
    mesh.start()
    until(lambda: count(mesh, "usage_seconds") < 9000, "forgetting has begun")
    sums = all_sums(mesh)
    mesh.stop(signal.SIGKILL)
    mesh.start()
    until(lambda: count(mesh, "usage_seconds") == 0, "old seconds are forgotten")
    until(lambda: count(mesh, "notifications") == 0, "old notifications are forgotten")
    assert all_sums(mesh) == sums
    assert sums["domains"] == [{"domain": "shop", "hits": hours[0], "rows": hours[1], "bytes": hours[2]}]
    assert [item["reader"] for item in sums["readers"]] == ["olivia"]
    assert usage(mesh, "domains")["exact_from"] > "2020"
    assert count(mesh, "outbox") == 0
    left = mesh.call("ada", "GET", f"/api/v1/runs?object={product}").json()["items"]
    assert [run["id"] for run in left] == [runs[0]["id"]], "the newest, which is also the last that succeeded"
    assert left[0]["log"] == runs[0]["log"]

    # Of an old hour that is cut only the whole is known.
    begin = time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime(hour / 10**6))
    cut = time.strftime("%Y-%m-%dT%H:30:00Z", time.gmtime(hour / 10**6))
    assert usage(mesh, "domains", f"&from={begin}&to={cut}")["items"][0]["hits"] == 3600

    # What is young stays, and the audit log altogether.
    assert mesh.call("olivia", "GET", f"{DOOR}?limit=1").status_code == 200
    refresh(mesh, product)
    assert usage(mesh, "domains")["items"][0]["hits"] == hours[0] + 1
    assert count(mesh, "usage_seconds") == 1
    mesh.stop()
    done = subprocess.run([BINARY, "audit", "verify", "--data", mesh.data], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert count(mesh, "audit_entries") > audited
    mesh.start()
    assert count(mesh, "usage_seconds") == 1
