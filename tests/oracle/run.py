#!/usr/bin/env python3
"""Asks a port generated requests as one reader and compares every answer with an oracle that knows only his permitted view.

  python3 tests/oracle/run.py --url http://127.0.0.1:8080/data/v1/air/flights/flights --token TOKEN \\
      --csv flights.csv --hidden tailnum,flight --row-filter 'origin=eq.JFK' --n 10000 --seed 1

The CSV has all columns and all rows, in the order of the snapshot. Exits 1 at the first difference, which it prints with
the request; prints its counts at the end.
"""
from __future__ import annotations

import argparse
import sys
import time

from campaign import Campaign, Difference, Port, run_campaign
from table import permitted_view, read_csv
from row_filter import read_row_filter


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", default="")
    parser.add_argument("--csv", required=True)
    parser.add_argument("--schema", help="JSON list of {name, type}, as a port's columns in the API; without it types are guessed")
    parser.add_argument("--null", default="", help="texts that mean NULL in the CSV, separated by commas; empty fields always do")
    parser.add_argument("--hidden", default="")
    parser.add_argument("--row-filter", default="")
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()

    table = read_csv(options.csv, options.schema, {"", *options.null.split(",")})
    hidden = {name for name in options.hidden.split(",") if name}
    view = permitted_view(table, read_row_filter(options.row_filter), hidden)
    print(f"oracle: seed {options.seed}, {len(view.rows)} of {len(table.rows)} rows and {len(view.columns)} of {len(table.columns)} columns permitted", flush=True)
    try:
        counts = run_campaign(Campaign(Port(options.url, options.token), table, view, hidden, options.n, options.seed))
    except Difference as difference:
        print(f"oracle: {difference}")
        return 1
    print(f"oracle: {options.n} requests, no difference: {dict(counts.most_common())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
