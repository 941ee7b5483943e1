"""Numbers and limits in words, for documentation and for the report. Pure."""

from decimal import Decimal


def plain(number: float) -> str:
    """The number without an exponent: `0.0167`, `1`, `1000000`."""
    text = format(Decimal(str(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def plural(count: float, unit: str) -> str:
    """`1 file`, `2 files`."""
    return f"{plain(count)} {unit}{'' if count == 1 else 's'}"


def span(least: int | None, most: int | None, unit: str) -> str:
    """`1 to 800 characters`, `at most 5 files`, `exactly 1 file`; empty when there is no limit."""
    if most is None:
        return f"at least {plural(least, unit)}" if least else ""
    if least == most:
        return f"exactly {plural(most, unit)}"
    return f"{least} to {most} {unit}s" if least else f"at most {plural(most, unit)}"
