"""Tokens of identity providers: accepted as they come, refused altered, by emitted tests that
notice when a rule is gone."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.emitted import ask

TESTS: Final = ("test_profiles.py",)
IDENTITY: Final = "shop/gate/identity.py"
BROKEN: Final = {
    "any type": ("if _type(header) not in issuer.rules.types:", "if False:"),
    "no type is any type": ('if "typ" in header else ""', 'if "typ" in header else "at+jwt"'),
    "any audience": ("if issuer.audience not in audiences:", "if False:"),
    "another claim is the audience": ("claims.get(rules.audience)", 'claims.get("client_id")'),
    "required claims may be missing": (
        "if claims.get(name) is None or (",
        "if name in claims and (",
    ),
    "required claims say anything": ("values and claims[name] not in values", "False"),
    "an ID token is an access token": (
        "        if name in claims:\n            raise",
        "        if False:\n            raise",
    ),
    "no client": ("if rules.client_required and not clients:", "if False:"),
    "a person is whoever is no service": (
        "if not is_service and any(name not in claims for name in rules.of_people):",
        "if False:",
    ),
    "everybody is a service": ('return "service" if is_service else "human"', 'return "service"'),
    "everybody is a human": ('return "service" if is_service else "human"', 'return "human"'),
    "the tenant of another claim": (
        "*outer, last = rules.tenant",
        "*outer, last = (TENANT_CLAIM,)",
    ),
}


@pytest.mark.usefixtures("postgres_server")
def test_tokens_of_every_profile_are_told_from_others(shop: Path) -> None:
    outcome = ask(shop, TESTS)
    assert outcome.passed, outcome.output


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("broken", BROKEN)
def test_a_rule_that_is_gone_is_noticed(shop: Path, broken: str, tmp_path: Path) -> None:
    project = Path(shutil.copytree(shop, tmp_path / "shop"))
    old, new = BROKEN[broken]
    text = (project / IDENTITY).read_text("utf-8")
    assert text.count(old) == 1, old
    (project / IDENTITY).write_text(text.replace(old, new), "utf-8")
    assert ask(project, TESTS).failed
