"""How long a certificate lives, in the forms that ``elasticsearch-certutil http`` takes: 90D, 18M, 1y.

Source: deploy-manage/security/set-up-basic-security-plus-https.md (the question for the validity period).
"""

import re
from calendar import monthrange
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

LONGEST_YEARS = 100
"""Elasticsearch's own auto-configuration gives 99 years; beyond a century it is a slip of the finger."""

_FORM = re.compile(r"([1-9][0-9]{0,5})([DMY])", re.ASCII)
_MOST = {"D": LONGEST_YEARS * 365, "M": LONGEST_YEARS * 12, "Y": LONGEST_YEARS}


def _parse(text: Any) -> tuple[int, str]:
    match = _FORM.fullmatch(text.strip().upper()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(
            f"{text!r} is not a lifetime: write a whole number and a unit, "
            "such as 90D (days), 18M (months) or 1y (years)"
        )
    count, unit = int(match[1]), match[2]
    if count > _MOST[unit]:
        raise ValueError(f"{text!r} is longer than {LONGEST_YEARS} years: shorten it")
    return count, unit


def _canonical(text: Any) -> str:
    count, unit = _parse(text)
    return f"{count}{unit.replace('Y', 'y')}"


Lifetime: TypeAlias = Annotated[str, BeforeValidator(_canonical)]
"""A lifetime as text: `90D` (days), `18M` (calendar months) or `1y` (calendar years); upper or lower case."""


def lifetime_end(lifetime: Lifetime, start: datetime) -> datetime:
    """Return the moment a lifetime after ``start``.

    Months and years go by the calendar, as with ``java.time.Period`` in certutil: a day that the target month
    does not have becomes its last one (31 January + 1M is 28 or 29 February).

    Raises:
        ValueError: ``lifetime`` did not come from a spec and is none.
    """
    count, unit = _parse(lifetime)
    return _moved(start, count, unit)


def lifetime_start(lifetime: Lifetime, end: datetime) -> datetime:
    """Return the latest moment from which a whole lifetime still ends by ``end``, or up to 3 days before it.

    The calendar has no exact way back from the end of a month; erring to the early side keeps the promise
    ``lifetime_end(lifetime, lifetime_start(lifetime, end)) <= end``.

    Raises:
        ValueError: ``lifetime`` did not come from a spec and is none.
    """
    count, unit = _parse(lifetime)
    return _moved(end, -count, unit)


def _moved(moment: datetime, count: int, unit: str) -> datetime:
    if unit == "D":
        return moment + timedelta(days=count)
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = months // 12, months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
