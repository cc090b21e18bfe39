"""Elements of a drawing as escaped text, and the scales that place figures in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

__all__ = ["Scale", "coordinate", "drawing", "tag", "text"]


def coordinate(value: float) -> str:
    """Write a coordinate with one decimal at most."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # adding 0.0 turns -0.0 into 0.0


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Make one element; texts and attributes are escaped, unless they are markup already.

    Args:
        attributes: `class_` gives class, `stroke_width` gives stroke-width; None leaves the attribute out.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(
            key.rstrip("_").replace("_", "-"), value if isinstance(value, str) else coordinate(value)
        )
        for key, value in attributes.items()
        if value is not None
    )
    inside = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inside)


def text(content: str, x: float, y: float, **attributes: str | float | None) -> Markup:
    """Place a text; `class_` and `text_anchor` as usual."""
    return tag("text", content, x=x, y=y, **attributes)


def drawing(width: float, height: float, *children: str, label: str, **attributes: str | float | None) -> Markup:
    """Make a whole drawing with the text that a screen reader says for it."""
    return tag(
        "svg",
        *children,
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        width=width,
        height=height,
        role="img",
        aria_label=label,
        **attributes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A linear or logarithmic map from figures `low`..`high` to coordinates `start`..`end`."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    @classmethod
    def fit(cls, values: Sequence[float], start: float, end: float) -> Scale:
        """Choose a scale that holds all values with a small margin: logarithmic where they span a factor of three."""
        low, high = min(values, default=0.0), max(values, default=1.0)
        if low > 0 and high / low >= 3:
            margin = (high / low) ** 0.06
            return cls(low=low / margin, high=high * margin, start=start, end=end, logarithmic=True)
        margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
        return cls(low=low - margin, high=high + margin, start=start, end=end)

    def place(self, value: float) -> float:
        """Map a figure to its coordinate."""
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Choose four to nine round figures on the scale."""
        if self.logarithmic:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            for mantissas in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
                found = [m * 10.0**d for d in decades for m in mantissas if self.low <= m * 10.0**d <= self.high]
                if len(found) >= 4:
                    return found
        step = _round_step((self.high - self.low) / 5)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [index * step for index in range(first, last + 1)]


def _round_step(step: float) -> float:
    """Round a step to 1, 2 or 5 times a power of ten."""
    power: float = 10.0 ** math.floor(math.log10(step))
    return next((m * power for m in (1, 2, 5) if m * power >= step), 10 * power)
