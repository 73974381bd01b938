#!/usr/bin/python
# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecr_images
short_description: Have images in ECR, building only those that are not there
version_added: 0.1.0
description:
  - Gives each image a tag made from its name and the digest of its build context, looks which tags ECR lacks, builds
    and pushes those side by side, and returns the digests of all.
  - The digest covers every file that a build can see (C(<Dockerfile>.dockerignore) is respected, or else
    C(.dockerignore)), executable bits, symbolic links, the Dockerfile, build arguments, target and architecture. It
    does not cover times, owners, where the checkout lies, or what a C(FROM) line's tag means today; name base images
    by digest to have those covered.
  - A file C(.build-ca.pem) in a context is sent to the build, and is not part of the digest.
  - Images are built by the Docker engine that E(DOCKER_HOST) names, or by this machine's. The engine keeps the
    latest image of each name and its stages, as C(farflow/<repository>:<name>), so that the next build finds its
    layers; the name used for pushing is removed again. The password for ECR stays in memory.
  - With O(codebuild) images are built by CodeBuild instead. A build that runs already for the same image is waited
    for, whoever started it.
  - Who built an image makes no difference; one with the right tag is there.
author: farflow.airflow contributors (@farflow)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - farflow.airflow.tags
attributes:
  check_mode:
    description: Names what would be built and pruned; needs no Docker engine.
    support: full
  diff_mode:
    description: One line an image that is built or pruned.
    support: full
requirements:
  - docker (Python package), where images are to be built
options:
  images:
    description: The images.
    type: list
    elements: dict
    required: true
    suboptions:
      repository:
        description: The ECR repository. It has to exist.
        type: str
        required: true
      name:
        description: What the image is; the first part of its tag. One too long for a tag is cut.
        type: str
        required: true
      context:
        description: The folder to build from.
        type: path
        required: true
      dockerfile:
        description: The Dockerfile's path in the context.
        type: str
        default: Dockerfile
      build_args:
        description: Build arguments. They can be read from the image, so they are no place for secrets.
        type: dict
        default: {}
      architecture:
        description: The processor that the image is for.
        type: str
        choices: [X86_64, ARM64]
        default: X86_64
      target:
        description: The stage to build; the last one when it is not given.
        type: str
      exclude:
        description: Further lines of C(.dockerignore).
        type: list
        elements: str
        default: []
      undigested:
        description: Paths in the context that are sent to the build, and are no part of the digest. A change of what
          lies there builds no image.
        type: list
        elements: str
        default: []
        version_added: 0.2.0
      base:
        description:
          - The image that this one begins with, as V(<repository>:<tag>) in this account's ECR or with a registry
            before that. The Dockerfile is told it by the build argument C(BASE_IMAGE). It is part of what the tag's
            digest covers. One that is among O(images) is built before.
        type: str
        version_added: 0.2.0
      build:
        description:
          - Which build of the same context it is. From 2 on the tag ends with a dot and this number, and such a build
            takes nothing from earlier ones and looks for newer base images.
        type: int
        version_added: 0.2.0
        default: 1
      additional_files:
        description: Files that are put into the context, over what lies there.
        type: list
        elements: dict
        default: []
        suboptions:
          path:
            description: The path in the context.
            type: str
            required: true
          src:
            description: A file or folder.
            type: path
          content:
            description: The file's text.
            type: str
  registry:
    description: The registry to push to, as V(127.0.0.1:5000), where it is not the one that ECR names.
    type: str
  build_ca_bundle:
    description:
      - A file with certificate authorities that is put into every build context as C(.build-ca.pem), for builds behind
        a proxy that inspects TLS. It is not part of the digest. A Dockerfile that copies it has to leave it behind in
        an early stage.
    type: path
  codebuild:
    description:
      - Has images built by CodeBuild, so that no Docker engine is needed. Each context is uploaded to a bucket, and a
        build of the project takes it from there.
    type: dict
    suboptions:
      project:
        description: The project, as M(farflow.airflow.codebuild_projects) makes it; in privileged mode.
        type: str
        required: true
      bucket:
        description: The bucket that the contexts go to. The project's role has to be allowed to read C(contexts/*).
        type: str
        required: true
      arm_image:
        description: The image that builds for ARM64 run in; those for X86_64 run in the project's own.
        type: str
        default: aws/codebuild/amazonlinux-aarch64-standard:3.0
  parallel_builds:
    description:
      - How many images are built at once. As many as there are processors when it is not given, and 10 with
        O(codebuild).
    type: int
  prune:
    description:
      - Repositories out of which images are deleted that are neither in O(images) nor in O(keep), and that no ACTIVE
        task definition of the account and region names, whoever made it. Images that have a tag which is not of this
        module's form stay.
      - Revisions that M(farflow.airflow.ecs_task_definitions) has made tell by their tags which images they name. Of
        every other family the newest ACTIVE revision is read; the older ones are where that names an image of one of
        these repositories.
    type: list
    elements: str
    default: []
  keep:
    description: Digests in use, alone or at the end of an image's name, as in a task definition.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Images of two DAG tasks
  farflow.airflow.ecr_images:
    images:
      - repository: prod-tasks
        name: multi_task
        context: tasks/multi_task
        exclude: [task.yml]
      - repository: prod-tasks
        name: number_task
        context: tasks/number_task
        architecture: ARM64
        exclude: [task.yml]

- name: Leave nothing in the repository but what is in use
  farflow.airflow.ecr_images:
    images: []
    prune: [prod-tasks]
"""

RETURN = r"""
images:
  description: One entry an image, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    repository:
      description: The repository.
      type: str
    tag:
      description: The tag, C(<name>-<beginning of the context's digest>), or that with C(.<build>).
      type: str
    digest:
      description: The image's digest; null in check mode for one that would be built.
      type: str
    uri:
      description: What a task definition names, C(<registry>/<repository>@<digest>); null like O(ignore:digest).
      type: str
    changed:
      description: Whether it was, or in check mode would be, built.
      type: bool
    reasons:
      description: Why it was built.
      type: list
      elements: str
  sample:
    - repository: prod-tasks
      tag: multi_task-5f72947a8787c2d402ed
      digest: sha256:2f5a8b...
      uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/prod-tasks@sha256:2f5a8b...
      changed: true
      reasons: ["context 0f3b1c9a7de2466150aa -> 5f72947a8787c2d402ed"]
pruned:
  description: The images that were, or in check mode would be, deleted.
  returned: always
  type: list
  elements: dict
  contains:
    repository:
      description: The repository.
      type: str
    tag:
      description: The tag.
      type: str
    digest:
      description: The digest.
      type: str
"""

import os
from pathlib import Path

from ..module_utils.engine.errors import FarflowError
from ..module_utils.engine.module import run
from ..module_utils.images import documents, ecr_images
from ..module_utils.images.build_context import DOCKERFILE, PLATFORMS
from ..module_utils.images.builders import builder
from ..module_utils.images.in_use import in_use

ARGUMENT_SPEC = {
    "images": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "repository": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "context": {"type": "path", "required": True},
            "dockerfile": {"type": "str", "default": DOCKERFILE},
            "build_args": {"type": "dict", "default": {}},
            "architecture": {"type": "str", "choices": list(PLATFORMS), "default": "X86_64"},
            "target": {"type": "str"},
            "exclude": {"type": "list", "elements": "str", "default": []},
            "undigested": {"type": "list", "elements": "str", "default": []},
            "base": {"type": "str"},
            "build": {"type": "int", "default": 1},
            "additional_files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "required_one_of": [("src", "content")],
                "mutually_exclusive": [("src", "content")],
                "options": {
                    "path": {"type": "str", "required": True},
                    "src": {"type": "path"},
                    "content": {"type": "str"},
                },
            },
        },
    },
    "registry": {"type": "str"},
    "build_ca_bundle": {"type": "path"},
    "codebuild": {
        "type": "dict",
        "options": {
            "project": {"type": "str", "required": True},
            "bucket": {"type": "str", "required": True},
            "arm_image": {"type": "str", "default": "aws/codebuild/amazonlinux-aarch64-standard:3.0"},
        },
    },
    "parallel_builds": {"type": "int"},
    "prune": {"type": "list", "elements": "str", "default": []},
    "keep": {"type": "list", "elements": "str", "default": []},
}

CODEBUILD_AT_ONCE = 10


def work(parameters, clients, check_mode):
    """Builds what is missing, then prunes."""
    images, bundle = parameters["images"], parameters["build_ca_bundle"]
    if bundle and not Path(bundle).is_file():
        raise FarflowError(f"build_ca_bundle {bundle} is not a file")
    seen = ecr_images.look(clients, images, parameters["prune"], parameters["registry"])
    missing = ecr_images.missing(seen)
    after = seen
    if not check_mode:
        after = ecr_images.build(clients, images, seen, _how(parameters))
    superfluous = ecr_images.superfluous(after, parameters["prune"], parameters["keep"])
    used = in_use(clients, superfluous)
    pruned = [image for image in superfluous if image.id not in used]
    if not check_mode:
        ecr_images.prune(clients, pruned)
    return _result(seen, after, missing, pruned)


def _how(parameters):
    bundle, codebuild = parameters["build_ca_bundle"], parameters["codebuild"]
    processors = CODEBUILD_AT_ONCE if codebuild else os.cpu_count() or 1
    workers = parameters["parallel_builds"] or processors
    # An emulated registry stands where no other one may be reached: the base images are those that the engine has.
    pull = not parameters["registry"]
    return ecr_images.Building(Path(bundle) if bundle else None, workers, pull, connect=builder(codebuild))


def _result(seen, after, missing, pruned):
    found = {image.name: image for image in after.actual}
    entries = []
    for wanted in seen.desired:
        image = found.get(wanted.name)
        entries.append(
            {
                "repository": wanted.attributes["repository"],
                "tag": wanted.attributes["tag"],
                "digest": image and image.id,
                "uri": image and image.attributes["uri"],
                "changed": wanted.name in missing,
                "reasons": [documents.reason(wanted, seen.actual)] if wanted.name in missing else [],
            }
        )
    gone = [{**{key: image.attributes[key] for key in ("repository", "tag")}, "digest": image.id} for image in pruned]
    lines = [f"{entry['repository']}:{entry['tag']}: {entry['reasons'][0]}\n" for entry in entries if entry["changed"]]
    lines += [f"{image.name}: deleted\n" for image in pruned]
    return {
        "changed": bool(missing or pruned),
        "images": entries,
        "pruned": gone,
        "diff": {"prepared": "".join(dict.fromkeys(lines))},
    }


def main():
    run(ARGUMENT_SPEC, work)


if __name__ == "__main__":
    main()
