"""Whatever upstreams write, a feed stays a feed, and says what they wrote."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import feedparser
from hypothesis import given
from hypothesis import strategies as st

from bot.view.doc import Span
from bot.view.feed import Feed, FeedEntry, atom, json_feed, lasting_id
from tests.feed_reading import ATOM, Html, read_atom, read_json_feed

_AWKWARD: Final = (
    *("<script>alert(1)</script>", "]]>", "<![CDATA[", "&amp;lt;b&gt;", "-->", "</p>", '" onclick="x'),
    *("<?php ?>", "<!DOCTYPE x>", "&#0;", "$\\alpha < \\beta$", "\U0001d53c[x\xb2] \u2264 \u221e"),
    *("\u05e9\u05dc\u05d5\u05dd", "\u202egnp.exe\u202c", "\u0645\u0631\u062d\u0628\u0627", "e\u0301"),
    *("\U0001f469\u200d\U0001f52c\U0001f3f3\ufe0f\u200d\U0001f308", "\x00\x0b\x1b\x85", "\ufffe\uffff"),
    *("\ud800", "\r\n\t", "\u3000", "\u2028", "\U0001ffff"),
)
_TEXTS: Final = st.one_of(
    st.text(st.characters(exclude_categories=())),  # lone surrogates too
    st.lists(st.sampled_from(_AWKWARD)).map("".join),
    st.sampled_from(_AWKWARD).map(lambda text: (text * 10_000)[:10_000]),
)
_ADDRESSES: Final = st.one_of(
    st.none(),
    _TEXTS,
    _TEXTS.map(lambda text: f"https://example.org/{text}"),
    st.sampled_from(["javascript:alert(1)", "https://[::1", "http://é.example/%zz?a=1&b=<2>", "//x.example"]),
)
_INSTANTS: Final = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have no zone
_SPANS: Final = st.builds(
    Span, _TEXTS, url=_ADDRESSES, strong=st.booleans(), emphasis=st.booleans(), code=st.booleans()
)
_ENTRIES: Final = st.builds(
    FeedEntry,
    id=st.integers().map(lambda number: lasting_id(f"paper {number}")),
    title=_TEXTS,
    address=_ADDRESSES,
    published=_INSTANTS,
    updated=_INSTANTS,
    reason=_TEXTS,
    summary=st.lists(st.lists(_SPANS, max_size=3).map(tuple), max_size=3).map(tuple),
    authors=st.lists(_TEXTS, max_size=3).map(tuple),
    categories=st.lists(_TEXTS, max_size=3).map(tuple),
)
_FEEDS: Final = st.builds(
    Feed,
    id=st.just(lasting_id("feed")),
    title=_TEXTS,
    description=_TEXTS,
    updated=_INSTANTS,
    entries=st.lists(_ENTRIES, max_size=3, unique_by=lambda one: one.id).map(tuple),
    page=st.sampled_from([None, "https://papers.example.org/search?q=a%22b&x=1"]),
    atom_address=st.sampled_from([None, "https://papers.example.org/search.atom?q=a%22b&x=1"]),
    json_address=st.sampled_from([None, "https://papers.example.org/search.json?q=a%22b&x=1"]),
)


def said(text: str) -> str:
    """What is left of a text once what cannot be shown is gone; where its lines end does not count."""
    kept = re.sub(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]", "", text
    )
    return re.sub(r"\s+", " ", kept).strip()


def paragraphs(entry: FeedEntry) -> list[str]:
    texts = [entry.reason, *("".join(span.text for span in spans) for spans in entry.summary)]
    return [text for text in map(said, texts) if text]


@given(feed=_FEEDS)
def test_any_feed_is_right_atom_and_says_what_was_written(feed: Feed) -> None:
    root = read_atom(atom(feed))

    assert said(root.findtext(f"{ATOM}title")) == said(feed.title)
    assert len(root.findall(f"{ATOM}entry")) == len(feed.entries)
    for made, entry in zip(root.findall(f"{ATOM}entry"), feed.entries, strict=True):
        assert made.findtext(f"{ATOM}id") == entry.id
        assert made.findtext(f"{ATOM}title") == said(entry.title)
        assert made.findtext(f"{ATOM}summary", "") == said(entry.reason)
        html = Html(made.findtext(f"{ATOM}content"))
        assert [text for text in map(said, html.paragraphs) if text] == paragraphs(entry)
        authors = [one.findtext(f"{ATOM}name") for one in made.findall(f"{ATOM}author")]
        assert authors == [name for name in map(said, entry.authors) if name]
        assert all(link.get("href").lower().startswith("http") for link in made.findall(f"{ATOM}link"))


@given(feed=_FEEDS)
def test_any_feed_is_a_right_json_feed_and_says_the_same(feed: Feed) -> None:
    found = read_json_feed(json_feed(feed))

    assert found["title"] == said(feed.title)
    assert (found.get("home_page_url"), found.get("feed_url")) == (feed.page, feed.json_address)
    for item, entry in zip(found["items"], feed.entries, strict=True):
        assert (item["id"], item["title"]) == (entry.id, said(entry.title))
        assert item.get("summary", "") == said(entry.reason)
        html = Html(item["content_html"])
        assert [text for text in map(said, html.paragraphs) if text] == paragraphs(entry)
        assert set(item.get("tags", [])) == {said(one) for one in entry.categories} - {""}
        assert datetime.fromisoformat(item["date_modified"]) - entry.updated <= timedelta()


@given(feed=_FEEDS)
def test_a_feed_reader_reads_back_what_was_written(feed: Feed) -> None:
    read = feedparser.parse(atom(feed))

    assert not read.bozo, read.get("bozo_exception")
    assert read.version == "atom10"
    assert read.feed.get("title", "") == said(feed.title)
    assert [one.id for one in read.entries] == [entry.id for entry in feed.entries]
    assert [one.get("title", "") for one in read.entries] == [said(entry.title) for entry in feed.entries]
    for one in read.entries:
        assert "<script" not in one.content[0].value
        Html(one.content[0].value)


def test_of_very_many_authors_the_first_are_named_and_the_others_counted() -> None:
    at = datetime(2025, 11, 20, tzinfo=UTC)
    many = tuple(f"Author {number}" for number in range(1, 3_001))
    entry = FeedEntry(id="x:1", title="", address=None, published=at, updated=at, authors=many)
    feed = Feed(id="x:0", title="", description="", updated=at, entries=(entry,))

    named = [one["name"] for one in read_json_feed(json_feed(feed))["items"][0]["authors"]]

    assert (named[0], named[99:]) == ("Author 1", ["Author 100", "2,900 others"])
