"""With which code and in which words each service refuses what does not satisfy its constraints.

The codes are those of the errors and the "Common errors" in each service's API reference, and of what AWS answered to
somebody, where a page is named beside them. For ECS, CodeBuild, the tagging API and SNS there is no such page: they
have the error that their reference has for a wrong parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .constraints import REQUIRED, TYPE, Complaint, Path
from .whole_resources import RULE_OF_REQUIRED, Fault


class Codes(NamedTuple):
    """`malformed` is for what cannot be read at all, such as a word where a number is expected; `argument` for what is
    not in the body, where a service makes a difference.
    """

    invalid: str
    missing: str
    malformed: str
    argument: str = ""


def _one(code: str, malformed: str = "SerializationException") -> Codes:
    return Codes(code, code, malformed)


_BY_PROTOCOL = {
    # hashicorp/terraform-provider-aws#43854
    "ec2": Codes("InvalidParameterValue", "MissingParameter", "InvalidParameterValue"),
    # ministryofjustice/cloud-platform-environments#22667, of IAM
    "query": _one("ValidationError", "MalformedInput"),
    "rest-xml": _one("InvalidInput", "InvalidInput"),
    # hashicorp/terraform-provider-aws#39406, of Secrets Manager
    "json": _one("ValidationException"),
    # aws/aws-sdk-js#3321, of EFS
    "rest-json": _one("ValidationException"),
}
_BY_SERVICE = {
    "codebuild": _one("InvalidInputException"),
    # jenkins-x/jx#1344
    "ecr": _one("InvalidParameterException"),
    "ecs": _one("InvalidParameterException"),
    "logs": _one("InvalidParameterException"),
    "monitoring": _one("ValidationError"),
    "rds": Codes("InvalidParameterValue", "MissingParameter", "MalformedInput"),
    "s3": Codes("MalformedXML", "MalformedXML", "MalformedXML", "InvalidArgument"),
    # aws/aws-sdk-java#1973
    "servicediscovery": _one("InvalidInput"),
    "sns": _one("InvalidParameter", "MalformedInput"),
    # boto/botocore#3058
    "sqs": Codes("InvalidParameterValue", "MissingParameter", "MalformedInput"),
    "tagging": _one("InvalidParameterException"),
}

#: Of what is wrong with a whole resource, by the number of cfn-lint's rule, and by operation.
_OF_RULES = {
    # "Error codes for the Amazon EC2 API" in its guide
    ("ec2", "E1150"): "InvalidGroupId.Malformed",
    ("ec2", "E1151"): "InvalidVpcID.NotFound",
    ("ec2", "E1154"): "InvalidSubnetID.NotFound",
    ("rds", "E3020"): "InvalidParameterCombination",
    ("rds", "E3021"): "InvalidParameterCombination",
    ("rds", "E3720"): "InvalidParameterCombination",
}
#: AWS's own words, where something waits for them.
_WORDS_OF_RULES = {"E3047": "No Fargate configuration exists for given values."}
_OF_OPERATIONS = {
    # "Invalid CPU or memory value specified" in the developer guide of Amazon ECS
    ("ecs", "RegisterTaskDefinition"): "ClientException",
    ("iam", "PutRolePolicy"): "MalformedPolicyDocument",
    ("s3", "PutBucketPolicy"): "MalformedPolicy",
    ("sqs", "CreateQueue"): "InvalidAttributeValue",
}


def codes_of(service: str, protocol: str) -> Codes:
    """By the signing name of the service."""
    return _BY_SERVICE.get(service) or _BY_PROTOCOL[protocol]


def refusal_of(service: str, protocol: str, found: Sequence[Complaint], in_body: bool) -> tuple[str, str]:
    """Code and message for the complaints about a request; the code is that of the first."""
    codes = codes_of(service, protocol)
    if codes.argument and not in_body:
        return codes.argument, _words(found)
    code = {REQUIRED: codes.missing, TYPE: codes.malformed}.get(found[0].kind, codes.invalid)
    return code, _WORDS.get(service, _words)(found)


def refusal_of_fault(service: str, protocol: str, operation: str, fault: Fault) -> tuple[str, str]:
    """Code and message for what is wrong with a whole resource."""
    codes = codes_of(service, protocol)
    usual = codes.missing if fault.rule == RULE_OF_REQUIRED else codes.invalid
    code = _OF_RULES.get((service, fault.rule)) or _OF_OPERATIONS.get((service, operation), usual)
    told = f"Invalid parameter {fault.path}: {fault.message}" if fault.path else fault.message
    return code, _WORDS_OF_RULES.get(fault.rule, told)


def _words(found: Sequence[Complaint]) -> str:
    told = "; ".join(f"{_value(each)} failed to satisfy constraint: {each.demand}" for each in found)
    return f"{len(found)} validation error{'s' * (len(found) > 1)} detected: {told}"


def _value(complaint: Complaint) -> str:
    at = f"at '{_member(complaint.path)}'"
    if complaint.kind == REQUIRED:
        return f"Value null {at}"
    return f"Value {at}" if complaint.sensitive else f"Value '{complaint.value}' {at}"


def _member(path: Path) -> str:
    """`tags.1.member.value`, as AWS writes it."""
    return ".".join(f"{each}.member" if isinstance(each, int) else f"{each[:1].lower()}{each[1:]}" for each in path)


def _words_of_ecr(found: Sequence[Complaint]) -> str:
    first = found[0]
    return f"Invalid parameter at '{_member(first.path)}' failed to satisfy constraint: '{first.demand}'"


def _words_of_parameters(found: Sequence[Complaint]) -> str:
    first = found[0]
    name = ".".join(map(str, first.path))
    if first.kind == REQUIRED:
        return f"The request must contain the parameter {name}"
    return f"Value ({'' if first.sensitive else first.value}) for parameter {name} is invalid. {first.demand}"


def _words_of_s3(_found: Sequence[Complaint]) -> str:
    return "The XML you provided was not well-formed or did not validate against our published schema"


_WORDS: dict[str, Callable[[Sequence[Complaint]], str]] = {
    "ec2": _words_of_parameters,
    "ecr": _words_of_ecr,
    "rds": _words_of_parameters,
    "s3": _words_of_s3,
    "sqs": _words_of_parameters,
}
