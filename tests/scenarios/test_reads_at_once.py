"""Eight reads at once for one user; a ninth is told so, others are not touched."""
from conftest import open_mesh, publish
from waiting import until

DOOR = "/data/v1/shop/flights/flights"


def test_a_ninth_read_is_refused_until_one_ends(make_server, csv_folder):
    mesh = open_mesh(make_server())
    product = publish(mesh, csv_folder, "flights.csv")
    request = mesh.call("dana", "POST", "/api/v1/subscriptions", json={"product": product, "purpose": "Work."}).json()["id"]
    assert mesh.call("grace", "POST", f"/api/v1/subscriptions/{request}/decision", json={"decision": "approve"}).status_code == 200
    streams = [mesh.call("olivia", "GET", DOOR, stream=True, headers={"Accept-Encoding": "identity"}) for _ in range(8)]
    assert all(stream.status_code == 200 and stream.raw.read(1000) for stream in streams)
    refused = mesh.call("olivia", "GET", DOOR + "?limit=1")
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) >= 1
    assert mesh.call("dana", "GET", DOOR + "?limit=1").status_code == 200
    assert mesh.call("olivia", "GET", "/api/v1/products").status_code == 200
    streams.pop().close()
    until(lambda: mesh.call("olivia", "GET", DOOR + "?limit=1").status_code == 200, "a place is free")
    for stream in streams:
        stream.close()
