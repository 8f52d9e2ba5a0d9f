"""What python-dateutil says about series of tasks: cases as JSON on standard input, their next tasks on standard output."""

import json
import re
import sys
from datetime import date, datetime, timedelta

from dateutil.rrule import rruleset, rrulestr

WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def parts_of(text):
    return dict(part.split("=") for part in text.split(";"))


def text_of(parts):
    return ";".join(f"{name}={value}" for name, value in parts.items())


def at(day):
    return datetime(day.year, day.month, day.day)


def week_start(day, first):
    return day - timedelta(days=(day.weekday() - WEEKDAYS.index(first)) % 7)


def days_of(parts, start):
    """The rule's days from `start` on. Two readings of RFC 5545 in which dateutil stands alone are avoided:
    it takes BYDAY=MO,1TU for days that are both, and BYSETPOS for positions in what is left of the first week."""
    begin = start
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        begin = week_start(start, parts.get("WKST", "MO"))
    days = parts.get("BYDAY", "").split(",")
    plain = [day for day in days if day in WEEKDAYS]
    numbered = [day for day in days if day not in WEEKDAYS]
    lists = [plain, numbered] if plain and numbered else [days]
    union = rruleset()
    for some in lists:
        one = {**parts, "BYDAY": ",".join(some)} if "BYDAY" in parts else parts
        union.rrule(rrulestr(text_of(one), dtstart=at(begin)))
    return (found.date() for found in union if found.date() >= start)


def series(parts, start):
    """The days of a series whose first task is due on `start`, whether the rule has that day or not."""
    endless = {name: value for name, value in parts.items() if name not in ("COUNT", "UNTIL")}
    yield start
    given = 1
    until = parts.get("UNTIL", "99991231")
    for day in days_of(endless, start):
        if day == start:
            continue
        given += 1
        if day.strftime("%Y%m%d").zfill(8) > until or given > int(parts.get("COUNT", given)):
            return
        yield day


def check_count(parts, start):
    """Where the rule has the first day, COUNT and UNTIL are dateutil's own: the series must be the same."""
    if not ("COUNT" in parts or "UNTIL" in parts) or "BYSETPOS" in parts or re.search(r"\d[A-Z]", parts.get("BYDAY", "")):
        return
    theirs = [found.date() for found in rrulestr(text_of(parts), dtstart=at(start))]
    if theirs and theirs[0] == start:
        assert theirs == list(series(parts, start)), (parts, start)


def successors(case):
    """Due date and COUNT of the task after each completion, none after the last one."""
    parts = parts_of(case["repeat"])
    first, done, found = date.fromisoformat(case["dueDate"]), 0, []
    due = first
    check_count(parts, first)
    for today in map(date.fromisoformat, case["completedOn"]):
        if case["repeatFrom"] == "completion":
            # Each task begins a series of its own, on the day on which it is completed.
            first, done = today, 0
        left = {**parts, "COUNT": str(int(parts["COUNT"]) - done)} if "COUNT" in parts else parts
        number, due = next(
            ((number, day) for number, day in enumerate(series(left, first)) if day > max(due if case["repeatFrom"] == "due" else today, today)),
            (0, None),
        )
        if due is None:
            return found
        count = int(left["COUNT"]) - number if "COUNT" in left else None
        if case["repeatFrom"] == "completion" and count is not None:
            parts = {**parts, "COUNT": str(count)}
        found.append({"dueDate": due.isoformat(), "count": count})
    return found


json.dump([successors(case) for case in json.load(sys.stdin)], sys.stdout)
