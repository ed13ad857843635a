"""How often something may happen."""

from tabagent.logbook.limiter import RateLimiter
from tests.unit.conftest import Clock


def test_no_more_than_the_limit_get_through_within_the_span() -> None:
    clock = Clock()
    limiter = RateLimiter(3, 60.0, clock.now)
    assert [limiter.allows() for _ in range(5)] == [True, True, True, False, False]

    clock.advance(30)
    assert limiter.allows() is False
    clock.advance(31)
    assert [limiter.allows() for _ in range(4)] == [True, True, True, False]
