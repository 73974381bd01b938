# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What S3 tells of a bucket and of an object, and what of it is compared."""

from __future__ import annotations

from ..engine.reads import TAGS, Compared, NotCompared, Nothing, Reads, Told

_NAMES_OF_OBJECTS = NotCompared(
    "access logging, analytics, inventory, metadata tables, metrics, notifications",
    "they tell others the names of objects, not what is in them",
)
_WAYS = NotCompared(
    "CORS, website, requester pays, acceleration",
    "nobody gets in by these whom policy and roles do not let in; AWS blocks public access",
)
_TIERS = NotCompared(
    "intelligent tiering",
    "it moves objects of a storage class that ours have only after a transition, and these are compared",
)
_REPLICATION = NotCompared("replication", "it needs versioning, which is compared: with that it is ended")
_LOCK = NotCompared(
    "object lock",
    "AWS takes it back for nobody; a deploy fails at the versioning that it needs, with AWS's words",
)
_ABAC = NotCompared("whether tags decide who gets in", "its tags are compared")
_ACCESS_POINTS = NotCompared("access points", "outside of the account they let in whom the bucket's policy lets in")

_OBJECTS = Nothing("its objects")
_OF_AN_OBJECT = NotCompared(
    "ACLs, tags, annotations, locks and holds of objects",
    "ACLs have no effect where the bucket's owner owns all, and the rest changes nothing of what Airflow reads",
)

READS = [
    Reads(
        kind="s3_bucket",
        title="S3 buckets",
        service="s3",
        ids=("Bucket",),
        without=("Key",),
        operations={
            "GetBucketAbac": _ABAC,
            "GetBucketAccelerateConfiguration": _WAYS,
            "GetBucketAcl": Told("s3 GetBucketOwnershipControls"),
            "GetBucketAnalyticsConfiguration": _NAMES_OF_OBJECTS,
            "GetBucketCors": _WAYS,
            "GetBucketEncryption": Compared(),
            "GetBucketIntelligentTieringConfiguration": _TIERS,
            "GetBucketInventoryConfiguration": _NAMES_OF_OBJECTS,
            "GetBucketLifecycle": Told("s3 GetBucketLifecycleConfiguration"),
            "GetBucketLifecycleConfiguration": Compared(),
            "GetBucketLocation": Nothing("its region, which never changes"),
            "GetBucketLogging": _NAMES_OF_OBJECTS,
            "GetBucketMetadataConfiguration": _NAMES_OF_OBJECTS,
            "GetBucketMetadataTableConfiguration": _NAMES_OF_OBJECTS,
            "GetBucketMetricsConfiguration": _NAMES_OF_OBJECTS,
            "GetBucketNotification": _NAMES_OF_OBJECTS,
            "GetBucketNotificationConfiguration": _NAMES_OF_OBJECTS,
            "GetBucketOwnershipControls": Compared(),
            "GetBucketPolicy": Compared(),
            "GetBucketPolicyStatus": Told("s3 GetBucketPolicy"),
            "GetBucketReplication": _REPLICATION,
            "GetBucketRequestPayment": _WAYS,
            "GetBucketTagging": TAGS,
            "GetBucketVersioning": Compared(),
            "GetBucketWebsite": _WAYS,
            "GetObjectLockConfiguration": _LOCK,
            "GetPublicAccessBlock": Compared(),
            "HeadBucket": Nothing("that there is one"),
            "ListBucketAnalyticsConfigurations": _NAMES_OF_OBJECTS,
            "ListBucketIntelligentTieringConfigurations": _TIERS,
            "ListBucketInventoryConfigurations": _NAMES_OF_OBJECTS,
            "ListBucketMetricsConfigurations": _NAMES_OF_OBJECTS,
            "ListMultipartUploads": _OBJECTS,
            "ListObjectVersions": _OBJECTS,
            "ListObjects": _OBJECTS,
            "ListObjectsV2": _OBJECTS,
        },
        besides=(_ACCESS_POINTS,),
    ),
    Reads(
        kind="dag_bundle",
        title="Objects in the bucket",
        service="s3",
        ids=("Key",),
        operations={
            "GetObject": Nothing("what is in it: DAG versions are known by their digests"),
            "GetObjectAcl": _OF_AN_OBJECT,
            "GetObjectAnnotation": _OF_AN_OBJECT,
            "GetObjectAttributes": Nothing("its size and checksum"),
            "GetObjectLegalHold": _OF_AN_OBJECT,
            "GetObjectRetention": _OF_AN_OBJECT,
            "GetObjectTagging": _OF_AN_OBJECT,
            "GetObjectTorrent": Nothing("what is in it"),
            "HeadObject": Compared("tests/integration/test_dags.py puts another pointer there"),
            "ListObjectAnnotations": _OF_AN_OBJECT,
            "ListParts": _OBJECTS,
            "SelectObjectContent": Nothing("what is in it"),
        },
    ),
]
