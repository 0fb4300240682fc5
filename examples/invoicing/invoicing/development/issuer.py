"""An issuer of access tokens for development: its keys are made on this machine.

The service trusts it only where ENVIRONMENT is `development`.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from invoicing.gate.identity import TENANT_CLAIM
from invoicing.settings import DEVELOPMENT_ISSUER

AUDIENCE: Final = "invoicing"
LIFETIME: Final = 3600
"""Seconds."""


class DevelopmentIssuer:
    """Signs tokens with a key that is kept in a directory nobody else can read."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.public = directory / "jwks.json"
        private = directory / "issuer.json"
        if not private.exists():
            key = ECKey.generate_key(
                "P-256", {"kid": "development", "use": "sig", "alg": "ES256"}
            )
            private.touch(mode=0o600)
            private.write_text(json.dumps(key.as_dict(private=True)), encoding="utf-8")
        self.key = ECKey.import_key(json.loads(private.read_text(encoding="utf-8")))
        keys = KeySet([self.key]).as_dict(private=False)
        self.public.write_text(json.dumps(keys), encoding="utf-8")

    def claims(
        self,
        subject: str,
        tenant_id: str,
        *,
        service: bool = False,
        attributes: Mapping[str, object] | None = None,
    ) -> dict[str, object]:
        """The claims of an access token (RFC 9068) for a freshly authenticated principal."""
        now = int(time.time())
        return {
            "iss": DEVELOPMENT_ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "client_id": subject if service else "development",
            TENANT_CLAIM: tenant_id,
            "iat": now,
            "exp": now + LIFETIME,
            "auth_time": now,
            "amr": ["hwk", "mfa"],
            "acr": "phr",
            **(attributes or {}),
        }

    def sign(self, claims: Mapping[str, object], **header: str) -> str:
        """A signed access token with these claims."""
        protected = {"alg": "ES256", "kid": "development", "typ": "at+jwt", **header}
        return jwt.encode(protected, dict(claims), self.key)
