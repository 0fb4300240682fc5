"""What API keys promise, broken one guard at a time."""

from typing import Final

from scaffold.features.mutant import Mutant

SHARED: Final = "store/functions/000_shared.sql"
KEYS: Final = "store/functions/api_key.sql"
SECRETS: Final = "gate/secrets.py"
TEST: Final = "test_api_keys.py"

MUTANTS: Final = (
    *(
        Mutant(
            id=id_,
            control="AZ-5",
            file=SHARED,
            within="key_caller_",
            old=old,
            new=new,
            noticed_by=f"{TEST}::{test}",
        )
        for id_, old, new, test in (
            (
                "any-secret-of-a-key",
                "(k.digest = p_caller ->> 'digest'\n",
                "(true\n",
                "test_what_is_no_key_is_not_told_from_one",
            ),
            (
                "a-revoked-key-works-on",
                "when k.revoked_at is not null then",
                "when false then",
                "test_a_key_ends_with_the_next_request",
            ),
            (
                "an-expired-key-works-on",
                "when k.expires_at <= now() then",
                "when false then",
                "test_a_key_ends_with_the_next_request",
            ),
            (
                "a-sign-out-leaves-keys",
                "when m.tokens_valid_after >= date_trunc('second', k.issued_at) then",
                "when false then",
                "test_a_key_ends_with_the_next_request",
            ),
            (
                "a-key-works-anywhere",
                "when k.networks is not null and not coalesce((",
                "when false and not coalesce((",
                "test_a_key_works_in_its_networks",
            ),
            (
                "a-key-does-anything",
                "when (k.operations ? (p_caller ->> 'permission')) is not true then",
                "when false then",
                "test_a_key_does_nothing_else",
            ),
            (
                "a-key-outlives-its-membership",
                "m.id = k.member_id and m.active\n",
                "m.id = k.member_id\n",
                "test_a_key_does_no_more_than_its_member",
            ),
            (
                "a-former-secret-works-for-ever",
                "and k.former_valid_until > now()",
                "and true",
                "test_a_former_secret_works_for_its_overlap",
            ),
        )
    ),
    *(
        Mutant(
            id=f"a-key-may-{operation}-a-key",
            control="AZ-5",
            file=KEYS,
            within=f"{operation}_api_key",
            old="p_caller ? 'key'",
            new="false",
            noticed_by=f"{TEST}::test_no_key_gives_rights",
        )
        for operation in ("create", "revoke")
    ),
    Mutant(
        id="a-rotation-brings-back-what-a-sign-out-ended",
        control="AZ-5",
        file=KEYS,
        within="rotate_api_key",
        old="and m.tokens_valid_after >= date_trunc('second', t.issued_at)",
        new="and false",
        noticed_by=f"{TEST}::test_what_a_sign_out_ended_does_not_work_again",
    ),
    Mutant(
        id="the-service-changes-any-key",
        control="AZ-3",
        file="store/guards/policies.sql",
        within="api_key reach_update",
        old="id = nullif(current_setting('app.api_key_id', true), '')::uuid)\n",
        new="true)\n",
        noticed_by=f"{TEST}::test_policies_alone_note_the_use_of_one_key",
    ),
    Mutant(
        id="strangers-use-up-the-limits-of-a-tenant",
        control="API-2",
        file="gate/api_keys.py",
        old="if self._good.get(shown, 0.0) > self._now():",
        new="if True:",
        noticed_by=f"{TEST}::test_who_has_shown_no_good_key_uses_up_no_limit_of_a_tenant",
    ),
    Mutant(
        id="a-key-of-any-environment",
        control="OPS-1",
        file=SECRETS,
        old=" or not head.startswith(prefix):",
        new=" or not head.startswith(PREFIX):",
        noticed_by="test_secrets.py::test_a_text_that_was_changed_is_none",
    ),
    Mutant(
        id="secrets-are-stored",
        control="AZ-5",
        file=SECRETS,
        old="return hashlib.sha256(secret.encode()).hexdigest()",
        new='return secret.ljust(64, "0")',
        noticed_by="test_secrets.py::test_a_secret_is_told_once",
    ),
)
