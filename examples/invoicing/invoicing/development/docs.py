"""A page that shows an OpenAPI 3.1 document and can call its operations.

For development. One self-contained page: it loads nothing, and its policy lets the
browser run only the script and style below and talk only to its own origin. The
document reaches the page as data and is shown as text, never as markup.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from invoicing.development.examples import example

_HERE = Path(__file__).parent
_STYLE = (_HERE / "docs.css").read_text(encoding="utf-8")
_SCRIPT = (_HERE / "docs.js").read_text(encoding="utf-8")
_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>API</title>
<style>$style</style>
</head>
<body>
<noscript>This page needs JavaScript.</noscript>
<script type="application/json" id="document">$document</script>
<script>$script</script>
</body>
</html>
""")


def page(document: bytes) -> bytes:
    """The page for an OpenAPI document in JSON, with a valid sample of each request body.

    Send it with CONTENT_SECURITY_POLICY. Raises ValueError if it is not JSON.
    """
    contents = json.loads(document)
    for operation in (
        each for item in contents["paths"].values() for each in item.values()
    ):
        if "requestBody" in operation:
            for media in operation["requestBody"]["content"].values():
                media["example"] = sample(contents, media["schema"])
    # "<" could end the script element or open a comment in it.
    data = json.dumps(contents).replace("<", r"\u003c")
    return _PAGE.substitute(style=_STYLE, script=_SCRIPT, document=data).encode()


def sample(contents: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """A valid body: what is required, or one property where nothing is."""
    if "$ref" in schema:
        schema = contents["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("examples"):
        return schema["examples"][0]
    if not schema.get("required"):
        schema = {**schema, "required": list(schema.get("properties", ()))[:1]}
    return example(schema, 1)


def _source(text: str) -> str:
    """The CSP source expression that allows exactly this inline text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src {_source(_SCRIPT)}",
        f"style-src {_source(_STYLE)}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
