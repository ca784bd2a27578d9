"""Each *.scenario file beside this one is a test."""
from pathlib import Path

import pytest
from scenario import Runner, parse

FILES = sorted(Path(__file__).parent.glob("*.scenario"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_scenario(file, mesh, csv_folder, tmp_path):
    runner = Runner(mesh.url, mesh.tokens, {"csv": csv_folder, "folder": tmp_path, "url": mesh.url})
    for step in parse(file):
        runner.run(step, file.name)
