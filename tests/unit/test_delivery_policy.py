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
from bot.ports import Abilities, Ability

NOW = datetime(2025, 11, 20, 9, tzinfo=UTC)
TIMEOUT = timedelta(seconds=20)
KEY = Abilities(Ability.KEY, timedelta(hours=24))
SHORT_KEY = Abilities(Ability.KEY, timedelta(minutes=2))
KEY_THEN_ASK = Abilities(Ability.KEY, timedelta(minutes=2), reads_back=True)
READ_BACK = Abilities(Ability.READ_BACK)
NONE = Abilities(Ability.NONE)
ALL = [KEY, KEY_THEN_ASK, READ_BACK, NONE]

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
DOUBTFUL = replace(
    FRESH,
    doubtful=True,
    doubtful_since=NOW,
    sending_at=NOW,
    last_error="The reply was lost.",
    attempts=1,
)
A_MILLISECOND = timedelta(milliseconds=1)
LATE = FRESH.deliver_by + timedelta(seconds=1)


def chance(seed: int = 1) -> random.Random:
    return random.Random(seed)


@pytest.mark.parametrize("can", ALL)
def test_a_fresh_delivery_is_sent_and_one_out_of_date_is_not(can: Abilities) -> None:
    assert before_try(FRESH, can, TIMEOUT, NOW) == Send()
    assert isinstance(before_try(FRESH, can, TIMEOUT, LATE), Reject)


def test_a_doubtful_one_is_sent_again_under_its_key_while_the_receiver_remembers_it() -> None:
    assert before_try(DOUBTFUL, KEY, TIMEOUT, NOW + timedelta(hours=1)) == Send()
    over = NOW + SHORT_KEY.key_window - TIMEOUT - LANDING  # it might land when the key is forgotten
    assert before_try(DOUBTFUL, SHORT_KEY, TIMEOUT, over - A_MILLISECOND) == Send()
    assert before_try(DOUBTFUL, SHORT_KEY, TIMEOUT, over) == Doubt("The reply was lost.")
    assert before_try(DOUBTFUL, KEY, TIMEOUT, LATE) == Doubt("The reply was lost.")


def test_once_the_key_is_forgotten_a_receiver_that_can_be_read_is_asked() -> None:
    over = NOW + KEY_THEN_ASK.key_window
    assert before_try(DOUBTFUL, KEY_THEN_ASK, TIMEOUT, NOW + timedelta(seconds=5)) == Send()
    assert before_try(DOUBTFUL, KEY_THEN_ASK, TIMEOUT, over) == Ask(then_send=True)
    assert before_try(DOUBTFUL, KEY_THEN_ASK, TIMEOUT, LATE) == Ask(then_send=False)


def test_a_late_one_is_not_sent_again_though_its_key_is_remembered() -> None:
    last_moment = replace(DOUBTFUL, deliver_by=NOW)
    now = NOW + TIMEOUT + LANDING
    assert before_try(last_moment, KEY_THEN_ASK, TIMEOUT, now) == Ask(then_send=False)
    too_soon = before_try(last_moment, KEY_THEN_ASK, TIMEOUT, now - A_MILLISECOND)
    assert too_soon == Wait(now, "The reply was lost.", doubtful=True)


def test_the_receiver_is_asked_no_sooner_than_the_last_request_could_land() -> None:
    """Several went out under the same key, the last one just before the key was forgotten."""
    last = NOW + timedelta(seconds=69)
    again = replace(DOUBTFUL, sending_at=last, attempts=5)
    earliest = last + TIMEOUT + LANDING
    too_soon = before_try(again, KEY_THEN_ASK, TIMEOUT, earliest - A_MILLISECOND)
    assert too_soon == Wait(earliest, "The reply was lost.", doubtful=True)
    assert before_try(again, KEY_THEN_ASK, TIMEOUT, earliest) == Ask(then_send=True)


def test_the_receiver_is_asked_no_sooner_than_a_cut_request_could_still_land() -> None:
    earliest = NOW + TIMEOUT + LANDING
    too_soon = before_try(DOUBTFUL, READ_BACK, TIMEOUT, earliest - A_MILLISECOND)
    assert too_soon == Wait(earliest, "The reply was lost.", doubtful=True)
    assert before_try(DOUBTFUL, READ_BACK, TIMEOUT, earliest) == Ask(then_send=True)
    assert before_try(DOUBTFUL, READ_BACK, TIMEOUT, LATE) == Ask(then_send=False)


def test_a_doubtful_one_without_any_ability_is_never_sent_again_by_itself() -> None:
    assert before_try(DOUBTFUL, NONE, TIMEOUT, NOW) == Doubt("The reply was lost.")
    assert isinstance(before_try(replace(DOUBTFUL, last_error=None), NONE, TIMEOUT, NOW), Doubt)


@pytest.mark.parametrize("can", ALL)
def test_a_failure_before_acceptance_is_tried_again_later(can: Abilities) -> None:
    intent = after_failure(FRESH, can, NotAcceptedError("No route."), TIMEOUT, NOW, chance())
    assert isinstance(intent, Wait)
    assert not intent.doubtful
    assert NOW < intent.until <= NOW + FIRST_DELAY


def test_the_receivers_own_wish_to_wait_is_obeyed() -> None:
    error = NotAcceptedError("Too many requests.", timedelta(minutes=42))
    intent = after_failure(FRESH, KEY, error, TIMEOUT, NOW, chance())
    assert intent == Wait(NOW + timedelta(minutes=42), "Too many requests.", doubtful=False)


def test_a_receiver_that_says_when_is_tried_just_then_and_less_and_less_often_if_it_says_so_again() -> None:
    error = NotAcceptedError("Too many requests.", timedelta(milliseconds=300))
    first = after_failure(FRESH, KEY, error, TIMEOUT, NOW, chance())
    assert first == Wait(NOW + timedelta(milliseconds=300), "Too many requests.", doubtful=False)
    for attempts in range(1, 12):
        again = after_failure(replace(FRESH, attempts=attempts), KEY, error, TIMEOUT, NOW, chance())
        assert isinstance(again, Wait)
        assert again.until == NOW + backoff(attempts - 1, chance())


@pytest.mark.parametrize("can", ALL)
def test_a_try_that_would_come_too_late_is_not_planned(can: Abilities) -> None:
    error = NotAcceptedError("Too many requests.", timedelta(hours=7))
    intent = after_failure(FRESH, can, error, TIMEOUT, NOW, chance())
    assert isinstance(intent, Reject)
    assert "Too many requests." in intent.error


@pytest.mark.parametrize("can", ALL)
def test_a_refusal_ends_it_unless_an_earlier_request_may_have_arrived(can: Abilities) -> None:
    error = RefusedError("The address is gone.")
    assert after_failure(FRESH, can, error, TIMEOUT, NOW, chance()) == Reject("The address is gone.")
    assert after_failure(DOUBTFUL, can, error, TIMEOUT, NOW, chance()) == Doubt("The address is gone.")


def test_a_lost_reply_is_followed_by_what_the_deliverer_can_do() -> None:
    error = DoubtfulError("The reply was lost.")
    again = after_failure(FRESH, KEY, error, TIMEOUT, NOW, chance())
    assert isinstance(again, Wait)
    assert again.doubtful
    assert again.until <= NOW + FIRST_DELAY
    asked = after_failure(FRESH, READ_BACK, error, TIMEOUT, NOW, chance())
    assert asked == Wait(NOW + TIMEOUT + LANDING, "The reply was lost.", doubtful=True)
    assert after_failure(FRESH, NONE, error, TIMEOUT, NOW, chance()) == Doubt("The reply was lost.")


def test_a_receiver_that_cannot_even_be_asked_is_given_up_after_a_day() -> None:
    error = NotAcceptedError("No route.")
    waiting = after_failure(DOUBTFUL, READ_BACK, error, TIMEOUT, LATE, chance())
    assert isinstance(waiting, Wait)
    assert waiting.doubtful
    given_up = after_failure(DOUBTFUL, READ_BACK, error, TIMEOUT, LATE + ASKING_ENDS, chance())
    assert given_up == Doubt("No route.")


def test_delays_grow_to_a_bound_and_differ_by_chance() -> None:
    assert backoff(0, chance(1)) != backoff(0, chance(2))
    for attempts in range(40):
        delay = backoff(attempts, chance(attempts))
        assert min(FIRST_DELAY * 2**attempts, LONGEST_DELAY) / 2 <= delay <= LONGEST_DELAY


def test_a_lease_outlasts_a_cut_request() -> None:
    assert lease_for(TIMEOUT) > TIMEOUT + LANDING


def test_a_digests_key_depends_on_destination_and_local_date_alone() -> None:
    assert digest_key("lab", date(2025, 11, 20)) == "digest-lab-2025-11-20"
