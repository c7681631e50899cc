"""The part of a browser that the demo needs: reads a page's forms and says what pressing a button would send."""

import html.parser
import urllib.parse
from dataclasses import dataclass, field

from holdfast.report import Failure


@dataclass
class Form:
    """A form of a page, with its fields and its buttons by what stands on them."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Forms(html.parser.HTMLParser):
    """Collects the forms of a page."""

    def __init__(self):
        super().__init__()
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.button: tuple[str, str] | None = None
        self.caption = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = Form(got.get("action", ""), got.get("method", "get").upper())
            self.forms.append(self.open)
        elif self.open and tag == "input" and got.get("type") == "submit":
            self.open.buttons[got.get("value", "")] = (got.get("name", ""), got.get("value", ""))
        elif self.open and tag == "input" and got.get("name"):
            self.open.fields[got["name"]] = got.get("value", "")
        elif self.open and tag == "button":
            self.button, self.caption = (got.get("name", ""), got.get("value", "")), ""

    def handle_data(self, data: str) -> None:
        if self.button:
            self.caption += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self.open and self.button:
            self.open.buttons[" ".join(self.caption.split())] = self.button
            self.button = None
        elif tag == "form":
            self.open = None


@dataclass(frozen=True)
class Submission:
    """What a browser sends when a button is pressed."""

    method: str
    url: str
    body: str


def press(url: str, text: str, caption: str) -> Submission:
    """What pressing the button that begins with `caption` sends, on the page `text` that was read from `url`."""
    reader = _Forms()
    reader.feed(text)
    for form in reader.forms:
        for shown, (name, value) in form.buttons.items():
            if shown.lower().startswith(caption.lower()):
                fields = {**form.fields, **({name: value} if name else {})}
                target = urllib.parse.urljoin(url, form.action) if form.action else url
                return Submission(form.method, target, urllib.parse.urlencode(fields))
    captions = [shown for form in reader.forms for shown in form.buttons]
    raise Failure(f"the page {url} has no button {caption!r}, only {captions}")
