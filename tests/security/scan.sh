#!/bin/sh
# Lets security scanners that nobody here wrote look at a deployment as vars/prod.yml asks for it, on an embedded AWS, and
# at the images' Dockerfiles. Their findings are compared with docs/security.md; a new one fails. Not part of `make test`:
# the scanners take 1.5 GB and some minutes the first time.
set -eu
cd "$(dirname "$0")/../.."

# $1: a scanner's name, $2: its version. They cannot share an environment, nor ours: each pins boto3.
scanner() {
    folder=.tools/$1-$2
    if [ ! -x "$folder/bin/$1" ]; then
        echo "scan: installing $1 $2 into $folder" >&2
        .venv/bin/python -m venv --clear "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check uv
        "$folder/bin/uv" pip install --quiet --python "$folder/bin/python" "$1==$2"
    fi
    echo "$folder/bin/$1"
}

sh scripts/environment.sh dev
prowler=$(scanner prowler 5.46.0)
checkov=$(scanner checkov 3.3.30)
exec .venv/bin/python -m tests.security.scan "$prowler" "$checkov"
