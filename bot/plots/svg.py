"""What matplotlib writes as SVG, settled for a page with a strict policy. Pure.

Styles become attributes, since `style-src 'self'` refuses what stands inline; and the picture says what it
shows, for whoever has it read.
"""

import re
from typing import Final
from xml.etree import ElementTree as ET

_SVG: Final = "http://www.w3.org/2000/svg"
_LINK: Final = "http://www.w3.org/1999/xlink"
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def settled(written: str, alternative: str) -> bytes:
    """The same picture as UTF-8; `written` is our own library's."""
    for prefix, address in (("", _SVG), ("xlink", _LINK)):
        ET.register_namespace(prefix, address)
    root = ET.fromstring(written)  # noqa: S314 - matplotlib wrote it, and escaped what it was given
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}:
                parent.remove(child)
    for element in root.iter():
        for declaration in element.attrib.pop("style", "").split(";"):
            name, colon, value = declaration.partition(":")
            if colon:
                element.set(name.strip(), value.strip())
    # What the style sheet said of all.
    root.set("stroke-linejoin", "round")
    root.set("stroke-linecap", "butt")
    root.set("role", "img")
    title = ET.Element(f"{{{_SVG}}}title")
    title.text = _NOT_XML.sub("\ufffd", alternative)
    root.insert(0, title)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made
