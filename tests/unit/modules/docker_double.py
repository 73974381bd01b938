"""A Docker engine that builds images of what it is sent, and moto's ECR that they are pushed to."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading

import boto3
from botocore.exceptions import ClientError
from docker.errors import APIError, ImageNotFound

REPOSITORY = "test-tasks"


class Engine:
    """Stands where the Docker SDK's client does: builds an image of what it is sent, pushes to moto's ECR.

    ``build_output`` and ``push_errors`` are what it is to answer instead, ``refused`` the Dockerfiles that it can't
    parse, each with its reason.
    """

    def __init__(self):
        self.names, self.architecture = {}, "amd64"
        self.build_output, self.push_errors, self.conflict, self.refused = {}, [], set(), {}
        self.builds, self.pushes, self.pulls, self.removed = [], [], [], []
        self.running, self.most_running, self.lock = 0, 0, threading.Lock()

    def build(self, fileobj, **arguments):
        with self.lock:
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        with tarfile.open(fileobj=io.BytesIO(b"".join(fileobj))) as sent:
            files = {member.name: sent.extractfile(member).read() for member in sent if member.isreg()}
        self.builds.append({**arguments, "files": files})
        dockerfile = files[arguments["dockerfile"]].decode()
        if why := self.refused.get(dockerfile):
            response = type("Response", (), {"status_code": 400, "reason": "Bad Request"})()
            raise APIError("400 Client Error", response=response, explanation=why)
        output = self.build_output.get(dockerfile)
        # what a Dockerfile's comment says is not in the image
        content = {**files, "Dockerfile": dockerfile.split("#")[0]}
        image = "sha256:" + hashlib.sha256(repr(sorted(content.items())).encode()).hexdigest()
        self.names.setdefault(image, set())
        with self.lock:
            self.running -= 1
        if output:
            yield from output
            return
        for stage in range(dockerfile.count("FROM ") - 1):
            made = hashlib.sha256(f"{stage}{image}".encode()).hexdigest()[:12]
            self.names.setdefault(made, set())
            yield {"stream": "Step 1/9 : FROM scratch\n"}
            yield {"stream": " ---> Running in 0123456789ab\n"}
            yield {"stream": f" ---> {made}\n"}
        yield {"stream": "Step 8/9 : FROM scratch\n"}
        yield {"aux": {"ID": image}}

    def pull(self, name, stream, decode, auth_config):
        self.pulls.append((name, auth_config))
        repository, _unused, tag = name.rpartition("/")[2].partition(":")
        try:
            boto3.client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
        except ClientError:
            yield {"error": f"manifest for {name} not found"}
            return
        self.names.setdefault(f"sha256:{tag}", set()).add(name)
        yield {"status": "Pulled"}

    def inspect_image(self, name):
        for image, names in self.names.items():
            if name == image or name in names:
                return {"Id": image, "RepoTags": sorted(names), "Os": "linux", "Architecture": self.architecture}
        raise ImageNotFound(f"no such image: {name}")

    def tag(self, image, repository, tag, force):
        for names in self.names.values():
            names.discard(f"{repository}:{tag}")
        self.names[image].add(f"{repository}:{tag}")

    def remove_image(self, name, noprune=False):
        self.removed.append((name, noprune))
        if name in self.conflict:
            raise APIError("conflict", response=type("Response", (), {"status_code": 409, "reason": "Conflict"})())
        if name in self.names:
            del self.names[name]
        for names in self.names.values():
            names.discard(name)

    def push(self, address, tag, stream, decode, auth_config):
        self.pushes.append((f"{address}:{tag}", auth_config))
        if self.push_errors:
            error = self.push_errors.pop(0)
            if isinstance(error, Exception):
                raise error
            yield {"error": error}
            return
        image = self.inspect_image(f"{address}:{tag}")["Id"]
        put(address.rpartition("/")[2], tag, image)
        yield {"status": "Pushed"}


def put(repository, tag, image):
    """Without layers moto draws a digest by lot, out of a hundred."""
    layers = [{"digest": f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"}]
    manifest = {
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "layers": layers,
        "config": {"size": 1},
    }
    arguments = {"repositoryName": repository, "imageManifest": json.dumps(manifest), "imageTag": tag}
    boto3.client("ecr").put_image(**arguments)


def tags():
    images = boto3.client("ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]
    return sorted(tag for image in images for tag in image["imageTags"])
