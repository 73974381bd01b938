"""What happens between our calls: another run, or an AWS that does not know yet."""

from __future__ import annotations

from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectionClosedError


class Calls:
    """Every AWS call of a test by its operation, with something that happens just before some of them."""

    def __init__(self, monkeypatch):
        self.made = []
        self._before = {}
        self._refused = {}
        self._lost = []
        self._behind = {}
        self._altered = {}
        call = BaseClient._make_api_call

        def recorded(client, operation, arguments):
            self.made.append((operation, arguments))
            pending = self._before.get(operation)
            if pending:
                action = pending.pop(0)
                action()
            for name, value in arguments.items():
                code = self._refused.get((operation, name, str(value)))
                if code:
                    raise _error(code, "says the test", operation)
            answer = self._late(operation, arguments, lambda: call(client, operation, arguments))
            if self._altered.get(operation):
                answer = self._altered[operation].pop(0)(answer)
            if operation in self._lost:
                self._lost.remove(operation)
                raise ConnectionClosedError(endpoint_url="the test")
            return answer

        monkeypatch.setattr(BaseClient, "_make_api_call", recorded)

    def before(self, operation, action, times=1):
        """Does something before the next calls of an operation."""
        self._before.setdefault(operation, []).extend([action] * times)

    def refuse(self, operation, code, times=1, message="says the test"):
        """Answers the next calls of an operation with an error."""

        def fail():
            raise _error(code, message, operation)

        self.before(operation, fail, times)

    def lose(self, operation, times=1):
        """Performs the next calls of an operation, and ends the connection without an answer."""
        self._lost += [operation] * times

    def alter(self, operation, change, times=1):
        """The next answers of an operation are what ``change(answer)`` makes of them."""
        self._altered.setdefault(operation, []).extend([change] * times)

    def refuse_of(self, operation, name, value, code):
        """Answers an operation with an error from now on where an argument has this value."""
        self._refused[operation, name, value] = code

    def fall_behind(self, operation, name, answers):
        """The next errors of an operation are answered as before for that value of an argument, as by an AWS that does
        not know of a deletion yet.
        """
        self._behind[operation] = [name, {}, answers]

    def _late(self, operation, arguments, call):
        if operation not in self._behind:
            return call()
        name, answered, left = self._behind[operation]
        key = arguments[name]
        try:
            answered[key] = call()
        except ClientError:
            if not left or key not in answered:
                raise
            self._behind[operation][2] -= 1
        return answered[key]

    def of(self, *beginnings):
        """The operations that were called, of those that begin so."""
        return [operation for operation, _unused in self.made if operation.startswith(beginnings)]

    @property
    def mutating(self):
        """The operations that were called and change something."""
        return [operation for operation, _unused in self.made if not operation.startswith("Describe")]


def _error(code, message, operation):
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
