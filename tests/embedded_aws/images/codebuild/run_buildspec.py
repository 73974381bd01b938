"""Runs the phase "build" of a buildspec in JSON as CodeBuild does, and says so in its words."""

import json
import os
import subprocess
import sys
from pathlib import Path

HANDED_IN = Path("/LocalBuild/envFile")


def say(text: str) -> None:
    print(f"[Container] {text}", flush=True)


def main() -> int:
    for line in (HANDED_IN / "env.list").read_text().splitlines():
        name, _unused, value = line.partition("=")
        os.environ[name] = value
    spec = json.loads((HANDED_IN / "buildspec.json").read_text())
    os.environ.update(spec.get("env", {}).get("variables", {}))
    state, code = "SUCCEEDED", 0
    for command in spec["phases"]["build"]["commands"]:
        say(f"Running command {command}")
        code = subprocess.run(["bash", "-c", command], stderr=subprocess.STDOUT, check=False).returncode
        if code:
            state = "FAILED"
            say(f"Command did not exit successfully {command} exit status {code}")
            break
    say(f"Phase complete: BUILD State: {state}")
    return code


if __name__ == "__main__":
    sys.exit(main())
