"""What stands on wires, terminals and switch gear."""

from __future__ import annotations

from crnn.train.synth.text.form_values import UPPER, Rng, digits, pick, words

DESIGNATED = 0.45
EQUIPMENT = words(
    """
    Q QF QF QS QA QM KA KA KM KM KT KF FU FR FA FV SB SA SF SQ HL HR TA TV TC PE N L U V W X X XT XE
    XB XS AP AL EW EL M T G B BQ D F K P PV PA R C Y YA VT UPS PLC CPU
    """
)
"""Letters of kinds of equipment (IEC 81346, GB 7159), the common ones more often."""
SIGNALS = words("DI DO AI AO COM GND IN OUT ON OFF")
SUPPLIES = words("24V 0V 5V 12V 220V 380V L1 L2 L3 N PE")


def terminal(rng: Rng) -> str:
    """What stands on wires, terminals and switch gear: -QF105, X10:2:1, 126G01, 24V_DI01, KM032."""
    if rng.random() < DESIGNATED:
        return _designation(rng)
    style = int(rng.integers(6))
    upper = "".join(pick(rng, UPPER) for _ in range(3))
    start = pick(rng, ["-", "", "", ""]) + upper[: int(rng.integers(1, 4))]
    if style <= 1:
        pins = "".join(f":{digits(rng, 1, 2)}" for _ in range(int(rng.integers(0, 3))))
        return f"{start}{digits(rng, 1, 4)}{pins}"
    if style <= 3:
        return f"{digits(rng, 1, 3)}{upper[: style - 2]}{digits(rng, 1, 3)}"
    if style == 4:
        return f"{start}{digits(rng, 1, 2)}{upper[:2]}{pick(rng, ['', '', digits(rng, 1, 2)])}"
    mark = pick(rng, ["_", "-", "/", ".", "+", "="])
    place = f"{upper[: int(rng.integers(1, 3))]}{digits(rng, 1, 2)}"
    return f"{digits(rng, 0, 2)}{start}{digits(rng, 0, 3)}{mark}{place}"


def _designation(rng: Rng) -> str:
    """A kind of equipment by its letters, a number that begins low, and pins."""
    kind, low = pick(rng, EQUIPMENT), str(int(rng.integers(0, 4)))
    number = low + digits(rng, 0, 2) if rng.random() < 0.7 else digits(rng, 1, 4)
    style = int(rng.integers(6))
    if style <= 1:
        pins = "".join(f":{int(rng.integers(1, 25))}" for _ in range(int(rng.integers(0, 3))))
        return f"{pick(rng, ['-', '', ''])}{kind}{number}{pins}"
    if style == 2:
        return f"{number}{kind[0]}0{int(rng.integers(1, 10))}"
    if style == 3:
        return f"{pick(rng, SUPPLIES)}_{pick(rng, SIGNALS)}{int(rng.integers(1, 17)):02d}"
    if style == 4:
        return f"{kind[0]}{low}{digits(rng, 2, 3)}"
    return f"{pick(rng, ['-', ''])}{kind}{number}{pick(rng, SIGNALS + EQUIPMENT)}"
