"""Rules about issuers and where the service runs."""

from collections.abc import Iterator

from .findings import Finding, Scope, still_there, unknown
from .identity import DEVELOPMENT
from .problems import Path


def check_tenancy(scope: Scope) -> Iterator[Finding]:
    """What is wrong with what the tenant and its attributes say of names of before."""
    tenancy, identity = scope.spec.tenancy, scope.spec.identity
    former = tenancy.renamed_from
    claims = identity.tenant_claim is None and any(not e.rules.tenant for e in identity.issuers)
    at: Path = ("tenancy", "renamed_from")
    if former == tenancy.tenant:
        yield still_there(f"a tenant called {former}", at)
    elif former in scope.resources:
        yield still_there(f"a resource called {former}", at)
    elif former and claims:
        yield Finding(
            "E-RENAMED",
            f"The claim that names the tenant would be {tenancy.tenant}_id now, and was "
            f"{former}_id: tokens do not change with this file",
            at,
            f"Say which it is, such as identity.tenant_claim: {former}_id.",
        )
    for name, attribute in tenancy.attributes.items():
        if attribute.renamed_from in tenancy.attributes:
            path: Path = ("tenancy", "attributes", name, "renamed_from")
            yield still_there(f"an attribute called {attribute.renamed_from}", path)


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
