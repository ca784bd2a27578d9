"""JSON, CSV, Parquet and Arrow of one query are one table in pyarrow and pandas, for every kind of column."""
import decimal
import io
import json
import sys
from pathlib import Path

import pandas
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest

from conftest import open_mesh

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
import adversarial  # noqa: E402
from answers import plain  # noqa: E402
from governed import created, publish_file  # noqa: E402


@pytest.fixture
def port(make_server, tmp_path):
    """Asks olivia's own port; `.url` and `.headers` are for others who ask."""
    folder = tmp_path / "files"
    folder.mkdir()
    adversarial.write_parquet(adversarial.make_table(1), folder / "all.parquet")
    mesh = open_mesh(make_server())
    created(mesh.call("ada", "POST", "/api/v1/domains", json={"name": "owner", "owners": ["olivia"]}))
    store = created(mesh.call("olivia", "POST", "/api/v1/data-stores", json={
        "name": "files", "type": "folder", "coordinates": {"path": str(folder)}, "rights": [{"domain": "owner"}]}))["id"]
    publish_file(mesh, "olivia", store, "owner", "all.parquet")

    def ask(suffix, query):
        answer = mesh.call("olivia", "GET", f"/data/v1/owner/things/things{suffix}?{query}")
        assert answer.status_code == 200, answer.text
        return answer.content

    ask.url = mesh.url + "/data/v1/owner/things/things"
    ask.headers = {"Authorization": "Bearer " + mesh.tokens["olivia"]}
    return ask


def normal(table):
    """Rows as Python values that can be compared: the kinds tell what a value in JSON means."""
    kinds = {column.name: column.kind for column in adversarial.COLUMNS}
    return [{name: plain(kinds[name], value) for name, value in row.items()} for row in table]


@pytest.mark.parametrize("query", ["order=row_number", "select=row_number,wide,note,born,sent_at&active=is.true&order=wide.desc.nullslast,row_number&limit=40",
                                   "row_number=eq.-1"])
def test_formats_agree(port, query):
    arrow = pyarrow.ipc.open_stream(port(".arrow", query)).read_all()
    parquet = pyarrow.parquet.read_table(io.BytesIO(port(".parquet", query)))
    assert parquet.column_names == arrow.column_names
    for name in set(arrow.column_names) - {"key"}:  # in Arrow a UUID is text, which every reader of streams takes
        assert arrow.schema.field(name).type == parquet.schema.field(name).type, name
    rows = normal(arrow.to_pylist())
    assert normal(parquet.to_pylist()) == rows
    assert normal(json.loads(port(".json", query), parse_float=decimal.Decimal)) == rows
    assert normal(json.loads(line, parse_float=decimal.Decimal) for line in port(".ndjson", query).decode().split("\n")[:-1]) == rows

    # pyarrow tells an empty text from null by the quotes; UUIDs it can't read from text itself.
    types = {field.name: pyarrow.string() if field.name == "key" else field.type for field in arrow.schema}
    read = pyarrow.csv.read_csv(io.BytesIO(port(".csv", query)), parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                                convert_options=pyarrow.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False))
    assert normal(read.to_pylist()) == rows

    frames = [table.drop_columns({"key"} & set(table.column_names)).to_pandas() for table in (arrow, parquet)]
    pandas.testing.assert_frame_equal(*frames)


def test_pandas_reads_by_address(port):
    query = "select=row_number,small,active,code,born&order=row_number"
    from_parquet = pandas.read_parquet(f"{port.url}.parquet?{query}", storage_options=port.headers, dtype_backend="pyarrow")
    from_csv = pandas.read_csv(f"{port.url}.csv?{query}", storage_options=port.headers, dtype_backend="pyarrow", parse_dates=False,
                               dtype={name: kind for name, kind in from_parquet.dtypes.items()})
    assert len(from_parquet) == 400
    pandas.testing.assert_frame_equal(from_csv, from_parquet)
    from_lines = pandas.read_json(f"{port.url}.ndjson?select=row_number,small&order=row_number", storage_options=port.headers, lines=True)
    assert list(from_lines["row_number"]) == list(range(400))
    assert from_lines["small"].sum() == from_parquet["small"].sum()
