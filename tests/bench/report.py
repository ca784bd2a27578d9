#!/usr/bin/env python3
"""From measured rows to build/bench/results.json and the table in docs/reference/performance.md.

Run by itself it puts the last results into that page again, without measuring.
"""
import json
import os
import platform
import re
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/reference/performance.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

# How the work begins, and the peer → the least ratio that is aimed at.
AIMS = {
    ("page, ", "nginx, the same bytes as a file"): "≥ 1 ×",
    ("row filter and 3 hidden columns", "Weft, the same filter by the reader"): "≥ 0.9 ×",
    ("one key of 1M rows", "ROAPI from memory"): "≥ 10 ×",
    ("one key of 1M rows, one client, p50", "DuckDB in process on the same file"): "≥ 20 ×",
    ("all of flights as JSON", "DuckDB's COPY to memory"): "≥ 3 ×",
    ("all of flights as Arrow", "a bare send() loop of the same bytes"): "≥ 0.7 ×",
}
# What nothing here measures yet: work, unit, peer, aim.
NOT_MEASURED = (
    ("row filter and 3 masked columns by the grant", "requests/s", "Weft, the unmasked request", "≥ 0.9 ×"),
    ("growth of memory during an export of 100 GB", "MiB", "", "≤ 64"),
    ("search over 1M assets: prefix, one typo, facets, permissions; p99", "ms", "", "≤ 5"),
    ("from an edit until a search over 1M assets finds it", "ms", "", "≤ 100"),
    ("Iceberg `loadTable`", "requests/s", "nginx, the same bytes as a file", "≥ 0.5 ×"),
    ("pipelines on TPC-H SF1, with commit, checks and lineage", "s", "DuckDB, the same SQL", "≤ 1.1 × its time"),
    ("from asking for a run to its first effect, p99", "ms", "", "≤ 100"),
    ("cold start to the first answer, with 1M assets", "s", "", "≤ 0.3"),
    ("idle memory, with 1M assets", "MiB", "", "≤ 512"),
    ("what counting hits costs of a page", "%", "Weft without it", "≤ 3"),
)


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio_text(row):
    spread = f" ({number(row['ratio_min'])}–{number(row['ratio_max'])})" if len(row["pairs"]) > 1 else ""
    return f"{number(row['ratio'])} ×{spread}"


def machine():
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", info)
    system = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    return {"processor": model[1] if model else platform.machine(), "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "memory_gib": round(memory), "system": system[1] if system else platform.platform(), "kernel": platform.release()}


def results(rows, absent, versions, arguments):
    return {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": {**machine(), "processors": os.cpu_count(), "load": os.getloadavg()[2]},
            "versions": versions, "command": "make bench" + (" (quick)" if arguments.quick else ""), "groups": list(arguments.only),
            "rows": [row.as_json() for row in rows], "absent": absent}


def aim_of(row):
    return next((aim for (work, peer), aim in AIMS.items() if row["work"].startswith(work) and row["peer"] == peer), "")


def line(*cells):
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def table(measured):
    host = measured["machine"]
    lines = [
        f"{measured['at'][:10]}, {host['processors']} × {host['processor']}, {host['memory_gib']} GiB, {host['system']}, kernel {host['kernel']};",
        "; ".join(f"{name}: {version}" for name, version in measured["versions"].items()) + f"; `{measured['command']}`.",
        "",
        "| Work | Unit | Weft | Beside | | Ratio (least–most) | Aim |",
        "|---|---|--:|---|--:|--:|--:|",
    ]
    for row in measured["rows"]:
        lines.append(line(row["work"], row["unit"], number(row["weft"]), row["peer"], number(row["peer_value"]), f"**{ratio_text(row)}**", aim_of(row)))
    for row in measured["absent"]:
        lines.append(line(row["work"], "", "", row["peer"], "", "not measured: the peer could not be had", aim_of(row)))
    for work, unit, peer, aim in NOT_MEASURED:
        lines.append(line(work, unit, "", peer, "", "not measured yet", aim))
    return "\n".join(lines) + "\n"


def write_document(text):
    old = DOCUMENT.read_text()
    begin, end = old.index(BEGIN) + len(BEGIN), old.index(END)
    DOCUMENT.write_text(old[:begin] + "\n" + text + old[end:])


if __name__ == "__main__":
    write_document(table(json.loads((ROOT / "build/bench/results.json").read_text())))
