# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What IAM tells of a role, and what of it is compared."""

from __future__ import annotations

from ...engine.reads import Compared, NotCompared, Nothing, Reads, Told

_DETAILS = Told("iam GetAccountAuthorizationDetails")
_PROFILES = NotCompared(
    "instance profiles that hold one",
    "its trust policy, which is compared, lets ECS take it for tasks, and no instance; a teardown names them",
)
_DERIVED = Nothing("what follows from its policies")

READS = [
    Reads(
        kind="iam_role",
        title="Roles",
        service="iam",
        ids=(
            "RoleName",
            "EntityArn",
            "ListPoliciesGrantingServiceAccess.Arn",
            "PolicySourceArn",
        ),
        operations={
            "GetAccountAuthorizationDetails": Compared(),
            "GetContextKeysForPrincipalPolicy": _DERIVED,
            "GetHumanReadableSummary": Nothing("requests for access in words"),
            "GetRole": Told("iam GetAccountAuthorizationDetails", "iam ListRoles"),
            "GetRolePolicy": _DETAILS,
            "ListAttachedRolePolicies": _DETAILS,
            "ListInstanceProfilesForRole": _PROFILES,
            "ListPoliciesGrantingServiceAccess": _DERIVED,
            "ListRolePolicies": _DETAILS,
            "ListRoleTags": _DETAILS,
            "ListRoles": Compared(),
            "SimulatePrincipalPolicy": _DERIVED,
        },
        besides=(NotCompared("the content of managed policies, and the boundary's", "they are yours"),),
    ),
]
