"""The picture of how time grows with the number of applications: both axes by powers of ten."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 400, 64, 48, 24, 24


def picture(seconds: Mapping[int, float], title: str) -> str:
    """An SVG of `seconds` of the processor by number of applications (at least two), with the line of 1 : 1 growth."""
    sizes = sorted(seconds)
    low_x, high_x = log10(sizes[0]) - 0.1, log10(sizes[-1]) + 0.1
    low_y, high_y = log10(min(seconds.values())) - 0.2, log10(max(seconds.values())) + 0.3

    def x(size: float) -> float:
        return round(LEFT + (log10(size) - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (log10(value) - low_y) / (high_y - low_y) * (HEIGHT - BOTTOM - TOP), 1)

    points = " ".join(f"{x(size)},{y(seconds[size])}" for size in sizes)
    most = seconds[sizes[-1]] * sizes[0] / sizes[-1]  # where growth in step with the number ends, at the lower end
    start = max(most, 10**low_y)
    begin = sizes[-1] * start / seconds[sizes[-1]]
    marks = "".join(
        f'<circle cx="{x(size)}" cy="{y(seconds[size])}" r="4" fill="#000091"/>'
        f'<text x="{x(size)}" y="{y(seconds[size]) - 10}" text-anchor="middle">{seconds[size]:.1f} s</text>'
        f'<text x="{x(size)}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{size:,}</text>'
        for size in sizes
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif" '
        f'font-size="13"><title>{title}</title><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#666"/>'
        f'<path d="M{x(begin)} {y(start)}L{x(sizes[-1])} {y(seconds[sizes[-1]])}" stroke="#666" stroke-dasharray="4 4"/>'
        f'<polyline points="{points}" fill="none" stroke="#000091" stroke-width="2"/>{marks}'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">applications</text>'
        f'<text x="8" y="16">seconds of processor (dashed: in step with the number)</text></svg>\n'
    )
