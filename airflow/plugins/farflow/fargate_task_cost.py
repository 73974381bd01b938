# Copyright: farflow.airflow contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a Fargate task cost, by a price list with a date; unknown where that has no price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from farflow.fargate_task_end import seconds

#: The user's own list, in the image, takes the place of ours.
OWN_PRICES = Path("/opt/airflow/config/fargate_prices.json")
PRICES = Path(__file__).parent / "fargate_prices.json"

_SHORTEST_SECONDS = 60  # "AWS Fargate pricing": a minimum of one minute
_FREE_STORAGE_GIB = 20
_SPOT = "FARGATE_SPOT"


@cache
def price_list() -> dict[str, Any]:
    """``{date, currency, regions: {region: {architecture: {vcpu_hour, gb_hour}}}}``, the user's or ours. Beside the two
    there may be ``storage_gb_hour``, ``spot_vcpu_hour`` and ``spot_gb_hour``.
    """
    for path in (OWN_PRICES, PRICES):
        try:
            document = json.loads(path.read_text())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            return {"problem": f"{path} can't be read: {error}"}
        return document if isinstance(document, dict) else {"problem": f"{path} is no JSON object"}
    return {}


def told(task: Mapping[str, Any], region: str | None) -> str:
    """``0.0012 USD by prices of 2026-10-01``, or ``cost unknown`` with the reason. Of one on Spot whose price is not in
    the list it is ``at most`` what it costs on demand: Spot is never dearer.
    """
    prices = price_list()
    if "problem" in prices:
        return f"cost unknown: {prices['problem']}"
    amount = cost(task, region, prices)
    if isinstance(amount, str):
        return f"cost unknown: {amount}"
    words = f"{amount:.4f} {prices.get('currency', 'USD')} by prices of {prices.get('date', 'an unknown day')}"
    if _is_on_spot(task) and not _spot_prices(_price(task, region, prices)):
        return f"at most {words}, which are those on demand"
    return words


def cost(task: Mapping[str, Any], region: str | None, prices: Mapping[str, Any]) -> float | str:
    """What it cost, or why that is unknown. AWS counts from the beginning of the image's pull to the stop."""
    price = _price(task, region, prices)
    duration = seconds(task, "pullStartedAt", "stoppedAt")
    if not price:
        architecture = _architecture(task)
        return f"the price list of {prices.get('date', 'an unknown day')} has no {architecture} in {region}"
    if duration is None or not task.get("cpu") or not task.get("memory"):
        return "AWS does not tell its size, or when it began"
    if _is_on_spot(task):
        price = {**price, **_spot_prices(price)}
    storage = max((task.get("ephemeralStorage") or 0) - _FREE_STORAGE_GIB, 0)
    if storage and "storage_gb_hour" not in price:
        return f"the price list of {prices.get('date', 'an unknown day')} has no price of storage in {region}"
    an_hour = (
        int(task["cpu"]) / 1024 * price["vcpu_hour"]
        + int(task["memory"]) / 1024 * price["gb_hour"]
        + storage * price.get("storage_gb_hour", 0)
    )
    return float(an_hour * max(duration, _SHORTEST_SECONDS) / 3600)


def _price(task: Mapping[str, Any], region: str | None, prices: Mapping[str, Any]) -> Mapping[str, float]:
    """What the list has for the task's architecture there; empty where it has nothing."""
    return (prices.get("regions") or {}).get(region, {}).get(_architecture(task)) or {}


def _architecture(task: Mapping[str, Any]) -> str:
    return str(task.get("architecture", "")).upper()


def _is_on_spot(task: Mapping[str, Any]) -> bool:
    return task.get("capacityProviderName") == _SPOT


def _spot_prices(price: Mapping[str, float]) -> dict[str, float]:
    """The prices of Spot by the names of those on demand; empty where one of them is lacking."""
    found = {name: price[f"spot_{name}"] for name in ("vcpu_hour", "gb_hour") if f"spot_{name}" in price}
    return found if len(found) == 2 else {}
