"""Access tokens of a certified OpenID provider are accepted, and nothing else that it signs."""

import base64
import hashlib
import importlib.util
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.emitted import made

from .test_clients import HERE, NODE, with_node

AUDIENCE: Final = "https://shop.example/api"
OTHER: Final = "https://other.example/api"
ORGANIZATION: Final = "org_of_acme"
BOT: Final = {"client_id": "bot", "client_secret": "of the tests, and of nothing else"}
SPEC: Final = """
scaffold: 2
service: {name: shop, title: Shop}
tenancy: {tenant: company}
identity:
  issuers:
    - issuer: ISSUER
      audience: https://shop.example/api
      algorithms: [ES256]
      discovery: openid-configuration
      tenant_claim: org_id
      tenants: mapped
roles:
  clerk: {can: [{do: list, on: note}]}
  bot: {kind: service, can: [{do: list, on: note}]}
resources: {note: {fields: {body: {type: text, max: 500}}}}
"""


@dataclass
class Provider:
    """The provider as its clients see it."""

    url: str
    client: httpx2.Client

    def tokens(self, **asked: str) -> dict[str, Any]:
        """What its token endpoint answers."""
        response = self.client.post(f"{self.url}/token", data=asked)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def of_a_service(self, resource: str) -> str:
        """The access token of a program, for a resource (RFC 8707)."""
        answer = self.tokens(grant_type="client_credentials", resource=resource, **BOT)
        return str(answer["access_token"])

    def of_a_person(self, who: str) -> dict[str, Any]:
        """The tokens of somebody who signs in, by a code with PKCE (RFC 7636)."""
        self.client.cookies.clear()  # those of whoever signed in before
        verifier = "v" * 43
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "client_id": "page",
            "response_type": "code",
            "redirect_uri": f"{self.url}/signed-in",
            "scope": "openid",
            "resource": AUDIENCE,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        response = self.client.get(f"{self.url}/auth", params=asked)
        for _ in range(8):
            place = response.headers.get("location", "")
            if place.startswith(f"{self.url}/signed-in"):
                code = parse_qs(urlsplit(place).query)["code"][0]
                return self.tokens(
                    grant_type="authorization_code",
                    client_id="page",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=asked["redirect_uri"],
                )
            response = self._next(response, place, who)
        raise AssertionError(f"{who} is not signed in: {response.text}")

    def _next(self, response: httpx2.Response, place: str, who: str) -> httpx2.Response:
        """The page that a redirect leads to, or the answer to the form that is on it."""
        if place:
            return self.client.get(httpx2.URL(self.url).join(place))
        prompt = "login" if 'name="login"' in response.text else "consent"
        form = {"prompt": prompt, "login": who, "password": "any"}
        return self.client.post(response.url, data=form)


@contextmanager
def running(command: list[str | Path], **options: Any) -> Iterator[str]:
    """A process, with the first line that it prints, until the block is left."""
    with subprocess.Popen(  # noqa: S603 - node, and this Python
        [str(each) for each in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            assert process.stdin is not None
            process.stdin.close()
            if command[0] == "node":
                process.terminate()


def authority(project: Path, folder: Path) -> Any:
    """A certificate authority that was made for this test, as the emitted tests make theirs."""
    found = importlib.util.spec_from_file_location("tls", project / "tests" / "contract" / "tls.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.Authority(folder)


@with_node
def test_a_certified_provider(postgres_server: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    issuer = f"https://localhost:{port}"
    project = made("shop", tmp_path / "shop", SPEC.replace("ISSUER", issuer).encode())
    ours = authority(project, tmp_path)
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules")
    (tmp_path / "provider.mjs").write_text((HERE / "provider.mjs").read_text("utf-8"), "utf-8")
    context = ssl.create_default_context(cafile=ours.file)
    certificate = tmp_path / "server.pem"
    node: list[str | Path] = ["node", "provider.mjs", str(port), certificate, AUDIENCE]
    serve: list[str | Path] = [sys.executable, "-c", (HERE / "trusting.py").read_text("utf-8")]
    environment = {
        **os.environ,
        "DEVELOPMENT_POSTGRES_URL": postgres_server,
        "SSL_CERT_FILE": str(ours.file),
    }
    with (
        running([*node, ORGANIZATION], cwd=tmp_path) as url,
        running([*serve, issuer, ORGANIZATION, "bot", "alice"], cwd=project, env=environment) as at,
        httpx2.Client(verify=context) as client,
    ):
        assert url == issuer
        provider = Provider(url, client)

        def answer(token: str) -> int:
            headers = {"authorization": f"Bearer {token}"}
            return httpx2.get(f"{at}/notes", headers=headers).status_code

        alice, stranger = provider.of_a_person("alice"), provider.of_a_person("mallory")
        assert header(alice["access_token"])["typ"] == "at+jwt"
        assert answer(provider.of_a_service(AUDIENCE)) == 200
        assert answer(alice["access_token"]) == 200
        assert answer(stranger["access_token"]) == 403
        assert answer(alice["id_token"]) == 401
        assert answer(provider.of_a_service(OTHER)) == 401


def header(token: str) -> dict[str, Any]:
    """What the header of a token says."""
    said = token.partition(".")[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
    return found
