# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Secrets Manager tells of a secret, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import Compared, NotCompared, Nothing, Reads, Told

_VALUES = NotCompared("the values", "a value that was set by hand is meant to stay")
_REPLICAS = NotCompared("replicas in other regions", "they are secrets of their own there, with policies of their own")

READS = [
    Reads(
        kind="secret",
        title="Secrets",
        service="secretsmanager",
        ids=("SecretId", "SecretIdList"),
        operations={
            "BatchGetSecretValue": _VALUES,
            "DescribeSecret": Told("secretsmanager ListSecrets"),
            "GetResourcePolicy": Compared(),
            "GetSecretValue": _VALUES,
            "ListSecretVersionIds": Nothing("former values"),
            "ListSecrets": Compared(),
        },
        besides=(_REPLICAS,),
    ),
]
