"""The identity provider of a project: in the place of which issuer, and where there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from scaffold.design.resolve import resolve
from scaffold.project.identity import Provider, provider
from scaffold.spec.load import loads
from tests.emitted import made

REPOSITORY: Final = Path(__file__).resolve().parents[2]
TEMPLATE: Final = REPOSITORY / "templates" / "project"
FILES: Final = {
    "compose.identity.yaml",
    *(
        f"identity/{each}"
        for each in (
            "Dockerfile",
            "package-lock.json",
            "package.json",
            "provider.json",
            "provider.mjs",
        )
    ),
}
SPEC: Final = """
scaffold: 2
service: {name: shop, title: Shop}
tenancy: {tenant: company}
identity:
  issuers: ISSUERS
roles: {clerk: {can: [{do: list, on: note}]}}
resources: {note: {fields: {body: {type: text, max: 500}}}}
"""
PLAIN: Final = {"issuer": "https://login.example.com/"}


def spec(*issuers: Mapping[str, Any]) -> bytes:
    """The spec of a service that trusts these."""
    given = [{"audience": "shop", "algorithms": ["ES256"], **each} for each in issuers]
    return SPEC.replace("ISSUERS", json.dumps(given)).encode()


def found(*issuers: Mapping[str, Any], environment: str = "production") -> Provider | None:
    """The provider of such a service."""
    return provider(resolve(loads(spec(*issuers), "scaffold.yaml")), environment)


def settings(**issuer: Any) -> Mapping[str, Any]:
    """What the provider in the place of an issuer is told."""
    there = found({**PLAIN, **issuer})
    assert there is not None
    return there.settings


MISFITS: Final = {
    "an address": {"issuer": "https://10.0.0.7/"},
    "a name of one label, as services of compose have": {"issuer": "https://database/"},
    "this machine": {"issuer": "https://localhost:8443/"},
    "a name of this machine": {"issuer": "https://login.localhost/"},
    "a path that clients write in several ways": {"issuer": "https://login.example.com/a/../b"},
    "a path with marks": {"issuer": "https://login.example.com/$(id)"},
    "keys at another port": {**PLAIN, "jwks_uri": "https://keys.example.com:8443/keys"},
    "keys at an address": {**PLAIN, "jwks_uri": "https://10.0.0.7/keys"},
    "a template of issuers": {
        "issuer": "https://login.example.com/{tenantid}/v2.0",
        "profile": "entra",
        "tenants": "mapped",
    },
    "a refused claim that its tokens have": {
        **PLAIN,
        "profile": "custom",
        "token": {
            "types": "at+jwt",
            "client": "azp",
            "audience": "resource",
            "refuses": ["aud", "nonce"],
        },
    },
}


@pytest.mark.parametrize("issuer", MISFITS.values(), ids=MISFITS)
def test_in_the_place_of_some_it_cannot_be(issuer: Mapping[str, Any], tmp_path: Path) -> None:
    assert found(issuer) is None
    there = found(issuer, {"issuer": "https://second.example.com"})
    assert there is not None and there.hosts == ("second.example.com",)
    project = made("shop", tmp_path / "shop", spec(issuer))
    assert not [each for each in FILES if (project / each).exists()]
    assert "identity" not in {each.name for each in project.iterdir()}
    for name in ("README.md", "SECURITY.md"):
        assert "compose.identity" not in (project / name).read_text("utf-8")


def test_it_is_in_the_place_of_the_first_that_is_trusted() -> None:
    issuers = [
        {"issuer": "https://staging.example.com", "environments": ["staging", "development"]},
        {"issuer": "https://first.example.com"},
        {"issuer": "https://second.example.com"},
    ]
    for environment, host in (("production", "first"), ("staging", "staging")):
        there = found(*issuers, environment=environment)
        assert there is not None and there.hosts == (f"{host}.example.com",)


@pytest.mark.parametrize(
    ("issuer", "hosts", "port", "routes"),
    [
        ({}, ["login.example.com"], 443, {"/.well-known/jwks.json": "/jwks"}),
        (
            {"issuer": "https://login.example.com:8443/realms/a", "profile": "keycloak"},
            ["login.example.com"],
            8443,
            {"/realms/a/protocol/openid-connect/certs": "/jwks"},
        ),
        (
            {"jwks_uri": "https://keys.example.net/of/shop.json"},
            ["login.example.com", "keys.example.net"],
            443,
            {"/of/shop.json": "/jwks"},
        ),
        (
            {"issuer": "https://login.example.com/a", "discovery": "oauth-authorization-server"},
            ["login.example.com"],
            443,
            {"/.well-known/oauth-authorization-server/a": "/.well-known/openid-configuration"},
        ),
    ],
)
def test_where_it_is(
    issuer: Mapping[str, Any], hosts: list[str], port: int, routes: Mapping[str, str]
) -> None:
    there = found({**PLAIN, **issuer})
    assert there is not None
    assert (list(there.hosts), there.port) == (hosts, port)
    assert there.settings["routes"] == routes
    assert json.loads(there.text)["hosts"] == hosts


def test_what_its_tokens_are_like() -> None:
    assert settings()["type"] == "at+jwt"
    assert settings(profile="okta")["type"] is None
    assert settings(profile="entra")["tenant_claim"] == ("tid",)
    assert settings(tenant_claim=["organization", "id"])["tenant_claim"] == ("organization", "id")
    assert settings()["tenant_claim"] == ("company_id",)
    assert settings()["lifetime"] == 3600
    assert settings(**{"token_lifetime": "5m"})["lifetime"] == 300
    assert settings(algorithms=["PS384", "ES256"])["algorithm"] == "PS384"
    assert settings(assurance={"any": ["otp"]})["methods"] == ["otp", "phr", "phrh"]
    assert settings(profile="cognito")["methods_claim"] is None
    assert settings(profile="zitadel")["service"] is None
    assert settings(scopes=["shop"])["scopes"] == ["shop"]
    assert settings(permission_scopes=True)["scopes"] == ["note:list"]
    okta = settings(profile="okta", scopes=["shop"])
    assert (okta["scope_claim"], okta["scope_list"]) == ("scp", True)
    assert okta["person"]["scopes"] == ["openid", "shop"]
    assert okta["person"]["client"] == ["cid"]
    auth0 = settings(profile="auth0")
    assert auth0["service"]["suffix"] == "@clients"
    assert auth0["refused_claims"] == ("at_hash", "c_hash", "nonce")


@pytest.mark.parametrize(
    ("profile", "subject"), [("rfc9068", "bot"), ("auth0", "bot@clients"), ("cognito", "shop")]
)
def test_a_service_is_called_as_its_profile_has_it(profile: str, subject: str) -> None:
    there = found({**PLAIN, "profile": profile})
    assert there is not None and there.service == subject


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose provider has two names."""
    issuer = {**PLAIN, "jwks_uri": "https://keys.example.net/jwks.json"}
    return made("shop", tmp_path_factory.mktemp("identity") / "shop", spec(issuer))


def test_its_files_are_there(project: Path) -> None:
    there = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    assert there >= FILES
    settings = json.loads((project / "identity" / "provider.json").read_text("utf-8"))
    assert settings["issuer"] == PLAIN["issuer"]
    for name in ("README.md", "SECURITY.md"):
        assert "compose.identity.yaml" in (project / name).read_text("utf-8")


def compose(project: Path, name: str) -> Mapping[str, Any]:
    """What a file says to compose."""
    found: Mapping[str, Any] = yaml.safe_load((project / name).read_text("utf-8"))
    return found


def test_the_service_trusts_it_by_a_file_that_it_cannot_change(project: Path) -> None:
    content = compose(project, "compose.identity.yaml")
    service, identity = content["services"]["service"], content["services"]["identity"]
    assert service == {
        "environment": {"SSL_CERT_FILE": "/authority/ca.pem"},
        "volumes": ["authority:/authority:ro"],
        "depends_on": {"identity": {"condition": "service_healthy"}},
    }
    assert identity["volumes"] == ["authority:/authority"]
    assert content["volumes"] == {"authority": None}
    script = (project / "identity" / "provider.mjs").read_text("utf-8")
    assert 'AUTHORITY = "/authority/ca.pem"' in script
    plain = compose(project, "compose.yaml")
    assert "authority" not in plain["volumes"]
    assert set(plain["services"]) & set(content["services"]) == {"service"}
    assert "SSL_CERT_FILE" not in str(plain)


def test_it_has_the_names_of_the_issuer_and_of_its_keys(project: Path) -> None:
    content = compose(project, "compose.identity.yaml")
    identity = content["services"]["identity"]
    assert identity["networks"] == {
        "default": {"aliases": ["login.example.com", "keys.example.net"]}
    }
    assert not {*identity["networks"]["default"]["aliases"]} & {
        *content["services"],
        *compose(project, "compose.yaml")["services"],
    }
    assert identity["sysctls"] == {"net.ipv4.ip_unprivileged_port_start": "443"}
    assert identity["healthcheck"]["test"] == ["CMD", "node", "provider.mjs", "ready"]


@pytest.mark.parametrize("name", ["compose.yaml", "compose.identity.yaml"])
def test_containers_are_reached_from_this_machine_alone_and_may_do_little(
    project: Path, name: str
) -> None:
    services = compose(project, name)["services"]
    ports = [port for each in services.values() for port in each.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)
    ours = [each for each in services.values() if "build" in each]
    assert ours
    for each in ours:
        assert each["read_only"] is True
        assert each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]


def test_its_image_runs_as_nobody_in_particular(project: Path) -> None:
    lines = (project / "identity" / "Dockerfile").read_text("utf-8").splitlines()
    assert "USER 10001:10001" in lines
    (made_for_it,) = [each for each in lines if "/authority" in each]
    assert "install -d -o 10001 -g 10001 /authority" in made_for_it
    copied = [each.split()[1:-1] for each in lines if each.startswith("COPY ")]
    assert {name for names in copied for name in names} == {
        each.removeprefix("identity/") for each in FILES if each.startswith("identity/")
    } - {"Dockerfile"}
    assert lines[-1] == 'CMD ["node", "provider.mjs"]'


def test_its_packages_are_pinned_by_digest_and_are_those_of_the_tests() -> None:
    package = json.loads((TEMPLATE / "identity" / "package.json").read_text("utf-8"))
    tools = json.loads((REPOSITORY / "tests" / "clients" / "package.json").read_text("utf-8"))
    assert package["dependencies"].items() <= tools["dependencies"].items()
    text = (TEMPLATE / "identity" / "package-lock.json").read_text("utf-8")
    root, *others = json.loads(text)["packages"].values()
    assert root["dependencies"] == package["dependencies"]
    assert others
    for each in others:
        assert re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", each["integrity"])
        assert "resolved" not in each
    assert "://" not in text
