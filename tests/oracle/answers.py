"""Reading the server's answers, whatever their format, and telling them from what was expected."""
from __future__ import annotations

import datetime
import decimal
import io
import json
import math
import uuid

import pyarrow
import pyarrow.parquet

from evaluate import Answer, Refusal, Request, format_fraction

MEDIA_TYPES = {
    "json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet", "arrow": "application/vnd.apache.arrow.stream",
}


def plain(kind: str, value):
    """A value in the one form in which those of all formats are compared."""
    if value is None:
        return None
    if kind == "double":
        number = float(value)
        return "NaN" if math.isnan(number) else number
    if kind == "decimal":
        return decimal.Decimal(value)
    if isinstance(value, datetime.datetime):
        zone = "+00:00" if kind == "timestamptz" else ""
        if value.tzinfo:
            value = value.astimezone(datetime.timezone.utc)
        return f"{value.year:04}-" + value.strftime("%m-%dT%H:%M:%S") + format_fraction(value.microsecond) + zone
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S") + format_fraction(value.microsecond)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    return value


class Malformed(Exception):
    """The body is not what its format says."""


def from_text(kind: str, text: str):
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    if kind == "integer":
        return int(text)
    return text


def read_csv(text: str) -> list[list[str | None]]:
    """RFC 4180, strictly; an empty field without quotes is None."""
    rows, row, at = [], [], 0
    while at < len(text):
        if text[at] == '"':
            field, at = "", at + 1
            while True:
                end = text.index('"', at)
                field += text[at:end]
                at = end + 1
                if text[at:at + 1] != '"':
                    break
                field += '"'
                at += 1
        else:
            end = min(position for position in (text.find(c, at) for c in ",\n") if position >= 0)
            field = text[at:end] or None
            if field and any(c in field for c in '"\r'):
                raise Malformed(f"a field without quotes has quotes or a line's end: {field!r}")
            at = end
        row.append(field)
        if text[at] == "\n":
            rows.append(row)
            row = []
        elif text[at] != ",":
            raise Malformed(f"{text[at]!r} behind a field")
        at += 1
    if row:
        raise Malformed("the last line has no end")
    return rows


def read_table(request: Request, body: bytes) -> pyarrow.Table:
    if request.format == "parquet":
        return pyarrow.parquet.read_table(io.BytesIO(body))
    return pyarrow.ipc.open_stream(body).read_all()


def read_rows(request: Request, answer: Answer, body: bytes) -> tuple[list[str] | None, list[list]]:
    """The names, where the format has them without rows, and the rows."""
    if request.format in ("json", "ndjson"):
        text = body.decode()
        lines = text.split("\n")[:-1]
        load = json.JSONDecoder(parse_float=decimal.Decimal, parse_constant=lambda word: (_ for _ in ()).throw(Malformed(word))).decode
        objects = [load(line) for line in lines] if request.format == "ndjson" else load(text)
        objects = [objects] if request.single else objects
        names = list(objects[0]) if objects else None
        for entry in objects:
            if list(entry) != names:
                raise Malformed("rows have different columns")
        return names, [list(entry.values()) for entry in objects]
    if request.format == "csv":
        names, *lines = read_csv(body.decode())
        return names, [[None if field is None else from_text(kind, field) for kind, field in zip(answer.kinds, line, strict=True)] for line in lines]
    table = read_table(request, body)
    columns = [column.to_pylist() for column in table.columns]
    return table.column_names, [list(row) for row in zip(*columns)] if columns else []


def expected_status(answer: Answer, request: Request) -> int:
    return 206 if request.count and len(answer.rows) < answer.total else 200


def expected_range(answer: Answer, request: Request) -> str:
    rows = f"{answer.first}-{answer.first + len(answer.rows) - 1}" if answer.rows else "*"
    return f"{rows}/{answer.total if request.count else '*'}"


def refusal_differs(expected: Refusal, request: Request, status: int, body: bytes) -> str | None:
    if status != expected.status:
        return f"status {status}, expected {expected.status} {expected.code}"
    if request.head:
        return f"a body behind HEAD: {body[:100]!r}" if body else None
    problem = json.loads(body)
    if not {"code", "message", "details", "hint"} <= set(problem):
        return "an error without code, message, details and hint"
    return None if problem["code"] == expected.code else f"code {problem['code']}, expected {expected.code}"


def difference(request: Request, expected, status: int, headers, body: bytes) -> str | None:
    """What is wrong with the server's answer, or None."""
    if isinstance(expected, Refusal):
        return refusal_differs(expected, request, status, body)
    if status != expected_status(expected, request):
        return f"status {status}, expected {expected_status(expected, request)}"
    if headers.get("Content-Range") != expected_range(expected, request):
        return f"Content-Range {headers.get('Content-Range')}, expected {expected_range(expected, request)}"
    media_type = "application/vnd.pgrst.object+json" if request.single else MEDIA_TYPES[request.format]
    if headers.get("Content-Type", "").partition(";")[0] != media_type:
        return f"Content-Type {headers.get('Content-Type')}, expected {media_type}"
    if request.head:
        return f"a body behind HEAD: {body[:100]!r}" if body else None
    try:
        names, rows = read_rows(request, expected, body)
    except (Malformed, ValueError, KeyError, IndexError, TypeError, pyarrow.ArrowException) as problem:
        return f"the body is no {request.format}: {problem!r}"
    if names is not None and names != expected.names:
        return f"columns {names}, expected {expected.names}"
    got = [[plain(kind, value) for kind, value in zip(expected.kinds, row)] for row in rows]
    wanted = [[plain(kind, value) for kind, value in zip(expected.kinds, row)] for row in expected.rows]
    if got != wanted:
        number = next((i for i, pair in enumerate(zip(got, wanted)) if pair[0] != pair[1]), min(len(got), len(wanted)))
        return f"{len(got)} rows, expected {len(wanted)}; row {number} is\n  {got[number:number + 1]}, expected\n  {wanted[number:number + 1]}"
    if any(type(a) is not type(b) for one, other in zip(got, wanted) for a, b in zip(one, other)):
        return f"values of another type: {got[0]}, expected {wanted[0]}"
    return None
