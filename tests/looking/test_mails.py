"""Mails in a real browser: at phone and desktop width, light and dark, nothing is cut, pale or fetched."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from adapters.email.render import Ending, bodies_of
from bot.view.doc import Doc
from tests.looking.__main__ import hostile
from tests.looking.browser import Tab, browser
from tests.looking.mails import code, message

MAILS: Final = {"message": message, "hostile": hostile, "code": code}
ENDING: Final = Ending(
    "You get this because you subscribed to it and confirmed this address.",
    "In the chat where you subscribed, `subscriptions` changes what comes.",
    "https://papers.example.org/mail/stop/AbCdEf0123456789",
)

# Every text that is seen, with its contrast (WCAG 2.2, 1.4.3) to the nearest background that is no glass.
_PALE: Final = """
(() => {
  const light = rgb => {
    const [r, g, b] = rgb.match(/[0-9.]+/g).slice(0, 3).map(one => one / 255)
      .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (!color.startsWith('rgba(0, 0, 0, 0')) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const pale = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.offsetParent) continue;
    const both = [light(getComputedStyle(element).color), light(behind(element))];
    const [one, other] = both.sort((a, b) => a - b);
    const contrast = (other + 0.05) / (one + 0.05);
    if (contrast < 4.5) pale.push(`${contrast.toFixed(2)}: ${texts.currentNode.data.trim()}`);
  }
  return pale;
})()
"""


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with browser(tmp_path) as opened:
        yield opened


def written(folder: Path, doc: Doc) -> str:
    """The address of the mail's HTML as a file."""
    file = folder / "mail.html"
    file.write_text(bodies_of(doc, ENDING).html, encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("name", MAILS)
async def test_a_mail_is_whole_and_can_be_read(tab: Tab, tmp_path: Path, name: str) -> None:
    url = written(tmp_path, MAILS[name]())
    for width, dark in product((320, 390, 1280), (False, True)):
        await tab.open(url, width=width, dark=dark)
        assert tab.requested == [url]
        assert await tab.evaluate("document.documentElement.scrollWidth") <= width
        assert await tab.evaluate(_PALE) == [], (width, dark)
        widest = await tab.evaluate(
            "Math.max(...[...document.querySelectorAll('p, h1, h2')].map(one => one.offsetWidth))"
        )
        assert widest <= 620
