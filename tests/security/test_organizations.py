"""Organizations that map to tenants: emitted tests notice when a guard of the mapping is gone."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from scaffold.features.mutant import Mutant
from tests.emitted import ask
from tests.mutants.test_mutants import COMPARED, FUNCTIONS

SHARED: Final = "store/functions/000_shared.sql"
POLICIES: Final = "store/guards/policies.sql"
IDENTITY: Final = "gate/identity.py"
ORGANIZATIONS: Final = "test_organizations.py::test_"
PROFILES: Final = "test_profiles.py::test_an_altered_token_is_refused"
ENDED: Final = f"{ORGANIZATIONS}what_is_mapped_no_more_ends_with_the_next_request"
HELD: Final = f"{ORGANIZATIONS}statements_alone_hold_the_mapping"
FOUND: Final = f"{ORGANIZATIONS}statements_alone_find_the_tenant_of_an_issuer"
SEEN: Final = f"{ORGANIZATIONS}the_service_sees_one_organization_at_a_time"
MOVED: Final = f"{ORGANIZATIONS}what_is_mapped_to_another_tenant_is_that_one_from_then_on"
MUTANTS: Final = tuple(
    Mutant(id=id_, control="AZ-3", file=file, within=within, old=old, new=new, noticed_by=test)
    for id_, file, within, old, new, test in (
        (
            "mapped-for-ever",
            SHARED,
            "enter_",
            "not p_caller ? 'organization' or exists",
            "true or exists",
            ENDED,
        ),
        ("mapped-by-any-issuer", SHARED, "enter_", "o.issuer = m.issuer and ", "", HELD),
        (
            "any-organization-of-a-tenant",
            SHARED,
            "enter_",
            "o.organization = p_caller ->> 'organization' and ",
            "",
            HELD,
        ),
        ("mapped-to-any-tenant", SHARED, "enter_", " and o.tenant_id = p_tenant", "", HELD),
        (
            "looked-up-of-any-issuer",
            SHARED,
            "organization_",
            "o.issuer = p_issuer and ",
            "",
            FOUND,
        ),
        (
            "looked-up-of-any-organization",
            SHARED,
            "organization_",
            " and o.organization = p_organization",
            "",
            FOUND,
        ),
        (
            "organizations-of-any-issuer-are-seen",
            POLICIES,
            "tenant_organization tenant_isolation",
            "  using (issuer = (select current_setting('app.issuer', true))\n         and ",
            "  using (",
            SEEN,
        ),
        (
            "the-database-is-not-told",
            IDENTITY,
            "",
            'caller["organization"] = organization',
            "pass",
            ENDED,
        ),
        (
            "a-former-tenant-is-remembered",
            "gate/dispatch.py",
            "",
            "self._admission.forget(request.principal)",
            "pass",
            MOVED,
        ),
        (
            "one-of-several-organizations",
            IDENTITY,
            "",
            "(only,) = named.values() if len(named) == 1 else [None]",
            "only = next(iter(named.values()), None)",
            f"{ORGANIZATIONS}a_token_names_one_organization",
        ),
        (
            "a-key-of-any-directory",
            IDENTITY,
            "",
            'if key.get("issuer", issuer.url) not in (issuer.url, claims["iss"]):',
            "if False:",
            f"{ORGANIZATIONS}a_key_of_a_directory_signs_for_no_other",
        ),
        (
            "the-issuer-of-any-directory",
            IDENTITY,
            "",
            "if named == each.url.replace(DIRECTORY, directory):",
            "if True:",
            PROFILES,
        ),
        (
            "the-template-is-an-issuer",
            IDENTITY,
            "",
            "for url, each in issuers.items() if DIRECTORY not in url",
            "for url, each in issuers.items()",
            PROFILES,
        ),
    )
)


@pytest.mark.usefixtures("postgres_server")
def test_organizations_are_the_tenants_that_they_map_to(shop: Path) -> None:
    outcome = ask(shop, ["test_organizations.py", "test_profiles.py", "test_grants.py"])
    assert outcome.passed, outcome.output


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.id)
def test_a_guard_that_is_gone_is_noticed(mutant: Mutant, shop: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(shop, tmp_path / "shop"))
    mutant.apply(broken / "shop")
    if mutant.file.startswith(FUNCTIONS):
        COMPARED.apply(broken / "shop")
    outcome = ask(broken, [mutant.noticed_by])
    assert outcome.failed, f"{mutant.id} survives:\n{outcome.output}"
