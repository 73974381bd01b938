"""Who is compared, and on which days."""

from __future__ import annotations

from .comparison import Days
from .scalers.cpu import CpuTracking
from .scalers.keda import Keda
from .scalers.mwaa import Mwaa
from .scalers.work import Work
from .simulation import Scaler
from .traces import long_and_bursts, midnight_burst, steady_trickle

OURS, CPU, MWAA, KEDA, KEDA_POLLING = (
    "ours",
    "CPU tracking at 70 %",
    "MWAA-like",
    "KEDA-like, the same delays",
    "KEDA-like, its own polling",
)
OPTIMUM = "offline optimum"

CONTENDERS: dict[str, Scaler] = {
    OURS: Work(),
    CPU: CpuTracking(),
    MWAA: Mwaa(),
    KEDA: Keda(),
    KEDA_POLLING: Keda(delayed=False),
}


def busy_trickle(seed: int):
    """Two tasks a minute: six of the eight slots of a worker, on average."""
    return steady_trickle(seed, gap=30)


#: What is asked of us is asked on these.
TRACES: dict[str, Days] = {
    "500 short tasks at midnight": midnight_burst,
    "a steady trickle": steady_trickle,
    "12-hour tasks, bursts between": long_and_bursts,
}
