# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3 buckets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ...engine import policy_documents
from ...engine.actions import Resource
from ...engine.clients import Clients
from ...engine.kind import Document, Kind
from ...engine.tags import PrefetchedTags
from . import calls, documents


class S3Bucket(Kind):
    """A bucket of S3 in the client's region. What is listed of one is its name alone; AWS tells each property by a call
    of its own.
    """

    type = documents.TYPE
    title, titles = "S3 bucket", "S3 buckets"
    gone = frozenset({"NoSuchBucket"})
    exists = frozenset({"BucketAlreadyOwnedByYou"})
    busy = frozenset({"OperationAborted"})
    busy_when_new = gone
    #: AWS keeps the name of a deleted bucket for minutes.
    patience = 600
    shown_after = 120

    def __init__(self, empty: bool = False) -> None:
        """With ``empty`` a bucket is deleted with all that it holds. What stops may write a last log meanwhile."""
        self.empty = empty
        self.busy = S3Bucket.busy | {"BucketNotEmpty"} if empty else S3Bucket.busy

    def desired(self, arguments: Mapping[str, Any]) -> Resource:
        return documents.desired(arguments)

    def list(self, clients: Clients, prefix: str) -> Iterable[Document]:
        return calls.list_buckets(clients, prefix)

    def look_up(self, clients: Clients, name: str) -> Document | None:
        """Whether it is there is told by the first call that asks for a property."""
        return {"Name": name}

    def name(self, document: Document) -> str:
        return str(document["Name"])

    def tags(self, clients: Clients, document: Document) -> Mapping[str, str]:
        return calls.tags(clients("s3"), self.name(document))

    def prefetched_tags(self, document: Document, prefetched: PrefetchedTags) -> Mapping[str, str] | None:
        return prefetched.get(documents.arn(self.name(document)))

    def describe(self, clients: Clients, document: Document, tags: Mapping[str, str]) -> Resource | None:
        name = self.name(document)
        return documents.canonical(name, **calls.properties(clients("s3"), name), tags=tags)

    def create(self, clients: Clients, wanted: Resource) -> str | None:
        """AWS takes the rest in calls of their own."""
        client = clients("s3")
        region = client.meta.region_name
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client.create_bucket(Bucket=wanted.name, ObjectOwnership=wanted.properties["object_ownership"], **where)
        return None

    def change(self, clients: Clients, wanted: Resource, found: Resource, differs: Collection[str]) -> None:
        client, name, properties = clients("s3"), wanted.name, wanted.properties
        if "public_access_block" in differs:
            block = documents.public_access_block(properties)
            client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        if "object_ownership" in differs:
            rules = {"Rules": [{"ObjectOwnership": properties["object_ownership"]}]}
            client.put_bucket_ownership_controls(Bucket=name, OwnershipControls=rules)
        if not {"encryption", "kms_key_id", "bucket_key_enabled"}.isdisjoint(differs):
            encryption = documents.encryption(properties)
            client.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=encryption)
        if "versioning" in differs:
            if not properties["versioning"]:  # which AWS refuses while there is a replication, for which it was needed
                client.delete_bucket_replication(Bucket=name)
            status = "Enabled" if properties["versioning"] else "Suspended"
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        if "policy" in differs:
            policy = properties["policy"]
            calls.set_policy(client, name, policy_documents.to_json(policy) if policy else None)
        if "lifecycle_rules" in differs:
            calls.set_lifecycle_rules(client, name, documents.lifecycle_rules(properties))

    def set_tags(self, clients: Clients, found: Resource, tags: Mapping[str, str], superfluous: Sequence[str]) -> None:
        """AWS takes all tags at once."""
        calls.set_tags(clients, found.name, tags)

    def delete(self, clients: Clients, found: Resource) -> None:
        client = clients("s3")
        if self.empty:
            calls.delete_objects(client, found.name)
        client.delete_bucket(Bucket=found.name)


S3_BUCKET = S3Bucket()
