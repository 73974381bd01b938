"""On PYTHONPATH: every client of AWS waits some seconds for an answer, where it would wait a minute."""

import botocore.endpoint

botocore.endpoint.DEFAULT_TIMEOUT = 3
