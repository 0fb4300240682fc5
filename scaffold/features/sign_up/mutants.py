"""What signing up promises, broken one guard at a time in the service of invoices."""

from typing import Final

from scaffold.features.mutant import Mutant

JOINS: Final = "store/functions/001_joins.sql"
POLICIES: Final = "store/guards/policies.sql"
TESTS: Final = "test_sign_up.py"

MUTANTS: Final = (
    Mutant(
        id="people-of-any-issuer-sign-up",
        control="AZ-1",
        file=JOINS,
        within="sign_up",
        old="v_issuer not in (",
        new="v_issuer = any (array[]::text[]) and v_issuer not in (",
        noticed_by=f"{TESTS}::test_people_of_another_issuer_make_none",
    ),
    Mutant(
        id="services-sign-up",
        control="ID-7",
        file=JOINS,
        within="sign_up",
        old="p_caller ->> 'kind' is distinct from 'human'\n      or ",
        new="",
        noticed_by=f"{TESTS}::test_a_service_makes_none",
    ),
    Mutant(
        id="one-makes-any-number-of-tenants",
        control="API-2",
        file=JOINS,
        within="sign_up",
        old="if not v_free then",
        new="if false then",
        noticed_by=f"{TESTS}::test_nobody_makes_more_than_they_may",
    ),
    Mutant(
        id="a-token-of-no-tenant-is-remembered-for-everything",
        control="AZ-3",
        file="gate/identity.py",
        old="if found is not None and not found.tenant_id and not founding:",
        new="if found is not None and not found.tenant_id and not found.pseudonym:",
        noticed_by=f"{TESTS}::test_a_token_of_no_tenant_is_good_for_nothing_else",
    ),
    Mutant(
        id="the-service-makes-members-of-any-tenant",
        control="AZ-1",
        file=POLICIES,
        old="o.id = member.tenant_id and o.created_at = now()",
        new="o.id = member.tenant_id and o.created_at is not null",
        noticed_by=f"{TESTS}::test_the_service_makes_no_member_of_another_tenant",
    ),
    Mutant(
        id="an-address-makes-any-number-of-tenants",
        control="API-2",
        file="gate/admission.py",
        old="            if founding:\n",
        new="            if founding and not principal.pseudonym:\n",
        noticed_by="test_limits.py::test_an_address_makes_few_tenants",
    ),
)
