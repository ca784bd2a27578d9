"""A disk that is full: nothing is answered that can't be counted, nothing acknowledged is lost, and all goes on once there is room."""
import subprocess

import pytest
from conftest import Server, open_mesh, publish
from waiting import until, wait_for_run

SMALL = 96 << 20


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "none", folder], capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def mesh(small_disk, csv_folder):
    (small_disk / "data").mkdir()
    (small_disk / "data" / "weft.toml").write_text(f'[stores]\nfolders = ["{csv_folder}"]\n')
    server = Server(small_disk / "data", environment={"WEFT_WORKERS_SPARES": "0"})
    yield open_mesh(server)
    if server.process.poll() is None:
        assert server.stop() == 0


def fill(disk, leave=0):
    """Takes what room there is but for `leave` bytes; returns the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            pass
        file.truncate(max(0, file.tell() - leave))
    return filler


def test_reads_that_cannot_be_counted_are_not_answered(mesh, small_disk, csv_folder):
    publish(mesh, csv_folder, "airlines.csv")
    path, answered = "/data/v1/shop/airlines/airlines?limit=1", 0
    filler = fill(small_disk)
    for _ in range(200):  # until the page of the journal that is there already is full
        answer = mesh.call("olivia", "GET", path)
        if answer.status_code != 200:
            break
        answered += 1
    assert answer.status_code == 503 and "counted" in answer.text
    assert mesh.call("olivia", "GET", path).status_code == 503
    refused = mesh.call("ada", "POST", "/api/v1/domains", json={"name": "other"})
    assert refused.status_code in (503, 507), refused.text
    assert mesh.call("ada", "GET", "/api/v1/domains").status_code == 200
    assert "\nweft_hits_journal_broken 1\n" in mesh.call("nobody", "GET", "/metrics").text
    filler.unlink()
    until(lambda: "\nweft_hits_journal_broken 0\n" in mesh.call("nobody", "GET", "/metrics").text, "the journal is whole again")
    until(lambda: mesh.call("olivia", "GET", path).status_code == 200, "reads are answered again")
    answered += 1
    assert mesh.call("olivia", "GET", "/api/v1/usage/domains").json()["items"][0]["hits"] == answered
    assert mesh.call("ada", "POST", "/api/v1/domains", json={"name": "other"}).status_code == 201


@pytest.mark.parametrize("leave", [4 << 20, 256 << 10])
def test_a_snapshot_without_room_fails_and_the_last_one_stays(mesh, small_disk, csv_folder, leave):
    product = publish(mesh, csv_folder, "flights.csv")
    filler = fill(small_disk, leave)
    run = mesh.call("olivia", "POST", f"/api/v1/products/{product}/refresh")
    if run.status_code != 202:
        assert run.status_code in (503, 507), run.text
    else:
        failed = wait_for_run(mesh, run.json()["id"])
        assert failed["state"] == "failed" and "room" in failed["failure"]["message"] + failed["failure"]["hint"] + str(failed["failure"]), failed
    filler.unlink()
    until(lambda: mesh.call("olivia", "GET", "/data/v1/shop/flights/flights?limit=1").status_code == 200, "reads are answered again")
    run = until(lambda: (found := mesh.call("olivia", "POST", f"/api/v1/products/{product}/refresh")).status_code == 202 and found, "refreshes are taken again").json()["id"]
    assert wait_for_run(mesh, run)["state"] == "succeeded"
    until(lambda: len(list((mesh.data / "lake" / product).iterdir())) == 2, "two snapshots are there")
    assert not list((mesh.data / "lake" / "staging").iterdir())
