"""ECR: the repositories, and the images in them."""

from __future__ import annotations

import json

from ansible_collections.farflow.airflow.plugins.module_utils.kinds.ecr_repository import ECR_REPOSITORY

from .facts import Never, Tagging, drift, kind, mapping, pairs

kind(
    "ecr_repository",
    made_by="ecr CreateRepository",
    read_by="ecr DescribeRepositories",
    tags=Tagging(
        lambda aws, name, id_: mapping(aws.client("ecr").list_tags_for_resource(resourceArn=id_)["tags"]),
        lambda aws, name, id_, tags: aws.client("ecr").tag_resource(resourceArn=id_, tags=pairs(tags)),
        lambda aws, name, id_, keys: aws.client("ecr").untag_resource(resourceArn=id_, tagKeys=keys),
    ),
    changed_by=ECR_REPOSITORY,
)
kind(
    "image",
    made_by=Never("whoever builds it pushes it, by the registry's protocol, to a tag that says what it is built from"),
    read_by="ecr DescribeImages",
    tags=Never("AWS has no tags of this kind for them: their repository is tagged"),
    changed_by=Never("its tag is the digest of what it is made of"),
)


@drift("change ecr_repository local-tasks", "image_tag_mutability MUTABLE -> IMMUTABLE")
def tags_of_images_made_mutable(aws):
    aws.client("ecr").put_image_tag_mutability(repositoryName="local-tasks", imageTagMutability="MUTABLE")


@drift("change ecr_repository local-airflow", "scan_on_push false -> true")
def images_no_longer_scanned(aws):
    scanning = {"scanOnPush": False}
    aws.client("ecr").put_image_scanning_configuration(
        repositoryName="local-airflow", imageScanningConfiguration=scanning
    )


@drift("change ecr_repository local-tasks", "lifecycle_policy rules", seen_by="ecr GetLifecyclePolicy")
def images_expire(aws):
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}
    rule = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    aws.client("ecr").put_lifecycle_policy(
        repositoryName="local-tasks", lifecyclePolicyText=json.dumps({"rules": [rule]})
    )


@drift("change ecr_repository local-airflow", "repository_policy", seen_by="ecr GetRepositoryPolicy")
def the_repository_opened_to_everybody(aws):
    everybody = {"Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    aws.client("ecr").set_repository_policy(
        repositoryName="local-airflow", policyText=json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    )


@drift("create image local-tasks:{other}", follows=("change ecs_task_definition local-other",))
def an_image_deleted(aws):
    ecr = aws.client("ecr")
    images = ecr.list_images(repositoryName="local-tasks")["imageIds"]
    gone = [{"imageTag": each["imageTag"]} for each in images if each["imageTag"].startswith("other-")]
    ecr.batch_delete_image(repositoryName="local-tasks", imageIds=gone)
