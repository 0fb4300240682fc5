"""API keys: what programs of members show instead of an access token (AZ-5).

Whose a key is, and whether it is good, the database says in the call of the operation.
"""

import ipaddress
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from invoicing.gate.identity import Principal
from invoicing.gate.outcomes import refuse
from invoicing.gate.problems import unauthenticated
from invoicing.gate.secrets import PREFIX, Shown, read

if TYPE_CHECKING:
    from invoicing.gate.dispatch import Request

SCHEME: Final = b"bearer "
START: Final = PREFIX.encode()
"""How the keys of every environment begin, and no token: one is a JSON object in base64url."""
GOOD_SECONDS: Final = 60.0
MAX_GOOD: Final = 10_000
BAD: Final = frozenset(
    {
        "key_unknown",
        "key_revoked",
        "key_expired",
        "key_elsewhere",
    }
)
"""The outcomes of the database that say that a key is not good."""


class Keys:
    """Reads keys, and remembers for a minute which were good.

    Only how a request is counted depends on that. Before, it is counted for the address that it
    comes from: nobody uses up the limits of a tenant whose id they know.
    """

    def __init__(
        self, environment: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._environment = environment
        self._now = now
        self._good: OrderedDict[Shown, float] = OrderedDict()

    def principal(
        self, request: "Request", authorization: bytes | None
    ) -> Principal | None:
        """The caller who shows a key, or None where it is no key; raises the 401 for a spoilt one."""
        if authorization is None or authorization[: len(SCHEME)].lower() != SCHEME:
            return None
        text = authorization[len(SCHEME) :]
        if not text.startswith(START) or b"." in text:
            return None
        shown = read(text.decode("latin-1"), self._environment)
        if shown is None:
            raise unauthenticated("no key of this environment")
        operation = request.operation
        if operation is None or not operation.permission:
            raise refuse(
                "key_not_allowed"
            )  # who becomes a member is a person who signs in
        caller: dict[str, object] = {
            "key": shown.row_id,
            "digest": shown.digest,
            "permission": operation.permission,
            "address": _address(request.address),
            "environment": self._environment,
            "attributes": {},
        }
        return Principal(
            tenant_id=shown.tenant_id,
            pseudonym=f"key:{shown.row_id}",
            factors="none",
            caller=json.dumps(caller, separators=(",", ":")),
            counted=self._counted(shown, request.address),
            expires_at=0.0,
            decided=partial(self._decided, shown),
        )

    def _decided(self, shown: Shown, outcome: str) -> None:
        if outcome not in BAD:
            self._good[shown] = self._now() + GOOD_SECONDS
            self._good.move_to_end(shown)
            if len(self._good) > MAX_GOOD:
                self._good.popitem(last=False)

    def _counted(self, shown: Shown, address: str) -> dict[str, str]:
        if self._good.get(shown, 0.0) > self._now():
            tenant = f"{{{shown.tenant_id}}}"
            return {
                "user": f"{tenant}:user:key:{shown.row_id}",
                "token": f"{tenant}:token:{shown.digest}",
                "tenant": f"{tenant}:tenant:{shown.tenant_id}",
            }
        place = f"{{address:{address}}}"
        return {name: f"{place}:{name}" for name in ("user", "token", "tenant")}


def _address(text: str) -> str | None:
    """An address as PostgreSQL reads it; None for what is none."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)
