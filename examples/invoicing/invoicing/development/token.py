"""Prints an access token of the development issuer: `python -m invoicing.development.token`.

Of a synthetic member by their role, or of any subject by its name and the id of a tenant.
"""

import argparse
import json
from collections.abc import Iterator

from invoicing.development.issuer import DevelopmentIssuer
from invoicing.development.serve import HOME
from invoicing.development.world import CATALOG, TENANTS
from invoicing.settings import PARTNER_ISSUER


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
    parser.add_argument(
        "--attributes", default="", help="such as: name=value list=one,two"
    )
    options = parser.parse_args()
    try:
        given = dict(_attributes(options.attributes))
    except ValueError as error:
        parser.error(str(error))
    if options.role and options.tenant not in TENANTS:
        parser.error(f"--role is of a synthetic tenant: {' or '.join(sorted(TENANTS))}")
    role = CATALOG["roles"].get(options.role, {"kind": "human"})
    claims = DevelopmentIssuer(HOME).claims(
        options.subject or f"{options.role}@{options.tenant}",
        str(TENANTS.get(options.tenant, options.tenant)),
        service=role["kind"] == "service",
        attributes=CATALOG["attributes"] | given,
    )
    if options.partner:
        claims["iss"] = PARTNER_ISSUER
    if options.email:
        claims |= {"email": options.email, "email_verified": True}
    print(DevelopmentIssuer(HOME).sign(claims))


def _attributes(text: str) -> Iterator[tuple[str, object]]:
    """The claims in `name=value list=one,two`; raises ValueError for any that nobody declared."""
    known = CATALOG["attributes"]
    for pair in text.split():
        name, equals, value = pair.partition("=")
        if name not in known or not equals:
            raise ValueError(
                f"{pair!r} is not NAME=VALUE with a NAME of {', '.join(known)}"
            )
        if isinstance(known[name], list):
            items = filter(None, value.split(","))
            yield name, [_value(each, known[name][0]) for each in items]
        else:
            yield name, _value(value, known[name])


def _value(text: str, example: object) -> object:
    """A value of the type that the example has."""
    return text if isinstance(example, str) else json.loads(text)


if __name__ == "__main__":
    main()
