"""Readers: what they take for the environment's own, and which is called when."""

from __future__ import annotations

import pytest
from ansible_collections.farflow.airflow.plugins.module_utils.engine.actions import Resource
from ansible_collections.farflow.airflow.plugins.module_utils.engine.clients import Clients
from ansible_collections.farflow.airflow.plugins.module_utils.engine.errors import FarflowError
from ansible_collections.farflow.airflow.plugins.module_utils.engine.kind import Kind
from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import arns, readers
from ansible_collections.farflow.airflow.plugins.module_utils.environment.broker import sqs
from ansible_collections.farflow.airflow.plugins.module_utils.environment.layers import LAYERS
from ansible_collections.farflow.airflow.plugins.module_utils.environment.reader import TAGS, Reader, in_stages, of_kind
from botocore.exceptions import ClientError

INPUTS = {
    "farflow_environment": "test",
    "farflow_region": "eu-west-1",
    "farflow_tags": {},
    "worker_pools": {"heavy": {}},
    "airflow_service_executors": ["celery"],
}
OURS = {"farflow:environment": "test", "farflow:role": "airflow_service"}
TOLD = {
    "arn:aws:s3:::test-old": OURS,
    "arn:aws:sqs:eu-west-1:123456789012:test-changed": {**OURS, "team": "by hand"},
    "arn:aws:servicediscovery:eu-west-1:123456789012:namespace/ns-1": {},
    "arn:aws:ecr:eu-west-1:123456789012:repository/test-older": OURS,
}
KNOWN = Existing(
    [
        Resource(arns.IDENTITY, arns.IDENTITY, {}, "123456789012", {"partition": "aws"}),
        Resource(TAGS, TAGS, attributes=TOLD),
    ]
)


class Closed(Kind):
    """A kind of which one is listed, whose tags we may not read."""

    type, title, titles = "closed", "closed thing", "closed things"

    def __init__(self, name):
        self.listed, self.prefetched = name, None

    def list(self, clients, prefix):
        return [{"Name": self.listed}]

    def name(self, document):
        return document["Name"]

    def prefetched_tags(self, document, prefetched):
        self.prefetched = prefetched

    def tags(self, clients, document):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListTags")


def read(kind):
    return of_kind(kind, lambda inputs, known: ["test-celery", "test-celery-heavy"])(
        Clients(lambda service, config: None), INPUTS, KNOWN
    )


@pytest.mark.parametrize("name", ["test-celery", "test-old", "test-changed", "test-older", "ns-1"])
def test_what_a_deploy_makes_and_what_aws_says_is_ours_has_to_be_readable(name):
    with pytest.raises(FarflowError, match="AccessDenied"):
        read(Closed(name))


def test_anything_else_that_is_closed_to_us_is_a_strangers():
    assert read(Closed("test-of-somebody")) == []


def test_tags_are_taken_over_where_they_are_as_they_shall_be():
    kind = Closed("test-of-somebody")
    read(kind)
    assert set(kind.prefetched) == {"arn:aws:s3:::test-old", "arn:aws:ecr:eu-west-1:123456789012:repository/test-older"}


@pytest.mark.parametrize(
    ("reader", "names"),
    [
        (sqs.READERS[0], ["test-celery", "test-celery-heavy"]),
        (readers.buckets, ["test-airflow-logs-123456789012-eu-west-1", "test-build-contexts-123456789012-eu-west-1"]),
        (readers.repositories, ["test-tasks", "test-airflow"]),
    ],
    ids=["queue", "buckets", "repositories"],
)
def test_the_names_that_a_deploy_gives_are_own(reader, names):
    (type_,) = reader.types

    def is_own(name):
        return reader.own[type_](INPUTS, KNOWN, Resource(type_, name))

    assert [name for name in [*names, "test-old"] if is_own(name)] == names


def reader(types, after=()):
    return Reader(lambda *_unused: [], types, after)


def test_a_reader_is_called_when_what_it_needs_is_known():
    account, buckets, objects = (
        reader(("account",)),
        reader(("bucket",), ("account",)),
        reader(("object",), ("bucket",)),
    )
    assert list(in_stages([objects, buckets, account, buckets])) == [[account], [buckets], [objects]]


def test_what_nobody_reads_is_not_waited_for():
    buckets = reader(("bucket",), ("account",))
    assert list(in_stages([buckets])) == [[buckets]]


def test_one_that_several_read_is_known_when_all_have():
    one, other, needs = reader(("rule",)), reader(("rule",), ("vpc",)), reader(("group",), ("rule",))
    vpc = reader(("vpc",))
    assert list(in_stages([needs, one, other, vpc])) == [[one, vpc], [other], [needs]]


def test_readers_that_wait_for_each_other_are_refused():
    with pytest.raises(ValueError, match=r"\['hen', 'egg'\]|\['egg', 'hen'\]"):
        list(in_stages([reader(("hen",), ("egg",)), reader(("egg",), ("hen",))]))


def test_a_look_at_everything_takes_four_stages():
    """Each is as long as its slowest call."""
    assert len(list(in_stages(each for layer in LAYERS.values() for each in layer.readers))) == 4


@pytest.mark.parametrize("layer", LAYERS.values(), ids=lambda layer: layer.name)
def test_each_layer_can_be_read_alone(layer):
    read = [each for stage in in_stages(layer.readers) for each in stage]
    assert set(read) == set(layer.readers)
