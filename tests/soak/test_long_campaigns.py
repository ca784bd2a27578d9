"""The campaigns of tests/fuzz and tests/faults with numbers that take long; COUNT, KILLS, EXAMPLES and SEED choose others."""
import os
import sys
from pathlib import Path

for name, number in (("COUNT", "10000"), ("KILLS", "50"), ("EXAMPLES", "40")):
    os.environ.setdefault(name, number)
for folder in ("fuzz", "faults"):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / folder))

from test_api_document import test_answers_are_those_of_the_document  # noqa: E402, F401
from test_kill import test_nothing_acknowledged_is_lost  # noqa: E402, F401
from test_oracle import test_no_difference  # noqa: E402, F401
