"""Databases as AWS tells them, and as one sees them who looks at the environment."""

from __future__ import annotations

from datetime import date

from ansible_collections.farflow.airflow.plugins.module_utils.engine.known import Existing
from ansible_collections.farflow.airflow.plugins.module_utils.environment import database as rds
from ansible_collections.farflow.airflow.plugins.module_utils.kinds.rds.instance import documents as rds_instances

NAME = "prod-database"
TODAY = date(2026, 11, 30)


def database(inputs, **changes):
    """The database as AWS tells it and as one sees it who wants these inputs; by another name, one beside it."""
    name = changes.get("DBInstanceIdentifier", NAME)
    document = {
        "DBInstanceIdentifier": NAME,
        "DBInstanceArn": f"arn:aws:rds:eu-west-1:123456789012:db:{name}",
        "DBInstanceStatus": "available",
        "DBInstanceClass": "db.t4g.small",
        "Engine": "postgres",
        "EngineVersion": "17.5",
        "MasterUsername": "airflow",
        "DBName": "farflow",
        "Endpoint": {"Address": "x.eu-west-1.rds.amazonaws.com", "Port": 5432},
        "AllocatedStorage": 25,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1111",
        "BackupRetentionPeriod": 30,
        "DBSubnetGroup": {"DBSubnetGroupName": NAME},
        "AutoMinorVersionUpgrade": True,
        "CopyTagsToSnapshot": True,
        **changes,
    }
    wanted = next(one for one in rds.desired(inputs, Existing()) if one.type == rds_instances.TYPE)
    return rds_instances.canonical(document, wanted.arguments if name == NAME else {}, "v1", TODAY)


TAGS = [{"Key": "farflow:environment", "Value": "prod"}, {"Key": "farflow:role", "Value": "rds"}]


def beside(inputs, name="prod-restored", **changes):
    """A database that somebody has restored beside it, with the tags that come from a snapshot."""
    return database(inputs, **{"DBInstanceIdentifier": name, "TagList": TAGS, **changes})
