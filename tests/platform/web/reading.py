"""HTML as tests look at it: strictly, so that a tag left open is a failure."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_VOID: Final = {"meta", "link", "input", "img", "br", "hr", "polyline", "circle"}


@dataclass
class Tag:
    name: str
    attributes: dict[str, str]
    text: str = ""


class Document(HTMLParser):
    """Every tag of a page with its attributes and all text in it, in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[Tag] = []
        self._open: list[Tag] = []
        self.feed(html)
        self.close()
        assert self._open == [], f"left open: {[one.name for one in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        found = Tag(tag, {name: value or "" for name, value in attrs})
        self.tags.append(found)
        if tag not in _VOID:
            self._open.append(found)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            closed = self._open.pop()
            assert closed.name == tag, f"</{tag}> closes <{closed.name}>"

    def handle_data(self, data: str) -> None:
        for one in self._open:
            one.text += data

    def all(self, name: str, /, **attributes: str) -> list[Tag]:
        wanted = {key.rstrip("_"): value for key, value in attributes.items()}
        return [
            one
            for one in self.tags
            if one.name == name and all(one.attributes.get(key) == value for key, value in wanted.items())
        ]

    def one(self, name: str, /, **attributes: str) -> Tag:
        [found] = self.all(name, **attributes)
        return found

    @property
    def text(self) -> str:
        return " ".join(self.one("main").text.split())


@dataclass
class Answer:
    """What a reader got."""

    status: int
    headers: dict[str, str]
    body: str
    document: Document = field(init=False)

    def __post_init__(self) -> None:
        if self.headers.get("Content-Type", "").startswith("text/html"):
            self.document = Document(self.body)
