"""CloudWatch Logs as far as reading a stream goes."""

from __future__ import annotations

from .wire import AwsError

_PAGE = 100


class Logs:
    """``streams`` has the lines by group and stream. ``late`` lines appear one at a read."""

    def __init__(self):
        self.streams = {}
        self.late = []

    def write(self, group, stream, lines):
        self.streams[group, stream] = list(lines)

    def GetLogEvents(self, given):
        key = given["logGroupName"], given["logStreamName"]
        if key not in self.streams:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
        if self.late:
            self.streams[key].append(self.late.pop(0))
        lines = self.streams[key]
        limit = given.get("limit", _PAGE)
        first = len(lines) - limit if not given["startFromHead"] else 0
        start = int(given["nextToken"][2:]) if "nextToken" in given else max(0, first)
        shown = lines[start : start + limit]
        # at the end, the token is the one that was given
        return {"events": [{"message": line} for line in shown], "nextForwardToken": f"f/{start + len(shown)}"}
