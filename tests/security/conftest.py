"""One service that trusts an issuer of each kind, for the tests that break its guards."""

from pathlib import Path
from typing import Final

import pytest

from tests.emitted import made

SPEC: Final = """
scaffold: 2
service: {name: shop, title: Shop}
tenancy: {tenant: organization}
identity:
  issuers:
    - {issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}
    - issuer: https://login.microsoftonline.com/{tenantid}/v2.0
      audience: 8d1b7e2a-1f7c-4d21-9a0e-2f6b8f0d7c22
      algorithms: [RS256]
      profile: entra
      tenants: mapped
      rsa_2048_because: Entra ID signs with keys of 2048 bits.
    - issuer: https://shop.eu.auth0.com/
      audience: https://api.example.com
      algorithms: [RS256]
      profile: auth0
      tenant_claim: org_id
      tenants: mapped
    - issuer: https://sso.example.com/realms/shop
      audience: shop
      algorithms: [RS256]
      profile: keycloak
      tenant_claim: organization
      tenants: mapped
      discovery: openid-configuration
    - issuer: https://accounts.example.com/realm
      audience: shop
      algorithms: [RS256]
      discovery: oauth-authorization-server
      jwks_origin: https://keys.example.net
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


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of this service; it is shared."""
    return made("shop", tmp_path_factory.mktemp("issuers") / "shop", SPEC.encode())
