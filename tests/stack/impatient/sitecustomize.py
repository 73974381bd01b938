"""On PYTHONPATH: every client of AWS waits some seconds for an answer, where it would wait a minute."""

from botocore.config import Config

_SECONDS = 3
_made = Config.__init__


def _impatient(self, *arguments, **options):
    _made(self, *arguments, **{**options, "read_timeout": _SECONDS})


Config.__init__ = _impatient
