"""Names that try to run, to break out, or to blank the page. Each sets ``__pwned`` if it runs as script."""

from __future__ import annotations

RUN = "window.__pwned=1"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<!--<script>{RUN}</script>-->",
    "<!-- <script> ",
    f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror="{RUN}">',
    f"'><svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg/onload={RUN}//",
    "<iframe srcdoc='<script>parent.__pwned=1</script>'></iframe>",
    f"<iframe src=javascript:{RUN}>",
    f"<a href='javascript:{RUN}'>x</a>",
    f"javascript:{RUN}",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<math><mi//xlink:href='data:x,<script>{RUN}</script>'>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<img src=http://evil.example/p.png>",
    "</title></style></textarea></noscript><plaintext>",
    f"${{{RUN}}}",
    f"`${{{RUN}}}`",
    f"`+({RUN})+`",
    f"';{RUN};//",
    f'";{RUN};//',
    f"\\';{RUN};//",
    f"\\u003cimg src=x onerror={RUN}\\u003e",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"&#60;script&#62;{RUN}&#60;/script&#62;",
    "{{ 7*7 }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for x in range(9) %}x{% endfor %}",
    "{% raw %}{{{ {# ",
    "{{ this.parts }}{{ kwargs }}",
    "__proto__",
    "constructor",
    "toString",
    "]]><![CDATA[",
    "--><!--",
    "\u2028\u2029\ufeff",
    "\u202e右\u202c",
    "\x00\x01",
    "😀𠮷",
    "长" * 400,
    " ",
)


def hostile_names() -> tuple[dict[str, str], object]:
    """Return what was given for each text so far, and the function that gives it: equal texts get equal payloads."""
    given: dict[str, str] = {}

    def name(text: str) -> str:
        if text not in given:
            turn = len(given)
            payload = PAYLOADS[turn % len(PAYLOADS)]
            given[text] = payload if turn < len(PAYLOADS) else f"{payload}{turn}"
        return given[text]

    return given, name
