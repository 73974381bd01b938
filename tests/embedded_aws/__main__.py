"""`python tests/embedded_aws up|down|env|status|reset|engine`."""

from __future__ import annotations

import sys
from pathlib import Path

# A folder that is run puts itself on the path; the package is found beside it.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from embedded_aws.command_line import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
