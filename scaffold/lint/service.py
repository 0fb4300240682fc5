"""Rules about the service as a whole: its issuers."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.spec.problems import quote

family = Family()

_NOTES = """
roles: {clerk: {can: [{do: [list, read, create], on: note}]}}
resources: {note: {fields: {body: {type: text, max: 500}}}}
"""


@family.rule(
    "L806",
    "keys-from-elsewhere",
    "advice",
    "ID-6",
    reason="Whoever controls the host of the keys signs for the issuer.",
    remedy="Use the issuer's own jwks_uri; keep another host only if its documents name it.",
    example=f"""
identity:
  issuers:
    - issuer: https://login.example.com/
      audience: notes
      algorithms: [ES256]
      jwks_uri: https://keys.example.net/jwks.json
{_NOTES.strip()}
""",
    repair=("https://keys.example.net/", "https://login.example.com/"),
)
def keys_from_elsewhere(context: Context) -> Iterator[Found]:
    """An issuer whose keys come from another host than its own, or than one below or above it."""
    for index, issuer in enumerate(context.design.issuers):
        own = urlsplit(issuer.url).hostname or ""
        keys = urlsplit(issuer.jwks_url).hostname or ""
        if own != keys and not own.endswith(f".{keys}") and not keys.endswith(f".{own}"):
            yield Found(
                f"The keys of {quote(own)} come from {quote(keys)}",
                ("identity", "issuers", index, "jwks_uri"),
            )
