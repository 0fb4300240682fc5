"""What is wrong with what a spec says of signing up."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.sign_up.keys import TenancyKeys
from scaffold.spec.findings import Finding, Scope, unknown

AT = ("tenancy", "sign_up")


def findings(scope: Scope) -> Iterator[Finding]:
    """Its issuer is trusted, its role is one of people, and its attributes are the tenant's."""
    tenancy = scope.spec.tenancy
    assert isinstance(tenancy, TenancyKeys)
    found = tenancy.sign_up
    if found is None:
        return
    issuers = [each.issuer for each in scope.spec.identity.issuers]
    if found.issuer not in issuers:
        yield unknown("E-SIGN-UP", "issuer", found.issuer, (*AT, "issuer"), issuers)
    if found.role not in scope.roles:
        yield unknown("E-UNKNOWN-ROLE", "role", found.role, (*AT, "role"), scope.roles)
    elif found.role in scope.spec.roles and scope.spec.roles[found.role].kind == "service":
        yield Finding(
            "E-ROLE-KIND",
            f"{found.role} is a role of services, and people sign up",
            (*AT, "role"),
            "Name a role of people.",
        )
    for index, name in enumerate(found.attributes):
        if name not in tenancy.attributes:
            path = (*AT, "attributes", index)
            yield unknown("E-UNKNOWN-ATTRIBUTE", "attribute", name, path, tenancy.attributes)
