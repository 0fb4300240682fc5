"""Rules about the service as a whole: its issuers."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found
from scaffold.spec.problems import listing, quote
from scaffold.tokens import PROFILES

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
        keys = urlsplit(issuer.jwks_origin or issuer.jwks_url or issuer.url).hostname or ""
        if own != keys and not own.endswith(f".{keys}") and not keys.endswith(f".{own}"):
            yield Found(
                f"The keys of {quote(own)} come from {quote(keys)}",
                ("identity", "issuers", index, "jwks_origin" if issuer.metadata else "jwks_uri"),
            )


_COGNITO = """
identity:
  issuers:
    - issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example
      audience: 1example23456789
      algorithms: [RS256]
      profile: cognito
"""


@family.rule(
    "L807",
    "sign-in-cannot-be-proven",
    "error",
    "ID-3",
    reason="The access tokens of these issuers do not say how somebody signed in, so that nobody "
    "ever counts as the role.",
    remedy="Have an issuer that says it, say in assurance which values of its tokens prove a "
    "factor, or take mfa from the role.",
    example=f"""
{_COGNITO.strip()}
roles: {{clerk: {{mfa: any, can: [{{do: [list, read, create], on: note}}]}}}}
resources: {{note: {{fields: {{body: {{type: text, max: 500}}}}}}}}
""",
    repair=("mfa: any, ", ""),
)
def sign_in_cannot_be_proven(context: Context) -> Iterator[Found]:
    """A role that demands a second factor, where no issuer's tokens can prove one."""
    given = context.spec.identity.issuers
    proving = (
        "assurance" in each.model_fields_set or PROFILES[each.profile].proves for each in given
    )
    if any(proving):
        return
    for role in context.design.roles:
        if role.mfa and role.kind == "human":
            profiles = listing(sorted({each.profile for each in given}), "and")
            yield Found(
                f"{role.name} demands a second factor, which tokens of {profiles} do not prove",
                ("roles", role.name),
            )


@family.rule(
    "L808",
    "service-cannot-be-told",
    "error",
    "ID-6",
    reason="The tokens of these issuers do not tell a program from a person, so that no token "
    "counts as one of a service.",
    remedy="Have an issuer that tells the two apart, or use profile: custom with service: {claim: "
    "...}, a claim that the issuer adds to programs' tokens.",
    example="""
identity:
  issuers:
    - issuer: https://shop.zitadel.cloud
      audience: "229142139"
      algorithms: [RS256]
      profile: zitadel
roles: {robot: {kind: service, can: [{do: [list, read, create], on: note}]}}
resources: {note: {fields: {body: {type: text, max: 500}}}}
""",
    repair=("kind: service, ", ""),
)
def service_cannot_be_told(context: Context) -> Iterator[Found]:
    """A role of services, where no issuer's tokens tell services from people."""
    if any(each.rules.tells_services for each in context.design.issuers):
        return
    for role in context.design.roles:
        if role.kind == "service":
            yield Found(
                f"No token counts as one of a service, so that nobody can be {role.name}",
                ("roles", role.name),
            )
