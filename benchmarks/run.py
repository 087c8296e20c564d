"""Speeds of Classifr, as ratios of a floor measured in the same run: `make bench`.

Exits with 1 when a target is missed.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from cases import CASES, Bench
from cases.bench import PASSABLE
from measure import Measurement
from report import as_json, conditions, details, table

_SHARED_PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "food" / "Test"


def main() -> int:
    options = _options()
    measurements: list[Measurement] = []
    with tempfile.TemporaryDirectory(
        prefix="classifr-bench-", ignore_cleanup_errors=True
    ) as scratch:
        Path(scratch).chmod(PASSABLE)
        bench = Bench(Path(scratch), photo_folder=options.photos, is_quick=options.quick)
        for name in options.only or CASES:
            _say(f"{name} ...")
            for measurement in CASES[name](bench):
                measurements.append(measurement)
                if measurement.details:
                    _say(f"  {measurement.name}: {details(measurement)}")
    if options.json:
        print(as_json(measurements))
    else:
        print(" | ".join(str(value) for value in conditions().values()))
        print(table(measurements))
    if any(measurement.is_noisy for measurement in measurements):
        _say("? Other programs used the machine meanwhile: repeat this when it is quiet.")
    return 0 if all(measurement.is_met for measurement in measurements) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=CASES, action="append", help="one case; may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first impression")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--photos",
        type=Path,
        default=os.environ.get("BENCH_PHOTOS")
        or (_SHARED_PHOTOS if _SHARED_PHOTOS.is_dir() else None),
        help="folder of JPEG photos of 512 pixels (also BENCH_PHOTOS); made ones if absent",
    )
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
