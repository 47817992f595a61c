"""How long badges take: 10,000 different ones, as SVG and as endpoint document, in this process.

python benchmarks/badges.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

from assaymark.badges import endpoint, svg
from assaymark.badges.model import Badge, Kind, State

NUMBER = 10_000
AIM = 10.0  # seconds for all, that is 1 ms each


def made(n: int) -> Badge:
    """A badge that differs from all others, so that nothing is drawn once and remembered."""
    metal = ("bronze", "silver", "gold")[n % 3]
    commit = f"{n * 2654435761 % 2**160:040x}"
    title = f"project {n}: level {metal} at {commit[:7]}"
    return Badge(
        kind=Kind.LEVEL,
        state=State.ASSESSED,
        label=f"project {n}",
        message=metal,
        metal=metal,
        commit=commit,
        title=title,
    )


def seconds(render: Callable[[Badge], str]) -> float:
    """Wall-clock time for all of them."""
    badges = [made(n) for n in range(NUMBER)]
    start = time.perf_counter()
    for badge in badges:
        render(badge)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    print(f"| {NUMBER:,} badges | seconds | ms each | aim | met |\n| --- | --- | --- | --- | --- |")
    for name, render in (("svg", svg.render), ("endpoint", endpoint.render)):
        took = seconds(render)
        print(f"| {name} | {took:.2f} | {took / NUMBER * 1000:.3f} | {AIM:g} s | {'yes' if took <= AIM else 'NO'} |")


if __name__ == "__main__":
    main()
