"""The verification of access tokens and their keys with a check gone."""

from typing import Final

from scaffold.features.mutant import Mutant

IDENTITY: Final = "gate/identity.py"
KEYS: Final = "gate/keys.py"


def bad(token: str) -> str:
    """The emitted test that tries this bad token on the first operation."""
    return f"test_tokens.py::test_a_bad_token_is_refused[{token}]"


TOKENS: Final = (
    Mutant(
        id="signature-is-not-verified",
        control="ID-6",
        file=IDENTITY,
        old="        _check_signature(token, key, algorithm)\n",
        new="",
        noticed_by=bad("another key"),
    ),
    Mutant(
        id="any-algorithm",
        control="ID-6",
        file=IDENTITY,
        old="if algorithm not in issuer.algorithms:",
        new="if False:",
        noticed_by="test_keys.py::test_an_algorithm_is_one_of_its_issuers",
    ),
    Mutant(
        id="any-type-of-token",
        control="ID-6",
        file=IDENTITY,
        old='if _text(header, "typ").lower() not in TOKEN_TYPES:',
        new="if False:",
        noticed_by=bad("an id token"),
    ),
    Mutant(
        id="any-issuer",
        control="ID-6",
        file=IDENTITY,
        old='issuer = self._issuers.get(_text(claims, "iss"))',
        new="issuer = next(iter(self._issuers.values()))",
        noticed_by=bad("another issuer"),
    ),
    Mutant(
        id="any-audience",
        control="ID-6",
        file=IDENTITY,
        old="if issuer.audience not in audiences:",
        new="if False:",
        noticed_by=bad("another audience"),
    ),
    Mutant(
        id="any-key-id",
        control="ID-6",
        file=KEYS,
        old="    found = keys.get(kid)\n",
        new="    found = keys.get(kid) or next(iter(keys.values()))\n",
        noticed_by=bad("unknown key id"),
    ),
    Mutant(
        id="expired-tokens",
        control="ID-5",
        file=IDENTITY,
        old="if expires is None or expires <= now - CLOCK_SKEW:",
        new="if expires is None:",
        noticed_by=bad("expired"),
    ),
    Mutant(
        id="tokens-for-ever",
        control="ID-5",
        file=IDENTITY,
        old="if expires is None or expires <= now - CLOCK_SKEW:",
        new="expires = now if expires is None else expires\n"
        "        if expires <= now - CLOCK_SKEW:",
        noticed_by=bad("no expiry"),
    ),
    Mutant(
        id="tokens-of-the-future",
        control="ID-6",
        file=IDENTITY,
        old="if issued is None or issued > now + CLOCK_SKEW:",
        new="if issued is None:",
        noticed_by=bad("issued in the future"),
    ),
    Mutant(
        id="tokens-not-valid-yet",
        control="ID-6",
        file=IDENTITY,
        old="if not_before is not None and not_before > now + CLOCK_SKEW:",
        new="if False:",
        noticed_by=bad("not valid yet"),
    ),
    Mutant(
        id="an-hour-of-clock-skew",
        control="ID-5",
        file=IDENTITY,
        old="CLOCK_SKEW: Final = 60",
        new="CLOCK_SKEW: Final = 3600",
        noticed_by=bad("expired"),
    ),
    Mutant(
        id="times-are-booleans",
        control="ID-6",
        file=IDENTITY,
        old="        isinstance(value, bool)\n        or not isinstance(value, int | float)\n",
        new="        not isinstance(value, int | float)\n",
        noticed_by=bad("a beginning that is true"),
    ),
    Mutant(
        id="an-empty-subject",
        control="ID-6",
        file=IDENTITY,
        old="if not isinstance(value, str) or not value or",
        new="if not isinstance(value, str) or",
        noticed_by=bad("an empty subject"),
    ),
    Mutant(
        id="a-tenant-in-any-notation",
        control="AZ-3",
        file=IDENTITY,
        old="if tenant_id != tenant:",
        new="if False:",
        noticed_by=bad("a tenant in another notation"),
    ),
    Mutant(
        id="claims-come-twice",
        control="ID-6",
        file=IDENTITY,
        old='raise ValueError("duplicate name")',
        new="return found",
        noticed_by=bad("a claim twice"),
    ),
    Mutant(
        id="constants-that-are-not-json",
        control="ID-6",
        file=IDENTITY,
        old="    raise ValueError(constant)\n",
        new="    return float(constant)\n",
        noticed_by=bad("a constant that is not JSON"),
    ),
    Mutant(
        id="remembered-for-ever",
        control="ID-5",
        file=IDENTITY,
        old="return found if found is not None and found.expires_at > self._now() else None",
        new="return found",
        noticed_by="test_tokens.py::test_a_remembered_token_expires",
    ),
    Mutant(
        id="a-second-factor-is-strong-enough",
        control="ID-3",
        file=IDENTITY,
        old="if found & issuer.strong:",
        new="if found & (issuer.strong | issuer.factors):",
        noticed_by="test_access.py::test_a_role_needs_its_authentication",
    ),
    Mutant(
        id="everybody-is-human",
        control="ID-7",
        file=IDENTITY,
        old='kind = "service" if claims.get("client_id") == subject else "human"',
        new='kind = "human"',
        noticed_by="test_access.py::test_a_granted_role_is_allowed",
    ),
)

BOUNDS: Final = tuple(
    Mutant(
        id=id_,
        control="ID-6",
        file=IDENTITY,
        old=old,
        new=new,
        noticed_by=f"test_tokens.py::{test}",
    )
    for id_, old, new, test in (
        (
            "tokens-for-years",
            "if expires - issued > issuer.lifetime:",
            "if False:",
            "test_a_token_is_good_for_a_time_that_is_said_of_the_issuer",
        ),
        (
            "tokens-without-their-key",
            'if "cnf" in claims:',
            "if False:",
            "test_a_bad_token_is_refused[bound to a key]",
        ),
        (
            "any-scope",
            "not issuer.scopes <= set",
            "not set() <= set",
            "test_a_token_has_the_scopes_that_are_asked_for",
        ),
        (
            "sign-ins-of-tomorrow",
            "        if authenticated > now + CLOCK_SKEW:\n",
            "        if False:\n",
            "test_a_sign_in_that_is_yet_to_come_proves_nothing",
        ),
        (
            "times-without-end",
            "not 0 <= value <= LATEST",
            "not 0 <= value",
            "test_a_bad_token_is_refused[a sign-in beyond all times]",
        ),
        (
            "text-with-a-nul",
            'if b"\\\\u0000" in text:',
            "if False:",
            "test_a_bad_token_is_refused[a NUL somewhere]",
        ),
    )
)

LOGGED: Final = tuple(
    Mutant(id=id_, control="AZ-6", service=service, file=file, old=old, new=new, noticed_by=test)
    for id_, service, file, old, new, test in (
        (
            "any-permission",
            "recruiting",
            "gate/dispatch.py",
            "operation.permission not in principal.permissions",
            "False",
            "test_tokens.py::test_a_token_is_good_for_the_permissions_in_its_scope",
        ),
        (
            "pseudonyms-without-a-key",
            "invoicing",
            "app.py",
            "if len(key) < MIN_KEY and not settings.development:",
            "if False:",
            "test_startup.py::test_pseudonyms_have_a_key",
        ),
        (
            "one-pseudonym-under-every-key",
            "invoicing",
            "gate/identity.py",
            "key=self._key, digest_size",
            "digest_size",
            "test_tokens.py::test_a_pseudonym_is_of_its_key",
        ),
        (
            "messages-in-stacks",
            "invoicing",
            "telemetry/logs.py",
            "structlog.processors.format_exc_info if development else exceptions",
            "structlog.processors.format_exc_info",
            "test_records.py::test_a_stack_has_no_values",
        ),
        (
            "a-log-without-roles",
            "invoicing",
            "gate/operation.py",
            'self.request.roles = row["roles"]',
            "pass",
            "test_records.py::test_a_refusal_is_a_decision",
        ),
        (
            "a-log-without-rows",
            "invoicing",
            "gate/operation.py",
            "self.request.row = str(made)",
            "pass",
            "test_records.py::test_a_decision_says_who_did_what_from_where",
        ),
    )
)

KEY_SETS: Final = (
    Mutant(
        id="old-keys-for-ever",
        control="ID-6",
        file=KEYS,
        old="if self._now() - self._fetched > STALE:",
        new="if not self._keys:",
        noticed_by="test_keys.py::test_keys_of_an_issuer_that_stays_away_end",
    ),
    Mutant(
        id="keys-for-encryption",
        control="ID-6",
        file=KEYS,
        old='each.get("use", "sig") != "sig" or',
        new="",
        noticed_by="test_keys.py::test_a_key_that_is_not_for_this_is_not_used",
    ),
    Mutant(
        id="keys-for-other-operations",
        control="ID-6",
        file=KEYS,
        old='operations and "verify" not in operations',
        new="False",
        noticed_by="test_keys.py::test_a_key_that_is_not_for_this_is_not_used",
    ),
    Mutant(
        id="keys-of-another-algorithm",
        control="ID-6",
        file=KEYS,
        old='if found is None or found.get("alg", algorithm) != algorithm:',
        new="if found is None:",
        noticed_by="test_keys.py::test_a_key_that_is_not_for_this_is_not_used",
    ),
    Mutant(
        id="short-keys",
        control="ID-6",
        file=KEYS,
        old="MIN_RSA_BITS: Final = 3072",
        new="MIN_RSA_BITS: Final = 512",
        noticed_by="test_keys.py::test_a_key_that_is_not_for_this_is_not_used",
    ),
    Mutant(
        id="private-keys-are-published",
        control="ID-6",
        file=KEYS,
        old='if isinstance(kid, str) and kid and "d" not in each:',
        new="if isinstance(kid, str) and kid:",
        noticed_by="test_keys.py::test_a_key_that_is_not_for_this_is_not_used",
    ),
    Mutant(
        id="redirected-to-other-keys",
        control="ID-6",
        file=KEYS,
        old="follow_redirects=False",
        new="follow_redirects=True",
        noticed_by="test_keys.py::test_a_redirect_is_not_followed",
    ),
    Mutant(
        id="every-unknown-key-id-is-fetched",
        control="ID-6",
        file=KEYS,
        old="if self._now() - self._tried < COOL_DOWN:",
        new="if False:",
        noticed_by="test_keys.py::test_unknown_key_ids_do_not_flood_the_issuer",
    ),
    Mutant(
        id="withdrawn-keys-stay",
        control="ID-6",
        file=KEYS,
        old="if kid not in self._keys or self._now() - self._fetched > FRESH:",
        new="if kid not in self._keys:",
        noticed_by="test_keys.py::test_a_new_key_is_found_and_a_withdrawn_one_is_not",
    ),
    Mutant(
        id="key-sets-of-any-size",
        control="ID-6",
        file=KEYS,
        old="if len(body) > size:",
        new="if False:",
        noticed_by="test_keys.py::test_a_key_set_has_a_size",
    ),
    Mutant(
        id="key-sets-are-read-to-their-end",
        control="ID-6",
        file=KEYS,
        old="            if len(body) > size:\n                raise ValueError",
        new="            pass\n        if len(body) > size:\n            raise ValueError",
        noticed_by="test_keys.py::test_a_key_set_that_is_too_large_is_not_read_to_its_end",
    ),
    Mutant(
        id="key-sets-take-their-time",
        control="ID-6",
        file=KEYS,
        old="asyncio.timeout(FETCH_SECONDS), ",
        new="",
        noticed_by="test_keys.py::test_a_key_set_comes_in_time",
    ),
)

MUTANTS: Final = (*TOKENS, *BOUNDS, *LOGGED, *KEY_SETS)
