"""What IAM tells of roles, to whom, and when."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from said_and_described import until

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
READS = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
MANAGED = "arn:aws:iam::aws:policy/PowerUserAccess"


@pytest.fixture
def iam(aws):
    return aws.client("iam")


def details(iam):
    found = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    return {role["RoleName"]: role.get("PermissionsBoundary") for role in found}


def test_boundaries_are_among_the_authorization_details(iam):
    iam.create_role(RoleName="bound", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=MANAGED)
    iam.create_role(RoleName="free", AssumeRolePolicyDocument=TRUST)
    boundary = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": MANAGED}
    assert details(iam) == {"bound": boundary, "free": None}
    iam.delete_role_permissions_boundary(RoleName="bound")
    assert details(iam) == {"bound": None, "free": None}


def test_a_boundary_has_to_exist(iam):
    arn = "arn:aws:iam::123456789012:policy/bounds"
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.create_role(RoleName="bound", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=arn)
    iam.create_policy(PolicyName="bounds", PolicyDocument=READS)
    iam.create_role(RoleName="bound", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=arn)


@pytest.mark.parametrize("path", ["/aws-service-role/ecs.amazonaws.com/", "/aws-reserved/"])
def test_a_path_of_aws_is_no_path_for_others(iam, path):
    with pytest.raises(iam.exceptions.InvalidInputException):
        iam.create_role(RoleName="mine", Path=path, AssumeRolePolicyDocument=TRUST)
    iam.create_role(RoleName="mine", Path="/service-role/", AssumeRolePolicyDocument=TRUST)


def test_names_of_roles_are_not_told_apart_by_letter_case(iam):
    iam.create_role(RoleName="Mine", Path="/theirs/", AssumeRolePolicyDocument=TRUST)
    for name in ("Mine", "mine", "MINE"):
        with pytest.raises(iam.exceptions.EntityAlreadyExistsException, match=f"Role with name {name} already exists"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    iam.delete_role(RoleName="Mine")
    iam.create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST)


@pytest.mark.parametrize("seconds", [60, (60, 90)])
def test_a_new_role_may_be_listed_before_its_details_are(aws, iam, seconds):
    iam.create_role(RoleName="new", AssumeRolePolicyDocument=TRUST)
    with aws.behaviours(late_authorization_details=seconds):
        assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == ["new"]
        assert details(iam) == {}
    assert details(iam) == {"new": None}


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "GetAccountAuthorizationDetails", "AccessDenied"),
        ("ec2", "DescribeVpcs", "UnauthorizedOperation"),
        ("s3", "ListBuckets", "AccessDenied"),
        ("ecs", "ListClusters", "AccessDeniedException"),
    ],
)
def test_what_a_policy_of_the_organization_denies(aws, service, operation, code):
    client = aws.client(service)
    method = next(name for name, each in client.meta.method_to_api_mapping.items() if each == operation)
    with aws.behaviours(denied=[f"{service} {operation}"]), pytest.raises(ClientError) as caught:
        getattr(client, method)()
    assert caught.value.response["Error"]["Code"] == code
    getattr(client, method)()


def knows(call, **arguments):
    try:
        return call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchEntity"
        return {}


def where(iam, name):
    """By which calls IAM knows of a role."""
    found = {
        "get": bool(knows(iam.get_role, RoleName=name)),
        "list": name in [each["RoleName"] for each in iam.list_roles()["Roles"]],
        "details": name in details(iam),
        "tags": bool(knows(iam.list_role_tags, RoleName=name)),
        "inline": bool(knows(iam.list_role_policies, RoleName=name)),
        "attached": bool(knows(iam.list_attached_role_policies, RoleName=name)),
    }
    return {call for call, known in found.items() if known}


EVERYWHERE = {"get", "list", "details", "tags", "inline", "attached"}


def test_a_role_is_there_late_and_gone_late(aws, iam):
    with aws.behaviours(late_iam=0.8):
        iam.create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST)
        assert where(iam, "mine") == set()
        with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST)
        until(lambda: where(iam, "mine") == EVERYWHERE)
        iam.delete_role(RoleName="mine")
        assert where(iam, "mine") == EVERYWHERE
        until(lambda: where(iam, "mine") == set())


def test_a_change_of_a_role_is_shown_late(aws, iam):
    def told():
        inline = iam.list_role_policies(RoleName="mine")["PolicyNames"]
        attached = iam.list_attached_role_policies(RoleName="mine")["AttachedPolicies"]
        description = iam.get_role(RoleName="mine")["Role"]["Description"]
        return description, inline, [each["PolicyArn"] for each in attached]

    iam.create_role(RoleName="mine", AssumeRolePolicyDocument=TRUST, Description="old")
    with aws.behaviours(late_iam=1):
        iam.update_role_description(RoleName="mine", Description="new")
        iam.put_role_policy(RoleName="mine", PolicyName="reads", PolicyDocument=READS)
        iam.attach_role_policy(RoleName="mine", PolicyArn=MANAGED)
        assert told() == ("old", [], [])
        assert knows(iam.get_role_policy, RoleName="mine", PolicyName="reads") == {}
        until(lambda: told() == ("new", ["reads"], [MANAGED]))
        assert knows(iam.get_role_policy, RoleName="mine", PolicyName="reads") != {}
