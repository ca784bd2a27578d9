"""Generated requests under a grant's limits, against an oracle that knows only the permitted view and a port that has no more.

SEED and COUNT (of requests a test) choose others; `make soak` asks 10,000 of each.
"""
import os
import sys
from pathlib import Path

import pytest

from conftest import open_mesh

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
import adversarial  # noqa: E402
from campaign import run_campaign  # noqa: E402
from governed import Limits, make_campaign  # noqa: E402
from table import read_csv  # noqa: E402

SEED, COUNT = int(os.environ.get("SEED", "1")), int(os.environ.get("COUNT", "300"))


def adversarial_data(_):
    table = adversarial.make_table(SEED)
    texts = [i for i, column in enumerate(table.columns) if column.name in ("secret", "token")]
    return {"table": table, "outer": Limits(adversarial.ROW_FILTER, adversarial.HIDDEN), "inner": Limits("active=is.true", {"note", "größe"}),
            "casts": adversarial.CASTS, "taken": {row[i] for row in table.rows for i in texts if not row[i].startswith("shown")}}


def airports(csv_folder):
    table = read_csv(csv_folder / "airports.csv", None, {"", "NA"})
    return {"table": table, "outer": Limits("tzone=in.(America/New_York,America/Chicago)&alt=gte.500", {"alt", "lat"}), "inner": Limits("tz=neq.-5", {"dst"})}


def planes(csv_folder):
    table = read_csv(csv_folder / "planes.csv", None, {"", "NA"})
    return {"table": table, "outer": Limits("year=gte.2000&manufacturer=not.eq.BOEING", {"manufacturer", "seats"}), "inner": Limits("engines=eq.2", {"engine"})}


@pytest.mark.parametrize("door", ["own", "derived"])
@pytest.mark.parametrize("data", [adversarial_data, airports, planes])
def test_no_difference(make_server, tmp_path, csv_folder, capsys, data, door):
    mesh = open_mesh(make_server())
    campaign = make_campaign(mesh, tmp_path / "files", door=door, count=COUNT, seed=SEED, **data(csv_folder))
    counts = run_campaign(campaign)
    with capsys.disabled():
        print(f"\n{data.__name__} through {door}, seed {SEED}: {sum(counts.values())} requests, {len(campaign.view.rows)} of {len(campaign.table.rows)} rows"
              f" permitted, no difference: {dict(counts.most_common())}")
