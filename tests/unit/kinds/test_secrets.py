from __future__ import annotations

import base64
import json
import string

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import CREATE, plan
from ansible_collections.farflow.airflow.plugins.module_utils.engine.compare import UNKNOWN, differences
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.secret import documents as pure
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.secret import values
from hypothesis import given
from hypothesis import strategies as st

PASSWORD = "farflow/test/password"
URL = {
    "name": "farflow/test/url",
    "compose": {
        "template": "postgresql://u:{password}@{host}:{port}/db",
        "values": {"host": "db.example.org", "port": 5432},
        "secrets": {"password": {"secret": PASSWORD}},
    },
}
KEY = {"name": "farflow/test/key", "generate": {"kind": "fernet_key"}}


def with_compose(**changes):
    return {**URL, "compose": {**URL["compose"], **changes}}


def listed(secret, version="v1", composed_from=None, **members):
    tags = [{"Key": key, "Value": value} for key, value in (secret.get("tags") or {}).items()]
    if composed_from:
        tags.append({"Key": pure.COMPOSED_FROM, "Value": composed_from})
    return {
        "Name": secret["name"],
        "ARN": f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{secret['name']}-AbCdEf",
        "Tags": tags,
        "SecretVersionsToStages": {"v0": ["AWSPREVIOUS"], version: ["AWSCURRENT"]} if version else {},
        **members,
    }


def reasons(secret, document, versions=None):
    seen = pure.canonical(document, secret, versions or {PASSWORD: "p1"}, None)
    return [str(difference) for difference in differences(pure.desired(secret).properties, seen.properties)]


@pytest.mark.parametrize(
    ("secret", "members"),
    [
        (KEY, {}),
        (KEY, {"Description": ""}),
        ({**KEY, "kms_key_id": "alias/aws/secretsmanager"}, {}),
        (KEY, {"KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:alias/aws/secretsmanager"}),
        ({**KEY, "tags": {"a": "b"}}, {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "aws:x", "Value": "y"}]}),
        ({**KEY, "tags": {"size": 1}}, {"Tags": [{"Key": "size", "Value": "1"}]}),
        ({**KEY, "generate": {"kind": "hex", "length": 99}}, {}),
    ],
)
def test_these_are_no_differences(secret, members):
    assert reasons(secret, listed(secret, **members)) == []


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"Description": "mine"}, "description mine -> (none)"),
        ({"KmsKeyId": "alias/mine"}, "kms_key_id alias/mine -> (none)"),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, "tags a b -> (none)"),
        ({"DeletedDate": 1}, "state pending deletion -> present"),
        ({"SecretVersionsToStages": {}}, "value (none) -> generated"),
        ({"SecretVersionsToStages": {"v": ["AWSPENDING"]}}, "value (none) -> generated"),
    ],
)
def test_each_difference_has_its_reason(members, reason):
    assert reasons(KEY, listed(KEY, **members)) == [reason]


def composed_of(secret, version="p1"):
    return listed(secret, composed_from=pure.composed_from(secret, {"password": version}))


def test_a_composed_value_is_as_wanted_when_nothing_of_it_changed():
    assert reasons(URL, composed_of(URL)) == []


def test_a_composed_value_changed_by_hand_is_left():
    assert reasons(URL, {**composed_of(URL), "SecretVersionsToStages": {"by-hand": ["AWSCURRENT"]}}) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"values": {"host": "other", "port": 5432}}, "composed_from host (another) -> other"),
        ({"values": {"host": "db.example.org", "port": 1}}, "composed_from port (another) -> 1"),
        (
            {"template": "postgresql://v:{password}@{host}:{port}/db"},
            "composed_from template (another) -> postgresql://v:{password}@{host}:{port}/db",
        ),
        (
            {"secrets": {"password": {"secret": PASSWORD, "encoding": "none"}}},
            f"composed_from password (another) -> current version of {PASSWORD}",
        ),
        (
            {"secrets": {"password": {"secret": PASSWORD, "json_key": "password"}}},
            f"composed_from password (another) -> current version of {PASSWORD}",
        ),
        (
            {"values": {"host": UNKNOWN, "port": 5432}},
            "composed_from host (another) -> (known after apply)",
        ),
    ],
)
def test_a_changed_part_is_named(changes, reason):
    assert reasons(with_compose(**changes), composed_of(URL)) == [reason]


def test_a_part_that_is_no_longer_wanted_is_named():
    less = with_compose(template="x{password}", values={})
    assert reasons(less, composed_of(URL)) == [
        "composed_from template (another) -> x{password}",
        "composed_from host (another) -> (none)",
        "composed_from port (another) -> (none)",
    ]


@pytest.mark.parametrize("versions", [{PASSWORD: "p2"}, {PASSWORD: None}, {}])
def test_another_version_of_a_source_is_a_difference(versions):
    seen = pure.canonical(composed_of(URL), URL, versions, None)
    found = differences(pure.desired(URL).properties, seen.properties)
    assert [difference.path for difference in found] == [("composed_from", "password")]


def test_the_default_encoding_and_its_name_are_one():
    explicit = with_compose(secrets={"password": {"secret": PASSWORD, "encoding": "percent", "json_key": None}})
    assert reasons(explicit, composed_of(URL)) == []


def test_what_does_not_exist_is_created():
    assert [action.kind for action in plan([pure.desired(URL)], [])] == [CREATE]


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        ({**KEY, "compose": URL["compose"]}, "one of generate and compose"),
        ({**KEY, "name": "a b"}, "a name has"),
        ({**KEY, "generate": {"kind": "fernet_key", "length": 3}}, "has no length"),
        ({**KEY, "generate": {"kind": "password", "length": 7}}, "length 7 of a password is not between 8 and 128"),
        ({**KEY, "generate": {"kind": "token", "length": 5}}, "length 5 of a token"),
        ({**KEY, "generate": {"kind": "hex", "exclude_characters": "0"}}, "exclude_characters is for passwords"),
        (
            {**KEY, "generate": {"kind": "password", "exclude_characters": string.printable}},
            "leaves fewer than 10 characters",
        ),
        (with_compose(template="{x}", values={}, secrets={}), "{x} stands in the template"),
        (with_compose(values={"host": "h", "port": 1, "more": 1}), "more is given but the template has no {more}"),
        (with_compose(values={"host": "h", "port": 1, "password": 1}), "password is given under values and under"),
        (with_compose(template="{template}", values={"template": 1}, secrets={}), "can't have the name template"),
        (with_compose(secrets={"password": PASSWORD}), "password needs a dictionary with secret"),
        (with_compose(secrets={"password": {"secret": "s", "jsonkey": "x"}}), "unknown key jsonkey"),
        (with_compose(secrets={"password": {"secret": "s", "encoding": "rot13"}}), "encoding rot13"),
        (with_compose(secrets={"password": {"secret": URL["name"]}}), "which is composed itself"),
        (
            {**URL, "compose": {"template": "".join(f"{{p{n}}}" for n in range(30)),
                                "values": {f"p{n}": n for n in range(30)}}},
            "too many parts",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_named(secret, problem):
    found = pure.errors([secret])
    assert any(problem in line for line in found), found
    assert all(line.startswith(f"secret {secret['name']}: ") for line in found)


def test_good_input_has_no_errors_and_doubles_are_one():
    assert pure.errors([KEY, URL]) == []
    assert pure.errors([KEY, KEY]) == ["secret farflow/test/key: named more than once"]


@given(st.integers(8, 128))
def test_passwords_have_every_class_and_nothing_excluded(length):
    password = values.generated("password", length)
    assert len(password) == length
    assert not set(password) & set(values.DEFAULT_EXCLUDED)
    for characters in (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation):
        assert set(password) & set(characters)


def test_a_password_without_punctuation():
    assert values.generated("password", 64, string.punctuation).isalnum()


def test_kinds_have_their_alphabets_and_lengths():
    assert len(base64.urlsafe_b64decode(values.generated("fernet_key"))) == 32
    assert len(values.generated("hex")) == 64
    assert int(values.generated("hex", 32), 16) >= 0
    assert len(values.generated("token", 50)) == 50
    assert len({values.generated(kind) for kind in values.DEFAULT_LENGTHS for _unused in range(20)}) == 80


@given(st.text(min_size=1))
def test_encodings_keep_the_value(text):
    from urllib.parse import unquote

    assert unquote(values.encoded(text, "percent")) == text
    assert json.loads(f'"{values.encoded(text, "json")}"') == text
    assert values.encoded(text, "none") == text


def test_a_placeholder_inside_a_value_is_not_replaced():
    assert values.composed('{"a": "{a}"}{b}', {"a": "{b}", "b": "2"}) == '{"a": "{b}"}2'


def test_a_member_of_a_json_secret():
    assert values.member('{"password": "x", "port": 1}', "password", "s") == "x"
    assert values.member('{"password": "x", "port": 1}', "port", "s") == "1"
    assert values.member("plain", None, "s") == "plain"
    for value in ("plain-value", '{"other": 1}', "[1]"):
        with pytest.raises(FarflowError, match="secret s is not a JSON object with the key password") as error:
            values.member(value, "password", "s")
        assert value not in str(error.value)
