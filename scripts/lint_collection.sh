#!/bin/sh
# What judges the collection as Ansible finds one: ansible-lint and `ansible-test sanity`. Both get a copy of what git
# has, in a folder ansible_collections/farflow/airflow beside the collections of .venv.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
failed=0

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
trap 'exit 1' HUP INT TERM
copy=$tree/ansible_collections/farflow/airflow
mkdir -p "$copy"
packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
ln -s "$packages"/ansible_collections/amazon "$packages"/ansible_collections/community "$tree/ansible_collections"
# In a link to itself ansible-test would not come to an end; what is deleted and not yet committed is no file.
git ls-files -z --cached --others --exclude-standard -- ':!playbooks/collections' \
    | tar -c --null --files-from=- --ignore-failed-read 2>/dev/null | tar -x -C "$copy"
cd "$copy"

echo "lint: ansible-lint" >&2
ANSIBLE_COLLECTIONS_PATH=$tree ansible-lint --strict || failed=1

# ansible-test keeps a Python environment for each of its tests, which it would start with a pip from its own server;
# Python brings one.
home=$OLDPWD/.tools/ansible-test
pip=$(sed -n "s/^ *pip='\(.*\)',$/\1/p" "$packages/ansible_test/_internal/python_requirements.py" | tr . _)
mkdir -p "$home/.ansible/test/cache"
printf 'import ensurepip\n\nensurepip.bootstrap()\n' > "$home/.ansible/test/cache/get_pip_$pip.py"

echo "lint: ansible-test sanity" >&2
HOME=$home ansible-test sanity --color no --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" || failed=1
exit "$failed"
