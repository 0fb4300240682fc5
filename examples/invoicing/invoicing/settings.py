"""What the environment decides. Read once, at start; nothing secret has a default."""

import multiprocessing
import os
import sys
from typing import Final, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Environment = Literal["development", "staging", "production"]
ForwardedHeader = Literal["x-forwarded-for", "forwarded"]

DEVELOPMENT: Final = "development"
DEVELOPMENT_ISSUER: Final = "https://issuer.development.invalid/"
"""The issuer of development tokens: an address that can never be reached (RFC 2606)."""
PARTNER_ISSUER: Final = "https://partner.development.invalid/"
"""Another one: whom a member of it may be is whom it says, and nobody of the first."""


class Settings(BaseSettings):
    """Environment variables of the service, by their names in capitals."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    environment: Environment
    database_url: SecretStr
    """The role invoicing_app: neither owner nor superuser."""
    database_pool: int = Field(default=20, ge=1, le=200)
    redis_url: SecretStr | None = None
    """Where limits are kept when more than one process serves; else in this process."""
    payments_webhook_secret: SecretStr | None = None
    """What payments signs its events with."""
    payments_webhook_secret_previous: SecretStr | None = None
    """A former secret with which payments signs its events."""
    stripe_webhook_secret: SecretStr | None = None
    """What stripe signs its events with."""
    stripe_webhook_secret_previous: SecretStr | None = None
    """A former secret with which stripe signs its events."""
    webhook_keys: SecretStr = SecretStr("")
    """The keys that the secrets of webhook endpoints are derived from, separated by commas; the first
    makes new ones, and all of them sign. Outside of development there is one."""
    allowed_hosts: str = ""
    """The values of Host that are answered, separated by commas."""
    trusted_proxies: str = ""
    """The networks of the proxies in front, separated by commas: what they say of the client's
    address counts."""
    forwarded_header: ForwardedHeader = "x-forwarded-for"
    """The header in which they say it; they must not let through one that the client sent."""
    pseudonym_key: SecretStr = SecretStr("")
    """The key of the digests that stand for callers in the log; outside of development there is
    one. The same for all processes, so that a caller is the same in all logs."""
    metrics_token: SecretStr | None = None
    """The bearer token of /metrics, which is not there without one."""
    prometheus_multiproc_dir: str | None = None
    """A directory, empty at start, in which several workers count together for /metrics."""
    development_jwks: str = ""
    """The path of the development issuer's public keys; refused outside development."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def development(self) -> bool:
        """Is this somebody's own machine?"""
        return self.environment == DEVELOPMENT


def supervised() -> bool:
    """Is this process, as far as it can tell, one of several workers?

    The supervisors of uvicorn (`--workers`) and hypercorn start theirs with `multiprocessing`, and
    gunicorn forks its own; how many there are is not told, so that its only worker counts as well.
    WEB_CONCURRENCY is the number that uvicorn and gunicorn go by. Containers do not see each other.
    """
    asked = os.environ.get("WEB_CONCURRENCY", "")
    return (
        multiprocessing.parent_process() is not None
        or "gunicorn.arbiter" in sys.modules
        or (asked.isdecimal() and int(asked) > 1)
    )
