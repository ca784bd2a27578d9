"""One server per data folder."""
import subprocess

from conftest import BINARY, open_mesh


def test_a_second_server_is_refused_and_changes_nothing(make_server):
    mesh = open_mesh(make_server())
    settings = mesh.data / "weft.toml"
    before = settings.read_text()
    second = subprocess.run([BINARY, "serve", "--data", mesh.data, "--listen", "127.0.0.1:0", "--database", "postgres://nobody@127.0.0.1:1/none"],
                            capture_output=True, text=True, timeout=60)
    assert second.returncode != 0
    assert str(mesh.process.pid) in second.stderr
    assert settings.read_text() == before
