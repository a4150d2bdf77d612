"""Texts that try to run, to break out, to hide, or to blank a page; those of the map's tests, and more."""

from __future__ import annotations

import unicodedata

from tests.maps.hostile import PAYLOADS as OF_THE_MAP
from tests.maps.hostile import RUN

__all__ = ["HIDDEN", "PAYLOADS"]

PAYLOADS = (
    *OF_THE_MAP,
    "}*{display:none!important}",
    "</style><style>*{display:none!important}</style>",
    '" style="position:fixed;inset:0;background:red;z-index:99',
    "x);background:url(//evil.example/b.png",
    f'=HYPERLINK("javascript:{RUN}","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "＝1+1",
    f"data:text/html,<script>{RUN}</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    '"},{"name":"x"}],"rows":[[',
    '\\"},\\u0022:1',
    f"</script\n><script>{RUN}</script>",
    f"<svg><a xlink:href='javascript:{RUN}'><text y=9>x</text></a></svg>",
    f"<form action=javascript:{RUN}><button autofocus>x",
    f"<object data='data:text/html,<script>parent.{RUN}</script>'></object>",
    f"<img src='x' srcset='http://evil.example/2.png 2x' onerror='{RUN}'>",
    f"<body onload={RUN}>",
    f"<template><script>{RUN}</script></template>",
    "<textarea>",
    "<select><option>",
    "<table><tr><td>",
    "${constructor.constructor('return 1')()}",
    "#{7*7} <%= 7*7 %> [[${7*7}]]",
    "../../../etc/passwd",
    "..\\..\\con",
    "%00%0d%0aSet-Cookie:x=1",
    "\u200b\u200d\u2060零宽\u00ad",
    "\u2066\u202e\u2067逆序\u2069",
    "Z̸̡̛͓̼̑a̵̲̐l̶̰̈́g̷͇̀o̶͖͝",
    "W" * 3000,
    "ℝ𝔽 ﷽﷽﷽",
    "\u115f\u3164",
)
"""Each sets ``__pwned`` if it runs as script, asks ``evil.example`` if it loads, or hides what is there."""

HIDDEN = tuple(text for text in PAYLOADS if any(unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" for c in text))
"""Those with characters that nobody sees: a CSV file with them is refused, a GeoJSON or TOML file is read."""
