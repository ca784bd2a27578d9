"""From measured rows to build/bench/results.json and the table in docs/reference/performance.md."""
import os
import platform
import re
import time
from pathlib import Path

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


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


def table(measured):
    host = measured["machine"]
    lines = [
        f"{measured['at'][:10]}, {host['processors']} × {host['processor']}, {host['memory_gib']} GiB, {host['system']}, kernel {host['kernel']};",
        "; ".join(f"{name}: {version}" for name, version in measured["versions"].items()) + f"; `{measured['command']}`.",
        "",
        "| Work | Unit | Weft | Beside | | Ratio (least–most) |",
        "|---|---|--:|---|--:|--:|",
    ]
    for row in measured["rows"]:
        lines.append(f"| {row['work']} | {row['unit']} | {number(row['weft'])} | {row['peer']} | {number(row['peer_value'])} | **{ratio_text(row)}** |")
    for row in measured["absent"]:
        lines.append(f"| {row['work']} | | | {row['peer']} | | not measured: the peer could not be had |")
    return "\n".join(lines) + "\n"


def write_document(document, text):
    old = document.read_text()
    begin, end = old.index(BEGIN) + len(BEGIN), old.index(END)
    document.write_text(old[:begin] + "\n" + text + old[end:])
