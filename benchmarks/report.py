"""The results, for people and for programs."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import psutil

from measure import Measurement

_HEADINGS = ("name", "measured", "floor", "ratio", "target", "", "spread", "others")


def table(measurements: Sequence[Measurement]) -> str:
    """Aligned lines, a measurement each."""
    rows = [_HEADINGS, *(_row(measurement) for measurement in measurements)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(
            # Names to the left, numbers to the right.
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def details(measurement: Measurement) -> str:
    """What else is known of a measurement, on one line."""
    return ", ".join(f"{name} {_plain(value)}" for name, value in measurement.details.items())


def as_json(measurements: Sequence[Measurement]) -> str:
    """Everything, with the conditions."""
    entries = [
        asdict(measurement) | {"ratio": measurement.ratio, "is_met": measurement.is_met}
        for measurement in measurements
    ]
    return json.dumps({"conditions": conditions(), "measurements": entries}, indent=2)


def conditions() -> dict[str, str | int]:
    """What the numbers depend on; nothing that names the machine."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": _processor(),
        "cores": psutil.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _row(measurement: Measurement) -> tuple[str, ...]:
    ratio = measurement.ratio
    comparison = ">=" if measurement.at_least else "<="
    unit = "" if ratio is not None else f" {measurement.unit}"
    return (
        measurement.name,
        f"{_plain(measurement.value)} {measurement.unit}",
        "" if measurement.floor is None else f"{_plain(measurement.floor)} {measurement.unit}",
        "" if ratio is None else f"{ratio:.2f}",
        f"{comparison} {measurement.limit:g}{unit}",
        ("ok" if measurement.is_met else "MISSED") + ("?" if measurement.is_noisy else ""),
        _percent(measurement.spread),
        _percent(measurement.others),
    )


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "unknown")
