"""When the bot counts as alive."""

from datetime import timedelta

from bot.model import Outcome, Poll, Upstream
from bot.vitals import Vitals
from tests.clocks import FakeClock

MINUTE = timedelta(minutes=1)


def watched(
    *, refresh: timedelta = timedelta(), poll_every: timedelta = 15 * MINUTE
) -> tuple[FakeClock, Vitals]:
    clock = FakeClock()
    return clock, Vitals(clock.now, refresh=refresh, poll_every=poll_every)


def a_poll(clock: FakeClock) -> Poll:
    return Poll(
        upstream=Upstream.ARXIV,
        subject="lookup",
        observed_at=clock.now(),
        outcome=Outcome.FAILED,
        detail="504",
    )


def test_what_has_just_begun_is_given_time() -> None:
    clock, vitals = watched()
    clock.advance(2 * MINUTE)
    assert vitals.health().alive
    clock.advance(MINUTE)
    assert vitals.health().problems == ("The schedule was not looked at for too long.",)


def test_a_look_at_the_schedule_may_wait_for_the_sources_as_long_as_the_settings_say() -> None:
    clock, vitals = watched(refresh=10 * MINUTE)
    vitals.ticked()
    clock.advance(12 * MINUTE)
    assert vitals.health().alive


def test_a_failed_poll_is_a_sign_of_life() -> None:
    clock, vitals = watched()
    for _ in range(5):
        clock.advance(119 * MINUTE)
        vitals.ticked()
        vitals.polled(a_poll(clock))
        assert vitals.health().alive
    clock.advance(121 * MINUTE)
    vitals.ticked()
    health = vitals.health()
    assert health.problems == ("No source was read for too long.",)
    assert health.last_tick == clock.now()
    assert health.last_poll == clock.now() - 121 * MINUTE


def test_who_polls_seldom_is_not_taken_for_dead() -> None:
    clock, vitals = watched(poll_every=timedelta(days=1))
    clock.advance(timedelta(days=3))
    vitals.ticked()
    assert vitals.health().alive
