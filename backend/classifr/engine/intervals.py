"""How far a share may be from what it would be on many more images."""

import math

#: Standard deviations that hold 95 % of a normal distribution.
Z_95 = 1.959963984540054


def wilson_interval(successes: int, trials: int) -> tuple[float, float] | None:
    """The 95 % interval of a share, within [0, 1]; None without trials.

    Source: Wilson (1927); unlike the normal one, sound for few trials and shares near 0 or 1.
    """
    if trials == 0:
        return None
    share = successes / trials
    weight = Z_95**2 / trials
    centre = (share + weight / 2) / (1 + weight)
    half = Z_95 * math.sqrt(share * (1 - share) / trials + weight / (4 * trials)) / (1 + weight)
    # At the ends the two terms cancel, but for rounding.
    low = 0.0 if successes == 0 else centre - half
    return low, 1.0 if successes == trials else centre + half
