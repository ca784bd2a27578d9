"""A short round of kill -9; `make soak` runs the long one."""
import os

from conftest import BINARY, publish
from kill_campaign import campaign


def test_nothing_acknowledged_is_lost(mesh, csv_folder, capsys):
    product = publish(mesh, csv_folder, "airlines.csv")
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve"}).status_code == 200
    counts = campaign(mesh, BINARY, product, "/data/v1/shop/airlines/airlines", int(os.environ.get("KILLS", "5")), int(os.environ.get("SEED", "1")))
    with capsys.disabled():
        print("\n" + counts)
