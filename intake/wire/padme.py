"""Padmé: sizes rounded up so that a size says little more than its order of magnitude (F3.4).

From "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs"
(Nikitin et al., PETS 2019): at most 12 % more, and only O(log log n) bits of the size left to see.
"""


def bucket(count: int) -> int:
    """Return the least bucket that holds ``count`` blocks, never fewer than one."""
    if count <= 2:
        return max(count, 1)
    exponent = count.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    if low_bits <= 0:
        return count
    mask = (1 << low_bits) - 1
    return (count + mask) & ~mask
