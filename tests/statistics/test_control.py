"""Control variates: the regression that they are, and what they save."""

import math

import numpy as np
import pytest

from simulator.statistics.control import controlled_mean


def test_it_is_the_intercept_of_a_regression_on_centred_controls():
    draw = np.random.default_rng(1)
    controls = draw.normal([5.0, -2.0], [1.0, 3.0], size=(40, 2))
    values = 10 + controls @ [2.0, 0.5] + draw.normal(size=40)
    found = controlled_mean(values.tolist(), controls, [5.0, -2.0])
    design = np.column_stack([np.ones(40), controls - [5.0, -2.0]])
    coefficients, residuals, *_ = np.linalg.lstsq(design, values, rcond=None)
    error = math.sqrt(residuals[0] / 37 * np.linalg.inv(design.T @ design)[0, 0])
    assert found.controlled.mean == pytest.approx(coefficients[0])
    assert found.controlled.half_width == pytest.approx(
        2.0262 * error, rel=1e-4
    )  # t of 37 degrees of freedom
    assert found.slopes == pytest.approx(coefficients[1:])
    assert np.mean(found.controlled.values) == pytest.approx(found.controlled.mean)


def test_it_saves_what_the_controls_explain():
    draw = np.random.default_rng(2)
    controls = draw.poisson(1_000, size=50)
    values = 3.0 * controls + draw.normal(size=50) * 20
    found = controlled_mean(values.tolist(), controls, [1_000.0])
    assert found.helps
    assert found.better is found.controlled
    assert found.variance_ratio == pytest.approx(400 / (9 * 1_000 + 400), rel=0.5)
    assert found.controlled.half_width < found.plain.half_width / 3


def test_a_control_that_has_nothing_to_do_with_it_does_not_help():
    draw = np.random.default_rng(3)
    helped = [
        controlled_mean(draw.normal(size=12).tolist(), draw.normal(size=(12, 3)), [0.0] * 3).helps
        for _ in range(200)
    ]
    assert np.mean(helped) < 0.5


def test_what_cannot_be_controlled_stays_plain():
    for values, controls in [([1.0, 2.0, 3.0], [[1], [2], [3]]), ([1.0] * 9, [[i] for i in range(9)]),
                             ([float(v) for v in range(9)], [[4]] * 9),
                             ([float(v) for v in range(9)], [[i, 2 * i] for i in range(9)])]:  # fmt: skip
        found = controlled_mean(values, controls, [0.0] * len(controls[0]))
        assert not found.helps
        assert found.better is found.plain


def test_the_interval_covers():
    draw, held = np.random.default_rng(4), 0
    for _ in range(1_000):
        control = draw.normal(size=15)
        found = controlled_mean((control + draw.normal(size=15)).tolist(), control, [0.0]).controlled
        held += found.low <= 0 <= found.high
    assert held / 1_000 == pytest.approx(0.95, abs=0.021)
