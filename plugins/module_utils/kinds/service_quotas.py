# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Quotas of the account, as AWS's Service Quotas tells them."""

from __future__ import annotations

from ..engine.clients import Clients, doing
from ..engine.errors import FarflowError

#: "Fargate On-Demand vCPU resource count".
FARGATE_VCPUS = "L-3032A538"


def fargate_vcpus(clients: Clients) -> float | None:
    """How many vCPU of Fargate the account may run at once in the region; None where that is not to be had: the right
    to ask may be missing, or the way to the service.
    """
    try:
        with doing("read", "quota", FARGATE_VCPUS):
            quota = clients.briefly("service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode=FARGATE_VCPUS)
    except FarflowError:
        return None
    return float(quota["Quota"]["Value"])
