"""parse_calendar.py FILE: a calendar as Debian's python3-icalendar reads it, as JSON; and what the standard demands of its lines."""
import json
import sys

import icalendar

data = open(sys.argv[1], "rb").read()
assert data.endswith(b"\r\n"), "the last line has no end"
lines = data[:-2].split(b"\r\n")
assert all(b"\n" not in line and b"\r" not in line for line in lines), "a line break that is not CRLF"
assert all(len(line) <= 75 for line in lines), "a line of more than 75 bytes"
for line in lines:
    line.decode("utf-8")  # no character is cut in two

calendar = icalendar.Calendar.from_ical(data)
events = []
for e in calendar.walk("VEVENT"):
    assert not e.errors, e.errors
    start = e.decoded("dtstart")
    assert start.utcoffset().total_seconds() == 0
    categories = e.get("categories")
    events.append({
        "uid": str(e["uid"]), "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "minutes": e.decoded("duration").total_seconds() / 60,
        "summary": str(e["summary"]), "description": str(e.get("description", "")), "status": str(e["status"]),
        "categories": [str(c) for c in categories.cats] if categories else [],
        "stamp": e.decoded("dtstamp").strftime("%Y-%m-%dT%H:%M:%SZ"), "modified": e.decoded("last-modified").strftime("%Y-%m-%dT%H:%M:%SZ"),
        "priority": int(e["priority"]) if "priority" in e else 0,
    })
json.dump({"version": str(calendar["version"]), "prodid": str(calendar["prodid"]), "name": str(calendar["x-wr-calname"]), "events": events}, sys.stdout)
