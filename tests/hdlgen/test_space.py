"""The space against brute force: every product of choices, and the conditions checked one by one."""

from __future__ import annotations

import itertools
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.errors import PointError, SpecError
from hdlgen.space import Choice, Knob, Point, Space

INTERVAL = Knob(name="interval", choices=(1, 2, 4))
FOLD = Knob(name="fold", choices=("none", "serial"), requires=(("serial", (("interval", (2, 4)),)),))
SHARE = Knob(name="share", choices=(False, True), requires=((True, (("fold", ("serial",)),)),))
SMALL = Space(knobs=(INTERVAL, FOLD, SHARE))


def keeps_conditions(knobs: tuple[Knob, ...], values: tuple[Choice, ...]) -> bool:
    """Tell by the words of the definition whether values, one a knob, are a valid point."""
    chosen = dict(zip((knob.name for knob in knobs), values, strict=True))
    for knob in knobs:
        for choice, conditions in knob.requires:
            if chosen[knob.name] == choice and not all(chosen[name] in listed for name, listed in conditions):
                return False
    return True


def brute_force(knobs: tuple[Knob, ...]) -> list[Point]:
    names = [knob.name for knob in knobs]
    products = itertools.product(*(knob.choices for knob in knobs))
    return [
        Point(values=tuple(zip(names, values, strict=True))) for values in products if keeps_conditions(knobs, values)
    ]


@st.composite
def knob_lists(draw: Callable[[st.SearchStrategy[object]], object]) -> tuple[Knob, ...]:
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))  # type: ignore[arg-type]
    knobs: list[Knob] = []
    for place in range(int(random.integers(1, 6))):
        choices: tuple[Choice, ...] = tuple(range(int(random.integers(1, 5))))
        requires = []
        for choice in choices:
            earlier = [knob for knob in knobs if random.random() < 0.4]
            conditions = tuple(
                (knob.name, tuple(value for value in knob.choices if random.random() < 0.6)) for knob in earlier
            )
            if conditions:
                requires.append((choice, conditions))
        knobs.append(Knob(name=f"k{place}", choices=choices, requires=tuple(requires)))
    return tuple(knobs)


def spaces() -> Iterator[Space]:
    yield SMALL
    for seed in range(12):
        random = np.random.default_rng(seed)
        first = Knob(name="a", choices=tuple(range(int(random.integers(1, 5)))))
        second = Knob(name="b", choices=("x", "y"), requires=(("y", (("a", (0, 2)),)),))
        third = Knob(name="c", choices=(0.5, 1.5, 2.5), requires=((0.5, (("b", ("y",)), ("a", (0,)))),))
        yield Space(knobs=(first, second, third))


@settings(max_examples=150, deadline=None)
@given(knob_lists())
def test_size_enumeration_and_numbers_equal_brute_force(knobs: tuple[Knob, ...]) -> None:
    expected = brute_force(knobs)
    if not expected:
        with pytest.raises(PointError) as caught:
            Space(knobs=knobs)
        assert str(caught.value) == "space: the conditions between the knobs must leave a valid point, not none"
        return
    space = Space(knobs=knobs)
    assert space.size() == len(expected)
    assert list(space.enumerate()) == expected
    assert [space.at(number) for number in range(space.size())] == expected
    assert space.default() == expected[0]
    assert set(space.sample(len(expected) + 3, 7)) == set(expected)
    listed = Space(knobs=tuple(Knob(name=k.name, choices=k.choices) for k in knobs), listed=tuple(expected))
    assert listed.size() == len(expected)
    assert list(listed.enumerate()) == expected
    for point in expected[:20]:
        assert listed.neighbours(point) == space.neighbours(point)


@pytest.mark.parametrize("space", list(spaces()))
def test_neighbours_are_the_nearest_repairs_of_one_changed_knob(space: Space) -> None:
    points = brute_force(space.knobs)
    rank = {
        point: [knob.choices.index(c) for knob, (_, c) in zip(space.knobs, point.values, strict=True)]
        for point in points
    }
    for point in points:
        expected = []
        for place, knob in enumerate(space.knobs):
            for position in range(len(knob.choices)):
                if position == rank[point][place]:
                    continue
                wanted = [*rank[point][:place], position]
                rivals = [other for other in points if rank[other][: place + 1] == wanted]
                if rivals:
                    tail = rank[point][place + 1 :]
                    # Knob by knob the nearest rank, of two equally near ones the lower.
                    nearest = min(
                        rivals, key=lambda o: [(abs(r - t), r) for r, t in zip(rank[o][place + 1 :], tail, strict=True)]
                    )
                    expected.append(nearest)
        assert space.neighbours(point) == list(dict.fromkeys(expected))


def test_space_is_counted_without_enumerating() -> None:
    bits = [Knob(name="b0", choices=(False, True))]
    for place in range(1, 60):
        alone = ((True, ((f"b{place - 1}", (False,)),)),)
        bits += [Knob(name=f"b{place}", choices=(False, True), requires=alone)]
    space = Space(knobs=tuple(bits))
    fibonacci = [1, 1]
    while len(fibonacci) < 63:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    assert space.size() == fibonacci[61]  # words of 60 bits without two ones in a row
    sample = space.sample(500, 3)
    assert len(set(sample)) == 500
    assert all(space.contains(point) for point in sample)
    ones = np.mean([[choice is True for _, choice in point.values] for point in sample])
    assert abs(ones - 0.2764) < 0.01  # 1 / (1 + golden ratio squared) in the limit; knob by knob would give 1/3


def test_space_beyond_64_bits_is_sampled() -> None:
    space = Space(knobs=tuple(Knob(name=f"k{place}", choices=tuple(range(10))) for place in range(30)))
    assert space.size() == 10**30
    sample = space.sample(300, 1)
    digits = np.array([[choice for _, choice in point.values] for point in sample], dtype=np.int64)
    assert len(set(sample)) == 300
    assert chi_square(Counter(digits.ravel().tolist()), 10) < 27.9  # 0.999 quantile, 9 degrees of freedom


def test_entangled_conditions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hdlgen.space.MAX_SITUATIONS", 4)
    with pytest.raises(PointError) as caught:
        Space(knobs=SMALL.knobs)
    assert str(caught.value) == "space: the conditions must be countable in 4 situations"


def chi_square(counts: Counter[Any], cells: int) -> float:
    expected = sum(counts.values()) / cells
    return float(
        sum((count - expected) ** 2 for count in counts.values()) / expected + (cells - len(counts)) * expected
    )


def test_sample_is_uniform_over_ordered_pairs_and_a_draw_knob_by_knob_would_be_seen() -> None:
    pairs = Counter(tuple(SMALL.sample(2, seed)) for seed in range(6000))
    assert chi_square(pairs, 7 * 6) < 74.8  # 0.999 quantile, 41 degrees of freedom

    def knob_by_knob(seed: int) -> Point:
        random = np.random.default_rng(seed)
        interval = (1, 2, 4)[random.integers(3)]
        fold = "serial" if interval > 1 and random.integers(2) else "none"
        return Point(
            values=(("interval", interval), ("fold", fold), ("share", fold == "serial" and bool(random.integers(2))))
        )

    assert chi_square(Counter(knob_by_knob(seed) for seed in range(6000)), 7) > 1000


def test_sample_depends_on_the_seed_alone() -> None:
    assert SMALL.sample(7, 1) == SMALL.sample(7, 1)
    assert SMALL.sample(7, 1) != SMALL.sample(7, 2)
    assert SMALL.sample(3, 1) == SMALL.sample(7, 1)[:3]
    assert SMALL.sample(0, 1) == []


def test_true_is_not_one() -> None:
    space = Space(knobs=(Knob(name="stages", choices=(0, 1)), Knob(name="share", choices=(False, True))))
    good = Point(values=(("stages", 1), ("share", True)))
    assert space.contains(good)
    for bad in ((("stages", True), ("share", True)), (("stages", 1), ("share", 1)), (("stages", 1.0), ("share", True))):
        point = Point(values=bad)
        assert point != good
        assert not space.contains(point)
    assert len({good, Point(values=(("stages", True), ("share", 1)))}) == 2


def test_points_of_other_shapes_are_not_contained() -> None:
    assert not SMALL.contains(Point(values=(("interval", 2), ("fold", "none"))))
    assert not SMALL.contains(Point(values=(("fold", "none"), ("interval", 2), ("share", False))))
    assert not SMALL.contains(Point(values=(("interval", 1), ("fold", "serial"), ("share", False))))


def test_text_and_parse_are_inverse() -> None:
    knobs = (*SMALL.knobs, Knob(name="slack", choices=(0.5, 1.0)), Knob(name="unroll", choices=("auto", 1, 2)))
    for point in Space(knobs=knobs).enumerate():
        again = Point.parse(point.text(), Space(knobs=knobs))
        assert again == point
        assert [type(choice) for _, choice in again.values] == [type(choice) for _, choice in point.values]
    assert SMALL.default().text() == "interval=1,fold=none,share=false"
    assert SMALL.default()["interval"] == 1
    with pytest.raises(KeyError):
        SMALL.default()["adder"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "interval=1,fold=none,share=false"),
        (" interval = 4 , share=True ", "interval=4,fold=serial,share=true"),
        ("share=true", "interval=2,fold=serial,share=true"),
        ("interval=2.0", "interval=2,fold=none,share=false"),
    ],
)
def test_parse_fills_in_the_first_choices_that_fit(text: str, expected: str) -> None:
    assert Point.parse(text, SMALL).text() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("interval", "point: each part must read knob=choice, not 'interval'"),
        ("interval=", "point: each part must read knob=choice, not 'interval='"),
        (
            "intervall=2",
            "point: 'intervall' must be one of the knobs interval, fold, share (did you mean 'interval'?)",
        ),
        ("interval=3", "point: interval must be 1, 2 or 4, not '3'"),
        ("fold=seriel", "point: fold must be none or serial, not 'seriel' (did you mean 'serial'?)"),
        ("share=1", "point: share must be false or true, not '1'"),
        ("interval=1,interval=2", "point: interval must be given once, not twice"),
        (
            "interval=1,fold=serial",
            "point: fold=serial must go with interval=2 or 4, not with interval=1",
        ),
        ("share=true,interval=1", "point: share=true must go with fold=serial, not with fold=none"),
    ],
)
def test_parse_refuses(text: str, message: str) -> None:
    with pytest.raises(PointError) as caught:
        Point.parse(text, SMALL)
    assert str(caught.value) == message


def test_narrow_keeps_exactly_the_points_that_agree() -> None:
    for pins in ({"interval": [4, 1]}, {"fold": "serial"}, {"interval": [2, 4], "share": True}, {}):
        narrowed = SMALL.narrow(pins)
        lists = {name: pin if isinstance(pin, list) else [pin] for name, pin in pins.items()}
        expected = [p for p in brute_force(SMALL.knobs) if all(p[name] in listed for name, listed in lists.items())]
        assert list(narrowed.enumerate()) == expected
        listed = Space(
            knobs=tuple(Knob(name=k.name, choices=k.choices) for k in SMALL.knobs),
            listed=tuple(brute_force(SMALL.knobs)),
        )
        assert list(listed.narrow(pins).enumerate()) == expected
    assert SMALL.narrow({"interval": [4, 1]}).knobs[0].choices == (1, 4)


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        (
            {"adder": "ripple"},
            "f.toml: knobs.adder must be one of the knobs interval, fold, share",
        ),
        (
            {"intervals": 1},
            "f.toml: knobs.intervals must be one of the knobs interval, fold, share (did you mean 'interval'?)",
        ),
        ({"interval": [1, 3]}, "f.toml: knobs.interval must be 1, 2 or 4, not 3"),
        ({"interval": True}, "f.toml: knobs.interval must be 1, 2 or 4, not True"),
        ({"share": 1}, "f.toml: knobs.share must be false or true, not 1"),
        ({"fold": {}}, "f.toml: knobs.fold must be none or serial, not {}"),
        ({"fold": []}, "f.toml: knobs.fold must name at least one choice, not []"),
        (
            {"share": True, "interval": 1},
            "f.toml: knobs.share must leave a valid point: share=true must go with fold=serial, not with fold=none",
        ),
        (
            {"fold": "serial", "interval": 1},
            (
                "f.toml: knobs.fold must leave a valid point: "
                "fold=serial must go with interval=2 or 4, not with interval=1"
            ),
        ),
    ],
)
def test_narrow_refuses(pins: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        SMALL.narrow(pins, where="f.toml")
    assert str(caught.value) == message


def test_encode_places_each_knob_by_rank() -> None:
    assert SMALL.encode(Point.parse("interval=2,fold=serial", SMALL)) == (0.5, 1.0, 0.0)
    assert SMALL.narrow({"interval": 4}).encode(Point.parse("interval=4,share=true", SMALL)) == (0.0, 1.0, 1.0)
    with pytest.raises(PointError) as caught:
        SMALL.encode(Point(values=(("interval", 1), ("fold", "serial"), ("share", False))))
    assert str(caught.value) == "point: 'interval=1,fold=serial,share=false' must be one of the space's valid points"


def test_repair_keeps_what_it_can() -> None:
    assert SMALL.repair({"interval": 1, "fold": "serial", "share": True}).text() == "interval=1,fold=none,share=false"
    assert SMALL.repair({"interval": 4, "fold": "serial", "share": True}).text() == "interval=4,fold=serial,share=true"
    with pytest.raises(PointError, match="point: fold must be none or serial, not None"):
        SMALL.repair({"interval": 4, "share": True})


def test_spaces_survive_pickling_and_compare_by_knobs() -> None:
    again = pickle.loads(pickle.dumps(SMALL))
    assert again == SMALL
    assert hash(again) == hash(SMALL)
    assert list(again.enumerate()) == list(SMALL.enumerate())


def test_space_without_knobs_has_one_point() -> None:
    space = Space(knobs=())
    assert space.size() == 1
    assert list(space.enumerate()) == [Point(values=())]
    assert Point.parse("", space).text() == ""
    assert space.neighbours(space.default()) == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Knob(name="Fold", choices=(1,)),
            "Knob: name must be lower-case letters, digits and underscores, not 'Fold'",
        ),
        (lambda: Knob(name="fold", choices=()), "Knob fold: choices must hold at least one"),
        (
            lambda: Knob(name="fold", choices=("a,b",)),
            "Knob fold: a choice must be letters, digits and _ . + -, not 'a,b'",
        ),
        (
            lambda: Knob(name="fold", choices=(float("nan"),)),
            "Knob fold: a choice must be a finite number, text or boolean, not nan",
        ),
        (
            lambda: Knob(name="fold", choices=(1, "1")),
            "Knob fold: choices must differ from each other, not (1, '1')",
        ),
        (
            lambda: Knob(name="fold", choices=(1,), requires=((2, ()),)),
            "Knob fold: requires must name its choices, not 2",
        ),
        (
            lambda: Space(knobs=(FOLD, INTERVAL)),
            "Space: fold=serial must require earlier knobs, not 'interval'",
        ),
        (
            lambda: Space(knobs=(INTERVAL, INTERVAL)),
            "Space: knobs must have different names, not ['interval', 'interval']",
        ),
        (lambda: SMALL.at(7), "Space: a point's number must be 0 to 6, not 7"),
    ],
)
def test_misuse_is_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message
