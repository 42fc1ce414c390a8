"""Check digits by the letter of their standards, written without a look at the reader's own."""

from __future__ import annotations

CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_card(first_17: str) -> str:
    """GB 11643-1999: the sum of weighted digits modulo 11 picks the sign."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, ID_WEIGHTS, strict=True))
    return first_17 + "10X98765432"[total % 11]


def credit_code(first_17: str) -> str:
    """GB 32100-2015: 31 less the weighted sum modulo 31; 31 is written 0."""
    pairs = zip(first_17, CREDIT_WEIGHTS, strict=True)
    total = sum(CREDIT.index(sign) * weight for sign, weight in pairs)
    return first_17 + CREDIT[(31 - total % 31) % 31]


def luhn(first: str) -> str:
    """ISO/IEC 7812-1: from the right every second digit doubled, its figures added up."""
    total = 0
    for index, digit in enumerate(reversed(first)):
        number = int(digit) * (2 if index % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return first + str(-total % 10)
