# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What carries tasks from Airflow's scheduler to its Celery workers.

A broker is a file here with the same names in each: ``desired`` resources and their ``READERS``, ``settings`` of
Airflow and ``settings_of_queues``, those ``RESERVED`` that nobody else may give, the statements of who ``sends`` and
who ``receives``, and the ``queues`` that workers serve.
"""

from __future__ import annotations

from . import sqs as broker

__all__ = ["broker"]
