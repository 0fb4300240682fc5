"""Tokens of identity providers: accepted as they come, refused altered, by emitted tests that
notice when a rule is gone."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.emitted import ask, made

SPEC: Final = """
scaffold: 2
service: {name: shop, title: Shop}
tenancy: {tenant: organization}
identity:
  issuers:
    - {issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}
    - issuer: https://acme.eu.auth0.com/
      audience: https://api.example.com
      algorithms: [RS256]
      profile: auth0
      tenant_claim: https://example.com/tenant
    - issuer: https://acme.okta.com/oauth2/default
      audience: api://default
      algorithms: [RS256]
      profile: okta
      permission_scopes: true
    - issuer: https://login.microsoftonline.com/5f0c7e1a-3c1d-4a51-9a0e-2f6b8f0d7c11/v2.0
      audience: 8d1b7e2a-1f7c-4d21-9a0e-2f6b8f0d7c22
      algorithms: [RS256]
      profile: entra
    - issuer: https://sso.example.com/realms/acme
      audience: shop
      algorithms: [RS256]
      profile: keycloak
      tenant_claim: [organization, id]
    - issuer: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc
      audience: 1example23456789
      algorithms: [RS256]
      profile: cognito
    - {issuer: https://acme.zitadel.cloud, audience: "2291", algorithms: [RS256], profile: zitadel}
    - issuer: https://own.example.com
      audience: shop
      algorithms: [PS256]
      profile: custom
      scopes: [a, b]
      token:
        types: JWT
        client: [cid, azp]
        scope: scp
        methods: https://x.example/amr
        requires: {use: [access, api]}
        refuses: nonce
        service: {claim: idtyp, value: app}
roles:
  clerk: {can: [{do: [list, read, create], on: note}]}
  bot: {kind: service, can: [{do: list, on: note}]}
resources: {note: {fields: {body: {type: text, max: 500}}}}
"""
TESTS: Final = ("test_profiles.py",)
IDENTITY: Final = "shop/gate/identity.py"
BROKEN: Final = {
    "any type": ("if _type(header) not in issuer.rules.types:", "if False:"),
    "no type is any type": ('if "typ" in header else ""', 'if "typ" in header else "at+jwt"'),
    "any audience": ("if issuer.audience not in audiences:", "if False:"),
    "another claim is the audience": ("claims.get(rules.audience)", 'claims.get("client_id")'),
    "required claims may be missing": (
        "if claims.get(name) is None or (",
        "if name in claims and (",
    ),
    "required claims say anything": ("values and claims[name] not in values", "False"),
    "an ID token is an access token": (
        "        if name in claims:\n            raise",
        "        if False:\n            raise",
    ),
    "no client": ("if rules.client_required and not clients:", "if False:"),
    "a person is whoever is no service": (
        "if not is_service and any(name not in claims for name in rules.of_people):",
        "if False:",
    ),
    "everybody is a service": ('return "service" if is_service else "human"', 'return "service"'),
    "everybody is a human": ('return "service" if is_service else "human"', 'return "human"'),
    "the tenant of another claim": (
        "*outer, last = rules.tenant",
        "*outer, last = (TENANT_CLAIM,)",
    ),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service that trusts an issuer of each kind."""
    return made("shop", tmp_path_factory.mktemp("profiles") / "shop", SPEC.encode())


@pytest.mark.usefixtures("postgres_server")
def test_tokens_of_every_profile_are_told_from_others(shop: Path) -> None:
    outcome = ask(shop, TESTS)
    assert outcome.passed, outcome.output


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("broken", BROKEN)
def test_a_rule_that_is_gone_is_noticed(shop: Path, broken: str, tmp_path: Path) -> None:
    project = Path(shutil.copytree(shop, tmp_path / "shop"))
    old, new = BROKEN[broken]
    text = (project / IDENTITY).read_text("utf-8")
    assert text.count(old) == 1, old
    (project / IDENTITY).write_text(text.replace(old, new), "utf-8")
    assert ask(project, TESTS).failed
