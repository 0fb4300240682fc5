"""The provider that a project brings for trying out: its access tokens are accepted, and no others.

It is oidc-provider, which is certified, with the very files that are emitted, over TLS by its own
authority. In the place of the network of containers, names have an address of this machine.
"""

import base64
import hashlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import yaml
from cryptography import x509

from tests.emitted import made

from .test_clients import HERE, NODE, with_node

OTHER: Final = "https://other.example/api"
ORGANIZATION: Final = "org_of_acme"
NOWHERE: Final = "00000000-0000-4000-8000-ffffffffffff"
SPEC: Final = """
scaffold: 2
service: {name: shop, title: Shop}
tenancy: {tenant: company}
identity:
  issuers: [ISSUER]
roles:
  clerk: {can: [{do: list, on: note}]}
  approver: {mfa: phishing_resistant, can: [{do: list, on: note}]}
  bot: {kind: service, can: [{do: list, on: note}]}
resources: {note: {fields: {body: {type: text, max: 500}}}}
"""
MEMBERS: Final = {
    "alice": "clerk",
    "carol": "approver",
    **dict.fromkeys(["bot", "bot@clients", "shop"], "bot"),
}
"""Roles by subjects: that of a service is its client, as the issuer's profile has it in `sub`."""
HOST: Final = "https://login.example.com:PORT"
CUSTOM: Final = {
    "types": "JWT",
    "client": "azp",
    "requires": {"token_use": "access"},
    "service": {"claim": "gty"},
}


@dataclass(frozen=True)
class Shape:
    """An issuer: what its spec says, and what its provider can say in a token."""

    issuer: Mapping[str, Any]
    proves: bool = True
    services: bool = True
    scope: str = ""

    @property
    def mapped(self) -> bool:
        """Do its tokens name an organization?"""
        return self.issuer.get("tenants") == "mapped"

    def spec(self, port: int) -> bytes:
        """The spec of a service that trusts it, at a port of this machine."""
        said = {"issuer": HOST, "audience": "shop", "algorithms": ["ES256"], **self.issuer}
        text = json.dumps(said).replace("PORT", str(port))
        return SPEC.replace("ISSUER", text).encode()


SHAPES: Final = {
    "a flat claim, discovery": Shape(
        {"discovery": "openid-configuration", "tenant_claim": "org_id", "tenants": "mapped"}
    ),
    "a nested claim below a path": Shape(
        {
            "issuer": f"{HOST}/realms/acme",
            "profile": "keycloak",
            "algorithms": ["RS256"],
            "tenant_claim": ["organization", "id"],
        }
    ),
    "a path, metadata of OAuth": Shape(
        {"issuer": f"{HOST}/a/", "discovery": "oauth-authorization-server", "algorithms": ["PS384"]}
    ),
    "keys at another name": Shape(
        {
            "issuer": f"{HOST}/",
            "profile": "custom",
            "token": CUSTOM,
            "jwks_uri": "https://keys.example.net:PORT/of/shop.json",
            "algorithms": ["EdDSA"],
        }
    ),
    "scopes of permissions": Shape(
        {"profile": "okta", "scopes": ["shop"], "permission_scopes": True, "algorithms": ["ES384"]},
        scope="note:list",
    ),
    "auth0": Shape({"profile": "auth0", "tenant_claim": "org_id", "tenants": "mapped"}),
    "entra": Shape({"issuer": f"{HOST}/acme/v2.0", "profile": "entra", "tenants": "mapped"}),
    "cognito": Shape({"profile": "cognito"}, proves=False),
    "zitadel": Shape({"profile": "zitadel"}, proves=False, services=False),
}


@dataclass
class Provider:
    """The provider as its clients see it."""

    folder: Path
    client: httpx2.Client
    tenant: str

    @property
    def settings(self) -> dict[str, Any]:
        """What it is told."""
        found: dict[str, Any] = json.loads((self.folder / "provider.json").read_text("utf-8"))
        return found

    @property
    def url(self) -> str:
        """The issuer, to append paths to."""
        return str(self.settings["issuer"]).removesuffix("/")

    def token(self, *said: str, tenant: str = "") -> str:
        """What the command prints, as it is documented."""
        done = command(self.folder, "token", *said, "--tenant", tenant or self.tenant)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def of_a_service(self, resource: str) -> str:
        """The access token of a program, for a resource (RFC 8707)."""
        return str(
            self._tokens(
                grant_type="client_credentials",
                client_id="bot",
                client_secret=secret(self.folder),
                resource=resource,
                tenant=self.tenant,
            )["access_token"]
        )

    def id_token(self, subject: str) -> str:
        """The ID token of somebody who signs in in a browser, by a code with PKCE (RFC 7636)."""
        verifier = "v" * 43
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "client_id": "app",
            "response_type": "code",
            "redirect_uri": "http://localhost:3000/callback",
            "scope": "openid",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "login_hint": '"><b>',
        }
        page = self.client.get(f"{self.url}/auth", params=asked, follow_redirects=True)
        assert page.status_code == 200, page.text
        assert "<b>" not in page.text
        form = {"subject": subject, "tenant": self.tenant, "methods": "mfa", "claims": "{}"}
        response = self.client.post(page.url, data=form)
        resumed = response.headers["location"]
        response = self.client.get(resumed)
        if "location" not in response.headers:
            # Somebody else is signed in: a form that sends itself signs them out.
            (action,) = re.findall(r'action="([^"]+)"', response.text)
            fields = dict(re.findall(r'name="(\w+)" value="([^"]+)"', response.text))
            assert self.client.post(action, data=fields).headers["location"] == resumed
            response = self.client.get(resumed)
        place = response.headers["location"]
        assert place.startswith(asked["redirect_uri"])
        return str(
            self._tokens(
                grant_type="authorization_code",
                client_id="app",
                code=parse_qs(urlsplit(place).query)["code"][0],
                code_verifier=verifier,
                redirect_uri=asked["redirect_uri"],
            )["id_token"]
        )

    def _tokens(self, **asked: str) -> dict[str, Any]:
        response = self.client.post(f"{self.url}/token", data=asked)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


def secret(folder: Path) -> str:
    """The secret of the services, as the provider has it."""
    found = re.search(
        r'^const SECRET = "(.+)";', (folder / "provider.mjs").read_text("utf-8"), re.M
    )
    assert found is not None
    return found[1]


def environment(folder: Path, resolved: str = "127.0.0.1") -> dict[str, str]:
    """What the provider, and commands to it, are run with."""
    redirects = {"REDIRECT_URIS": "http://localhost:3000/callback"}
    return os.environ | redirects | {"AUTHORITY": str(folder / "ca.pem"), "RESOLVED": resolved}


def command(
    folder: Path, *said: str, resolved: str = "127.0.0.1"
) -> subprocess.CompletedProcess[str]:
    """A command of the provider, with names that are addresses of this machine."""
    return subprocess.run(  # noqa: S603 - node, and a file of scaffold
        ["node", "--import", (HERE / "names.mjs").as_uri(), "provider.mjs", *said],  # noqa: S607
        cwd=folder,
        env=environment(folder, resolved),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def running(said: Sequence[str | Path], last: str, **options: Any) -> Iterator[str]:
    """A process that has printed a line with this beginning, until the block is left."""
    with subprocess.Popen(  # noqa: S603 - node, and this Python
        [str(each) for each in said],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            line = next((each for each in process.stdout if each.startswith(last)), "")
            assert line, "it did not start"
            yield line.strip()
        finally:
            process.stdin.close()
            if said[0] == "node":
                process.terminate()


def emitted(folder: Path, shape: Shape, port: int) -> tuple[Path, Path]:
    """A project, and its provider with the packages that it needs."""
    project = made("shop", folder / "shop", shape.spec(port))
    (project / "identity" / "node_modules").symlink_to(NODE / "node_modules")
    return project, project / "identity"


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that this process asks for have an address of this machine."""
    asked = socket.getaddrinfo

    def resolved(_: object, *rest: Any, **options: Any) -> Any:
        return asked("127.0.0.1", *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


@with_node
@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_its_access_tokens_are_accepted(shape: Shape, postgres_server: str, tmp_path: Path) -> None:
    project, folder = emitted(tmp_path, shape, free_port())
    issuer = json.loads((folder / "provider.json").read_text("utf-8"))["issuer"]
    node = ["node", "--import", (HERE / "names.mjs").as_uri(), "provider.mjs"]
    serve: list[str | Path] = [sys.executable, "-c", (HERE / "trusting.py").read_text("utf-8")]
    organization = ORGANIZATION if shape.mapped else ""
    compose = yaml.safe_load((project / "compose.identity.yaml").read_text("utf-8"))
    (trust,) = compose["services"]["service"]["environment"]
    given = {"DEVELOPMENT_POSTGRES_URL": postgres_server, trust: str(folder / "ca.pem")}
    with (
        running(node, "https://", cwd=folder, env=environment(folder)) as started,
        running(
            [*serve, issuer, organization, json.dumps(MEMBERS)],
            "{",
            cwd=project,
            env=os.environ | given,
        ) as line,
        httpx2.Client(verify=strict(folder / "ca.pem")) as client,
    ):
        assert started == issuer
        assert command(folder, "ready").returncode == 0
        at = json.loads(line)
        provider = Provider(folder, client, organization or at["tenant"])
        scope = ["--scope", shape.scope] if shape.scope else []

        def answer(token: str) -> int:
            headers = {"authorization": f"Bearer {token}"}
            return httpx2.get(f"{at['url']}/notes", headers=headers).status_code

        alice = provider.token("--subject", "alice", *scope)
        assert claims(alice)["iss"] == issuer
        assert answer(alice) == 200
        assert answer(provider.token("--subject", "mallory", *scope)) == 403
        assert answer(provider.token("--subject", "alice", *scope, tenant=NOWHERE)) == 403
        assert answer(provider.token("--subject", "carol", *scope)) == 403
        carol = provider.token("--subject", "carol", "--methods", "pwd,phr", *scope)
        assert answer(carol) == (200 if shape.proves else 403)
        for subject in ("alice", "carol"):  # in one browser
            token = provider.id_token(subject)
            assert claims(token)["sub"] == subject
            assert answer(token) == 401
        if shape.scope:
            assert answer(provider.token("--subject", "alice")) == 403
        if not shape.services:
            refused = command(folder, "token", "--service", "bot", "--tenant", provider.tenant)
            assert (refused.returncode, refused.stdout) == (2, "")
            return
        assert answer(provider.token("--service", "bot", *scope)) == 200
        assert answer(provider.of_a_service(OTHER)) == 401


def strict(authority: Path) -> ssl.SSLContext:
    """Trust in an authority, as Python 3.13 has it, which the image of the service runs."""
    context = ssl.create_default_context(cafile=authority)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def claims(token: str) -> dict[str, Any]:
    """What a token says."""
    said = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    return found


@with_node
@pytest.mark.parametrize("address", ["203.0.113.7", "10.255.255.1", "169.254.169.254"])
def test_it_serves_at_a_private_address_of_this_machine_alone(address: str, tmp_path: Path) -> None:
    _, folder = emitted(tmp_path, SHAPES["a flat claim, discovery"], free_port())
    refused = command(folder, "serve", resolved=address)
    assert refused.returncode == 2
    assert f"error: login.example.com is {address}" in refused.stderr
    assert not (folder / "ca.pem").exists()


@with_node
@pytest.mark.usefixtures("names")
def test_its_authority_signs_for_its_names_alone_and_leaves_no_key(tmp_path: Path) -> None:
    port = free_port()
    _, folder = emitted(tmp_path, SHAPES["a flat claim, discovery"], port)
    memory = tmp_path / "memory"
    memory.mkdir()
    node = ["node", "--import", (HERE / "names.mjs").as_uri(), "provider.mjs"]
    before = {each.name for each in folder.iterdir()}
    given = environment(folder) | {"TMPDIR": str(memory)}
    with running(node, "https://", cwd=folder, env=given):
        assert {each.name for each in folder.iterdir()} - before == {"ca.pem"}
        assert list(memory.iterdir()) == []
        (authority,) = x509.load_pem_x509_certificates((folder / "ca.pem").read_bytes())
        assert b"PRIVATE" not in (folder / "ca.pem").read_bytes()
        names = authority.extensions.get_extension_for_class(x509.NameConstraints)
        permitted = names.value.permitted_subtrees or []
        assert names.critical
        assert {each.value for each in permitted} == {"login.example.com", "localhost"}
        metadata = "/.well-known/openid-configuration"
        with httpx2.Client(verify=strict(folder / "ca.pem")) as client:
            for name in ("login.example.com", "localhost"):
                found = client.get(f"https://{name}:{port}{metadata}")
                assert found.json()["issuer"] == f"https://login.example.com:{port}"
            with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                client.get(f"https://keys.example.com:{port}{metadata}")
        with (
            httpx2.Client() as client,
            pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            client.get(f"https://login.example.com:{port}{metadata}")


@with_node
@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["token", "--tenant", "acme"], "Say --subject NAME, or --service NAME."),
        (["token", "--subject", "alice", "--service", "bot"], "Say --subject NAME, or --service"),
        (["token", "--subject", "alice", "--claims", "{"], "The claims are no JSON object."),
        (["token", "--subject", "alice", "--claims", "[1]"], "The claims are no JSON object."),
        (["token", "--of", "alice"], "Unknown option '--of'"),
        (["tokens"], "There is no command tokens: serve, ready, token."),
        (["ready"], "The provider does not serve yet."),
    ],
)
def test_what_it_cannot_do_it_says(said: list[str], why: str, tmp_path: Path) -> None:
    _, folder = emitted(tmp_path, SHAPES["a flat claim, discovery"], free_port())
    refused = command(folder, *said)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"error: {why}")
