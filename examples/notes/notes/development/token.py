"""Prints an access token of the development issuer: `python -m notes.development.token`."""

import argparse

from notes.development.issuer import DevelopmentIssuer
from notes.development.serve import HOME
from notes.development.world import CATALOG, TENANTS


def main() -> None:
    """Prints one token."""
    parser = argparse.ArgumentParser(description="Print a development access token.")
    parser.add_argument("--role", required=True, choices=sorted(CATALOG["roles"]))
    parser.add_argument("--tenant", required=True, choices=sorted(TENANTS))
    options = parser.parse_args()
    role = CATALOG["roles"][options.role]
    claims = DevelopmentIssuer(HOME).claims(
        f"{options.role}@{options.tenant}",
        str(TENANTS[options.tenant]),
        service=role["kind"] == "service",
    )
    print(DevelopmentIssuer(HOME).sign(claims))


if __name__ == "__main__":
    main()
