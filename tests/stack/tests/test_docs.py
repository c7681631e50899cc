"""The pages of the repository: every relative link leads to a file and a heading, and every page that a source names exists."""

import os
import re
import unittest
from pathlib import Path

from holdfast.project import ROOT

# What is read for links: the pages at the root, the book, and the forms of GitHub.
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")})
# What is read for the names of pages in comments, messages and descriptions of alarms.
SUFFIXES = {".rs", ".py", ".yaml", ".yml", ".toml", ".mjs", ".js", ".ts", ".md", ""}
# Folders that hold no text of ours.
FOREIGN = {".git", ".stack", ".venv", "__pycache__", "corpus", "node_modules", "target"}

FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^ *\2[^\n]*$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(?P<text>.*?)(?: +#+)?$", re.MULTILINE)
NAMED = re.compile(r"(?<![\w/])docs/[a-z0-9/_-]+\.md\b")
ARROWS = re.compile(r"^ *(?P<from>[a-z]+) --> (?P<to>[a-z &]+)$", re.MULTILINE)
# A heading that a comment or an alarm's description names after its page: `docs/api.md, "Fuzzing"`.
NAMED_HEADING = re.compile(r"(?P<page>docs/[a-z0-9/_-]+\.md), \"(?P<heading>[^\"\n]+)\"")
# A schema, such as https or mailto.
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:")


def links(page: str) -> list[str]:
    """Returns the targets of a page's links, without those that stand in code."""
    return [found["target"] for found in LINK.finditer(SPAN.sub("`code`", FENCE.sub("", page)))]


def anchors(page: str) -> set[str]:
    """Returns the fragments that GitHub gives to a page's headings."""
    found: set[str] = set()
    for heading in HEADING.finditer(FENCE.sub("", page)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading["text"])
        slug = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        repeated = (f"{slug}-{number}" for number in range(1, len(found) + 1))
        found.add(slug if slug not in found else next(name for name in repeated if name not in found))
    return found


def fault(page: Path, target: str) -> str | None:
    """Returns what is wrong with a link, or nothing."""
    path, _, fragment = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.is_relative_to(ROOT) or not file.exists():
        return f"{target}: no such file"
    if fragment and file.suffix == ".md" and fragment not in anchors(file.read_text()):
        return f"{target}: no such heading"
    return None


def sources() -> list[Path]:
    """Returns every text file that may name a page."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in FOREIGN]
        found += [Path(folder, name) for name in names]
    return [file for file in found if file.is_file() and file.suffix in SUFFIXES]


def text(file: Path) -> str:
    """Returns the text of a file, or nothing of one that is not UTF-8."""
    try:
        return file.read_text()
    except UnicodeDecodeError:
        return ""


def drawn(page: str) -> set[tuple[str, str]]:
    """Returns the arrows of a page's first flowchart."""
    chart = re.search(r"```mermaid\nflowchart[^\n]*\n(.*?)```", page, re.DOTALL)
    arrows = ARROWS.finditer(chart[1] if chart else "")
    return {(arrow["from"], target.strip()) for arrow in arrows for target in arrow["to"].split("&")}


def declared() -> set[tuple[str, str]]:
    """Returns which context's crate depends on which other context's."""
    contexts = {manifest.parent.name: manifest.read_text() for manifest in (ROOT / "functions").glob("*/Cargo.toml")}
    found = set()
    for context, manifest in contexts.items():
        section = re.search(r"^\[dependencies\]\n(.*?)(?=^\[|\Z)", manifest, re.MULTILINE | re.DOTALL)
        crates = re.findall(r"^([a-z_]+)\b", section[1] if section else "", re.MULTILINE)
        found |= {(context, crate) for crate in crates if crate in contexts}
    return found


class Reading(unittest.TestCase):
    def test_links_in_code_are_none(self):
        self.assertEqual(links("[a](b.md) `[c](d.md)`\n```sh\n[e](f.md)\n```\n[g](h.md#i)"), ["b.md", "h.md#i"])

    def test_headings_become_fragments_as_github_makes_them(self):
        page = "# The `POST /token` route\n## 82. Event source mappings, again\n## Twice\n## Twice\n```sh\n# no heading\n```\n"
        self.assertEqual(anchors(page), {"the-post-token-route", "82-event-source-mappings-again", "twice", "twice-1"})


class Pages(unittest.TestCase):
    def test_every_link_leads_to_a_file_and_a_heading(self):
        self.assertGreater(len(PAGES), 30)
        for page in PAGES:
            found = [fault(page, target) for target in links(page.read_text()) if not ELSEWHERE.match(target)]
            with self.subTest(page.relative_to(ROOT).as_posix()):
                self.assertEqual([each for each in found if each], [])

    def test_every_page_that_a_source_names_is_there(self):
        read = sources()
        self.assertGreater(len(read), 500)
        for file in read:
            names = set(NAMED.findall(text(file)))
            with self.subTest(file.relative_to(ROOT).as_posix()):
                self.assertEqual([name for name in sorted(names) if not (ROOT / name).exists()], [])

    def test_every_heading_that_a_source_names_is_on_its_page(self):
        named = {(found["page"], found["heading"]) for file in sources() if file.suffix != ".md" for found in NAMED_HEADING.finditer(text(file))}
        self.assertGreater(len(named), 5)
        for page, heading in sorted(named):
            with self.subTest(f"{page}, {heading}"):
                self.assertIn(heading, [found["text"] for found in HEADING.finditer((ROOT / page).read_text())])

    def test_the_picture_of_the_contexts_is_that_of_their_manifests(self):
        self.assertGreater(len(declared()), 10)
        self.assertEqual(drawn((ROOT / "docs" / "architecture.md").read_text()), declared())

    def test_the_glossary_has_each_term_once_and_in_order(self):
        terms = re.findall(r"^- \*\*(.+?)\*\*", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
        self.assertGreater(len(terms), 50)
        self.assertEqual([term.casefold() for term in terms], sorted({term.casefold() for term in terms}))


if __name__ == "__main__":
    unittest.main()
