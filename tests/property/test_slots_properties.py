"""One firing for each local date, over all time zones, clock changes, absences and clocks set back."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model import EVERY_DAY, Schedule, Weekday
from bot.schedule.slots import LATE_AFTER, MOST_MISSED, deadline, decide, instant_of, next_slot

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LIMIT = timedelta(hours=6)

# Hours in which clocks change are drawn as often as all others together.
times = st.one_of(
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.builds(time, st.sampled_from([0, 1, 2, 3, 23]), st.sampled_from([0, 1, 15, 30, 59])),
)
schedules = st.builds(
    Schedule, times, st.frozensets(st.sampled_from(list(Weekday)), min_size=1), st.sampled_from(ZONES)
)
instants = st.datetimes(datetime(1985, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds are naive by contract, `timezones` makes the results aware
steps = st.lists(
    st.one_of(
        st.integers(1, 180).map(lambda minutes: minutes * MINUTE),
        st.integers(1, 72).map(lambda hours: timedelta(hours=hours)),
        st.integers(2, 25).map(lambda days: timedelta(days=days)),
        st.integers(1, 90 * 24).map(lambda hours: -timedelta(hours=hours)),
    ),
    min_size=1,
    max_size=40,
)


def chosen(schedule: Schedule, day: date) -> bool:
    return list(Weekday)[day.weekday()] in schedule.days


@given(schedule=schedules, start=instants, moves=steps)
def test_each_local_date_fires_once_or_is_missed_and_none_twice(
    schedule: Schedule, start: datetime, moves: list[timedelta]
) -> None:
    now, latest = start, start
    last: date | None = None
    settled: Counter[date] = Counter()
    for move in moves:
        decision = decide(schedule, active_from=start, last=last, now=now, late_limit=LIMIT)
        handled = [missed.slot for missed in decision.missed]
        assert len(handled) <= MOST_MISSED
        if decision.due is not None:
            handled.append(decision.due)
            assert decision.due.at <= now < deadline(decision.due, schedule, LIMIT)
            assert decision.late is (now - decision.due.at > LATE_AFTER)
        assert handled == sorted(handled)
        assert decision.next.at > now
        for slot in handled:
            assert start <= slot.at <= now
            assert slot.at == instant_of(schedule, slot.local_date)
            assert last is None or slot.local_date > last
            last = slot.local_date
            settled[slot.local_date] += 1
        assert last is None or decision.next.local_date > last
        latest = max(latest, now)
        now += move
    expected = set()
    slot = next_slot(schedule, start - timedelta(microseconds=1))
    while slot.at <= latest:
        expected.add(slot.local_date)
        slot = next_slot(schedule, slot.at)
    assert settled == Counter(expected)


@given(edits=st.lists(st.tuples(schedules, steps), min_size=2, max_size=6), start=instants)
def test_no_change_of_time_or_zone_makes_a_local_date_fire_twice(
    edits: list[tuple[Schedule, list[timedelta]]], start: datetime
) -> None:
    now = start
    last: date | None = None
    fired: Counter[date] = Counter()
    for schedule, moves in edits:
        for move in moves:
            decision = decide(schedule, active_from=start, last=last, now=now, late_limit=LIMIT)
            for slot in (*(missed.slot for missed in decision.missed), decision.due):
                if slot is not None:
                    assert slot.at >= start
                    fired[slot.local_date] += 1
                    last = slot.local_date
            now += move
    assert not fired or max(fired.values()) == 1


@given(schedule=schedules, now=instants, age=st.integers(0, 5000), seen=st.none() | st.integers(-400, 400))
def test_deciding_is_total_and_a_second_look_changes_nothing(
    schedule: Schedule, now: datetime, age: int, seen: int | None
) -> None:
    last = None if seen is None else now.date() + seen * DAY
    active_from = now - timedelta(hours=age)
    decision = decide(schedule, active_from=active_from, last=last, now=now, late_limit=LIMIT)
    handled = [missed.slot.local_date for missed in decision.missed]
    handled += [decision.due.local_date] if decision.due else []
    again = decide(
        schedule, active_from=active_from, last=max(handled, default=last), now=now, late_limit=LIMIT
    )
    assert (again.missed, again.due, again.next) == ((), None, decision.next)


@settings(max_examples=settings().max_examples // 2)
@given(schedule=schedules, start=instants)
def test_waking_at_each_next_slot_serves_every_one_on_time(schedule: Schedule, start: datetime) -> None:
    now, served = start, list[date]()
    last: date | None = None
    for _ in range(20):
        decision = decide(schedule, active_from=start, last=last, now=now, late_limit=LIMIT)
        assert not decision.missed
        assert not decision.late
        if decision.due is not None:
            served.append(decision.due.local_date)
            last = decision.due.local_date
        now = decision.next.at
    day, end = served[0], served[-1]
    while day <= end:
        assert (day in served) is (chosen(schedule, day) and instant_of(schedule, day) is not None)
        day += DAY


def changes(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """The instants (UTC, to the minute) in a year at which the zone's offset changes."""
    start = datetime(year, 1, 1, tzinfo=UTC)
    for number in range(366):
        low, high = start + number * DAY, start + (number + 1) * DAY
        if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
            continue
        while high - low > MINUTE:
            middle = low + (high - low) // MINUTE // 2 * MINUTE
            same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
            low, high = (middle, high) if same else (low, middle)
        yield high


def test_at_every_clock_change_of_every_zone_each_minute_of_day_comes_at_its_first_valid_minute() -> None:
    seen = 0
    for name in ZONES:
        zone = ZoneInfo(name)
        for change in (moment for year in (2011, 2025) for moment in changes(zone, year)):
            seen += 1
            # The law, by walking: a time comes when the clock first shows it, or first steps beyond it.
            walk = [change + number * MINUTE for number in range(-130, 131)]
            shown = [moment.astimezone(zone).replace(tzinfo=None) for moment in walk]
            skipped_or_repeated = (shown[130] - number * MINUTE for number in (1, 15, 29, 30, 31, 59, 60))
            for wall in {*shown[1::13], *shown[128:133], *skipped_or_repeated}:
                if not shown[0] < wall <= max(shown):
                    continue
                first = next(at for at, face in zip(walk, shown, strict=True) if face >= wall)
                found = instant_of(Schedule(wall.time(), EVERY_DAY, name), wall.date())
                assert found == first or (found is None and wall.date() == date(2011, 12, 30))
    assert seen > 500
