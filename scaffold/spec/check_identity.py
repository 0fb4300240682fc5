"""Rules about issuers and where the service runs."""

from collections.abc import Iterator

from .findings import Finding, Scope, unknown
from .identity import DEVELOPMENT


def check_identity(scope: Scope) -> Iterator[Finding]:
    """What is wrong with the environments that issuers are trusted in."""
    issuers, known = scope.spec.identity.issuers, scope.spec.service.environments
    for number, issuer in enumerate(issuers):
        for index, name in enumerate(issuer.environments):
            if name not in known:
                at = ("identity", "issuers", number, "environments", index)
                yield unknown("E-ENVIRONMENT", "environment", name, at, known)
    if any(not each.environments for each in issuers):
        return
    trusted = {name for each in issuers for name in each.environments}
    for name in known:
        if name != DEVELOPMENT and name not in trusted:
            yield Finding(
                "E-ENVIRONMENT",
                f"No issuer is trusted in {name}, so that nobody could sign in there",
                ("identity", "issuers"),
                "Name it in environments of an issuer, or take it from service.environments.",
                named=True,
            )
