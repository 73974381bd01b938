# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Commands of this machine. Ansible's own ``run_command`` belongs to a module, and ours work without one, too."""

from __future__ import annotations

from collections.abc import Sequence


def run(command: Sequence[str]) -> tuple[int, str]:
    """Runs a command to its end: its exit code, and what it printed. Raises OSError when there is no such command."""
    import asyncio  # takes longer than most of what is done here, and few ask for it

    async def ended() -> tuple[int, str]:
        nothing, pipe, same = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
        process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=pipe, stderr=same)
        output, _unused = await process.communicate()
        return await process.wait(), output.decode(errors="replace")

    return asyncio.run(ended())
