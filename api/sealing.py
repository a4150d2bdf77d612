"""Pages made elsewhere, under a policy that names what in them may run and colour, each by its hash."""

from __future__ import annotations

import base64
import hashlib
import html
import re

__all__ = ["seal"]

_TAG = re.compile(r"""<[a-zA-Z][\w:-]*(?:\s+[^\s=>"']+(?:\s*=\s*"[^"]*")?)*\s*/?>""")
_STYLED = re.compile(r'\sstyle="([^"]*)"')
_CLASSED = re.compile(r'(\sclass=")([^"]*")')
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_UNRULY = re.compile(r"[{}<>@]")


def seal(page: str, connects: str = "'none'", images: str = "data:") -> tuple[str, str]:
    """Move styles of elements into classes; return the page and the policy under which all of it still works.

    Browsers let a policy name whole style sheets and scripts by their hash, but not the style of one element. A style
    that could end its own rule stays where it is, where the policy forbids it.

    Examples
    --------
    >>> page, policy = seal('<style>b{}</style><b style="width:5%">x</b>')
    >>> page
    '<style>b{}.own-0:not(#_){width:5%}</style><b class="own-0">x</b>'
    """
    classes: dict[str, str] = {}
    page = _outside_scripts(page, classes)
    # as specific as an id, since the style of an element wins over every rule
    rules = "".join(f".{name}:not(#_){{{style}}}" for style, name in classes.items())
    if rules:
        page = (
            page.replace("</style>", f"{rules}</style>", 1) if "</style>" in page else f"<style>{rules}</style>{page}"
        )
    styles = [_hash(text) for text in _STYLE.findall(_SCRIPT.sub("", page))]
    scripts = [_hash(text) for about, text in _SCRIPT.findall(page) if "application/json" not in about]
    policy = (
        f"default-src 'none'; script-src {_listed(scripts)}; style-src {_listed(styles)}; "
        f"img-src {images}; connect-src {connects}; base-uri 'none'; form-action 'none'"
    )
    return page, policy


def _outside_scripts(page: str, classes: dict[str, str]) -> str:
    """Classify every tag that is a tag: scripts are left as they are."""
    parts, end = [], 0
    for script in _SCRIPT.finditer(page):
        parts += [_TAG.sub(lambda tag: _classed(tag[0], classes), page[end : script.start()]), script[0]]
        end = script.end()
    return "".join([*parts, _TAG.sub(lambda tag: _classed(tag[0], classes), page[end:])])


def _classed(tag: str, classes: dict[str, str]) -> str:
    found = _STYLED.search(tag)
    if found is None:
        return tag
    style = html.unescape(found[1])
    if _UNRULY.search(style):
        return tag
    name = classes.setdefault(style, f"own-{len(classes)}")
    bare = tag[: found.start()] + tag[found.end() :]
    if _CLASSED.search(bare):
        return _CLASSED.sub(rf"\g<1>{name} \g<2>", bare, count=1)
    return f'{tag[: found.start()]} class="{name}"{tag[found.end() :]}'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _listed(hashes: list[str]) -> str:
    return " ".join(dict.fromkeys(hashes)) or "'none'"
