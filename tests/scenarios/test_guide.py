"""The commands of the README and the guide do what they say: each is run, in order, against one served demo."""
import os
import re
import subprocess

import pytest
from conftest import BINARY, ROOT, Server

PAGES = ["README.md", *(f"docs/guide/{name}" for name in re.findall(r"\((\w[\w-]*\.md)\)", (ROOT / "docs/guide/README.md").read_text()))]


def commands(page):
    """The fenced `sh` blocks of a page."""
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("guide") / "demo-data", command="demo")
    server.data.mkdir()
    server.start()
    yield server
    assert server.stop() == 0


# As a shell would run them, but for: make (this is what was made), addresses, and a server in the foreground.
def as_here(block, demo, folder):
    text = "\n".join(line for line in block.splitlines() if not line.startswith("make")) + "\n"
    text = text.replace("http://127.0.0.1:8080", demo.url).replace("127.0.0.1:8081", "127.0.0.1:0").replace("/tmp/weft-data", str(folder / "weft-data"))
    text = text.replace("curl -s ", "curl -sS --fail-with-body ")
    return re.sub(r"^(\S+ serve .*)$", r"rm -f served\n\1 > served & server=$!\nuntil grep -q 'Weft serves' served; do kill -0 $server; sleep 0.05; done\nkill $server; wait $server", text, flags=re.MULTILINE)


def test_every_page_is_listed():
    assert {path.name for path in (ROOT / "docs/guide").glob("*.md")} == {os.path.basename(page) for page in PAGES[1:]} | {"README.md"}
    assert sum(len(commands(page)) for page in PAGES) > 10


def test_the_commands_work_in_order(demo, tmp_path):
    build, home = tmp_path / "build", tmp_path / "home"
    build.mkdir()
    home.mkdir()
    (build / "release").symlink_to(BINARY.parent)
    (build / "demo-data").symlink_to(demo.data)
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    for page in PAGES:
        script = "\n".join(as_here(block, demo, tmp_path) for block in commands(page))
        run = subprocess.run(["bash", "-euo", "pipefail", "-x", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, f"{page}\n{run.stdout[-2000:]}\n{run.stderr[-3000:]}"
