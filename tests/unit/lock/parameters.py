"""Parameters of Systems Manager in this process, whose calls can be put into any order."""

from __future__ import annotations

import threading
from types import SimpleNamespace

from botocore.exceptions import ClientError


class Parameters:
    """What the lock needs of a boto3 client of Systems Manager: each call is one step, as on AWS."""

    def __init__(self):
        self.meta = SimpleNamespace(events=SimpleNamespace(register_last=lambda event, handler: None))
        self.versions = {}
        self.calls = []
        self.before_a_call = lambda: None

    def put_parameter(self, Name, Value, Overwrite=False, **_unused):
        self._step("put")
        if Name in self.versions and not Overwrite:
            raise ClientError({"Error": {"Code": "ParameterAlreadyExists", "Message": "it exists"}}, "PutParameter")
        self.versions.setdefault(Name, []).append(Value)
        return {"Version": len(self.versions[Name])}

    def delete_parameter(self, Name):
        self._step("delete")
        if self.versions.pop(Name, None) is None:
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": "it does not"}}, "DeleteParameter")

    def get_paginator(self, operation):
        assert operation == "get_parameter_history"
        return self

    def paginate(self, Name):
        self._step("history")
        if Name not in self.versions:
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": "none"}}, "GetParameterHistory")
        # AWS promises no order
        numbered = list(enumerate(self.versions[Name], 1))[::-1]
        user = "arn:aws:iam::123456789012:user/ci"
        return [{"Parameters": [{"Version": n, "Value": value, "LastModifiedUser": user} for n, value in numbered]}]

    def _step(self, name):
        self.before_a_call()
        self.calls.append(name)


class Turns:
    """Threads of which one at a time runs, from one call to the next; ``order`` says whose turn it is.

    ``order(waiting)`` is given the names of those that wait for a turn, sorted, and picks one.
    """

    def __init__(self, order):
        self._order = order
        self._turn = threading.Semaphore(0)
        self._mine = {}

    def wait(self):
        """Called by a thread of `run`: returns when its turn has come."""
        self._turn.release()
        self._mine[threading.current_thread().name].acquire()

    def run(self, works):
        """Runs functions by name to their ends. Raises what the first of them raised."""
        errors = []
        threads = {name: threading.Thread(target=self._life, args=(work, errors), name=name) for name, work in works}
        self._mine = {name: threading.Semaphore(0) for name in threads}
        for thread in threads.values():
            thread.start()
        for _unused in threads:
            self._turn.acquire()
        while alive := sorted(name for name, thread in threads.items() if thread.is_alive()):
            name = self._order(alive)
            self._mine[name].release()
            self._turn.acquire()
            if getattr(threads[name], "over", False):
                threads[name].join()
        if errors:
            raise errors[0]

    def _life(self, work, errors):
        try:
            self.wait()
            work()
        except BaseException as error:  # the test shall see it, whatever it is
            errors.append(error)
        finally:
            threading.current_thread().over = True
            self._turn.release()
