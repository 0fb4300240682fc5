"""Prints an access token of the development issuer: `python -m notes.development.token`.

Of a synthetic member by their role, or of any subject by its name and the id of a tenant.
"""

import argparse

from notes.development.issuer import DevelopmentIssuer
from notes.development.serve import HOME
from notes.development.world import CATALOG, TENANTS
from notes.settings import PARTNER_ISSUER


def main() -> None:
    """Prints one token."""
    parser = argparse.ArgumentParser(description="Print a development access token.")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--role", choices=sorted(CATALOG["roles"]), help="a synthetic member"
    )
    who.add_argument("--subject", help="anybody else: the claim `sub`")
    parser.add_argument(
        "--tenant",
        required=True,
        help=f"{' or '.join(sorted(TENANTS))}; of others the id",
    )
    parser.add_argument(
        "--partner", action="store_true", help="of the other issuer: " + PARTNER_ISSUER
    )
    parser.add_argument("--email", help="the verified address")
    options = parser.parse_args()
    if options.role and options.tenant not in TENANTS:
        parser.error(f"--role is of a synthetic tenant: {' or '.join(sorted(TENANTS))}")
    role = CATALOG["roles"].get(options.role, {"kind": "human"})
    claims = DevelopmentIssuer(HOME).claims(
        options.subject or f"{options.role}@{options.tenant}",
        str(TENANTS.get(options.tenant, options.tenant)),
        service=role["kind"] == "service",
    )
    if options.partner:
        claims["iss"] = PARTNER_ISSUER
    if options.email:
        claims |= {"email": options.email, "email_verified": True}
    print(DevelopmentIssuer(HOME).sign(claims))


if __name__ == "__main__":
    main()
