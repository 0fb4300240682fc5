"""Prints an access token of the development issuer: `python -m invoicing.development.token`."""

import argparse
import json
from collections.abc import Iterator

from invoicing.development.issuer import DevelopmentIssuer
from invoicing.development.serve import HOME
from invoicing.development.world import CATALOG, TENANTS


def main() -> None:
    """Prints one token."""
    parser = argparse.ArgumentParser(description="Print a development access token.")
    parser.add_argument("--role", required=True, choices=sorted(CATALOG["roles"]))
    parser.add_argument("--tenant", required=True, choices=sorted(TENANTS))
    parser.add_argument(
        "--attributes", default="", help="such as: name=value list=one,two"
    )
    options = parser.parse_args()
    try:
        given = dict(_attributes(options.attributes))
    except ValueError as error:
        parser.error(str(error))
    role = CATALOG["roles"][options.role]
    claims = DevelopmentIssuer(HOME).claims(
        f"{options.role}@{options.tenant}",
        str(TENANTS[options.tenant]),
        service=role["kind"] == "service",
        attributes=CATALOG["attributes"] | given,
    )
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
