"""What is done with a delivery before a try and after each way in which one can end."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.delivery.keys import digest_key
from bot.delivery.policy import (
    ASKING_ENDS,
    FIRST_DELAY,
    LANDING,
    LONGEST_DELAY,
    Abilities,
    Ask,
    Doubt,
    Reject,
    Send,
    Wait,
    after_failure,
    backoff,
    before_try,
    lease_for,
)
from bot.errors import DoubtfulError, NotAcceptedError, RefusedError
from bot.model import Delivery, DeliveryState, Route
from bot.ports import Ability

NOW = datetime(2025, 11, 20, 9, tzinfo=UTC)
TIMEOUT = timedelta(seconds=20)
KEY = Abilities(Ability.KEY, TIMEOUT, timedelta(hours=24))
READ_BACK = Abilities(Ability.READ_BACK, TIMEOUT, timedelta(0))
NONE = Abilities(Ability.NONE, TIMEOUT, timedelta(0))
ALL = [KEY, READ_BACK, NONE]

FRESH = Delivery(
    id="d1",
    key="digest-lab-2025-11-20",
    destination_id="lab",
    recipient_id="r1",
    route=Route(surface="webhook", address="https://example.org/hook"),
    doc="{}",
    state=DeliveryState.LEASED,
    doubtful=False,
    attempts=0,
    not_before=NOW,
    deliver_by=NOW + timedelta(hours=6),
    created_at=NOW,
)
DOUBTFUL = replace(FRESH, doubtful=True, doubtful_since=NOW, last_error="The reply was lost.", attempts=1)
LATE = FRESH.deliver_by + timedelta(seconds=1)


def chance(seed: int = 1) -> random.Random:
    return random.Random(seed)


@pytest.mark.parametrize("can", ALL)
def test_a_fresh_delivery_is_sent_and_one_out_of_date_is_not(can: Abilities) -> None:
    assert before_try(FRESH, can, NOW) == Send()
    assert isinstance(before_try(FRESH, can, LATE), Reject)


def test_a_doubtful_one_is_sent_again_under_its_key_while_the_receiver_remembers_it() -> None:
    assert before_try(DOUBTFUL, KEY, NOW + timedelta(hours=1)) == Send()
    short = replace(KEY, key_window=timedelta(minutes=5))
    assert before_try(DOUBTFUL, short, NOW + timedelta(minutes=5)) == Doubt("The reply was lost.")
    assert before_try(DOUBTFUL, KEY, LATE) == Doubt("The reply was lost.")


def test_the_receiver_is_asked_no_sooner_than_a_cut_request_could_still_land() -> None:
    earliest = NOW + TIMEOUT + LANDING
    too_soon = before_try(DOUBTFUL, READ_BACK, earliest - timedelta(milliseconds=1))
    assert too_soon == Wait(earliest, "The reply was lost.", doubtful=True)
    assert before_try(DOUBTFUL, READ_BACK, earliest) == Ask(then_send=True)
    assert before_try(DOUBTFUL, READ_BACK, LATE) == Ask(then_send=False)


def test_a_doubtful_one_without_any_ability_is_never_sent_again_by_itself() -> None:
    assert before_try(DOUBTFUL, NONE, NOW) == Doubt("The reply was lost.")
    assert isinstance(before_try(replace(DOUBTFUL, last_error=None), NONE, NOW), Doubt)


@pytest.mark.parametrize("can", ALL)
def test_a_failure_before_acceptance_is_tried_again_later(can: Abilities) -> None:
    intent = after_failure(FRESH, can, NotAcceptedError("No route."), NOW, chance())
    assert isinstance(intent, Wait)
    assert not intent.doubtful
    assert NOW < intent.until <= NOW + FIRST_DELAY


def test_the_receivers_own_wish_to_wait_is_obeyed() -> None:
    error = NotAcceptedError("Too many requests.", timedelta(minutes=42))
    intent = after_failure(FRESH, KEY, error, NOW, chance())
    assert intent == Wait(NOW + timedelta(minutes=42), "Too many requests.", doubtful=False)


@pytest.mark.parametrize("can", ALL)
def test_a_try_that_would_come_too_late_is_not_planned(can: Abilities) -> None:
    error = NotAcceptedError("Too many requests.", timedelta(hours=7))
    intent = after_failure(FRESH, can, error, NOW, chance())
    assert isinstance(intent, Reject)
    assert "Too many requests." in intent.error


@pytest.mark.parametrize("can", ALL)
def test_a_refusal_ends_it_unless_an_earlier_request_may_have_arrived(can: Abilities) -> None:
    error = RefusedError("The address is gone.")
    assert after_failure(FRESH, can, error, NOW, chance()) == Reject("The address is gone.")
    assert after_failure(DOUBTFUL, can, error, NOW, chance()) == Doubt("The address is gone.")


def test_a_lost_reply_is_followed_by_what_the_deliverer_can_do() -> None:
    error = DoubtfulError("The reply was lost.")
    again = after_failure(FRESH, KEY, error, NOW, chance())
    assert isinstance(again, Wait)
    assert again.doubtful
    assert again.until <= NOW + FIRST_DELAY
    asked = after_failure(FRESH, READ_BACK, error, NOW, chance())
    assert asked == Wait(NOW + TIMEOUT + LANDING, "The reply was lost.", doubtful=True)
    assert after_failure(FRESH, NONE, error, NOW, chance()) == Doubt("The reply was lost.")


def test_a_receiver_that_cannot_even_be_asked_is_given_up_after_a_day() -> None:
    error = NotAcceptedError("No route.")
    waiting = after_failure(DOUBTFUL, READ_BACK, error, LATE, chance())
    assert isinstance(waiting, Wait)
    assert waiting.doubtful
    given_up = after_failure(DOUBTFUL, READ_BACK, error, LATE + ASKING_ENDS, chance())
    assert given_up == Doubt("No route.")


def test_delays_grow_to_a_bound_and_differ_by_chance() -> None:
    assert backoff(0, chance(1)) != backoff(0, chance(2))
    for attempts in range(40):
        delay = backoff(attempts, chance(attempts))
        assert min(FIRST_DELAY * 2**attempts, LONGEST_DELAY) / 2 <= delay <= LONGEST_DELAY


@pytest.mark.parametrize("can", ALL)
def test_a_lease_outlasts_a_cut_request(can: Abilities) -> None:
    assert lease_for(can) > can.request_timeout + LANDING


def test_a_digests_key_depends_on_destination_and_local_date_alone() -> None:
    assert digest_key("lab", date(2025, 11, 20)) == "digest-lab-2025-11-20"
