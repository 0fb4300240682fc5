"""Secrets of many formats in files of many kinds, and what only looks like one.

They are put together here, so that no scanner takes these lines for a leak.
"""

import pytest

from scaffold.drift.code.secrets import entropy
from tests.drift.code.samples import facts

RANDOM = "q7Zl2mPx4Rt9WbVc8NyKd3Hs6Jf5Tg1aXe0uQvBnMzLkPoIw"
HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
UPPER = "Q7ZL2MPX4RT9WBVC8NYKD3HS6JF5TG1A"

SECRETS: tuple[tuple[str, str], ...] = (
    ("config.yml", "key: AKIA" + UPPER[:16]),
    ("a.txt", "gh" + "p_" + RANDOM[:36]),
    ("a.txt", "github_" + "pat_" + RANDOM + "abcdeFGH"),
    ("a.txt", "gl" + "pat-" + RANDOM[:20]),
    ("a.txt", "xox" + "b-" + "123456789012-" + RANDOM[:24]),
    ("hooks/payment.py", 'stripe.api_key = "sk_' + "live_" + RANDOM[:24] + '"\n'),
    (".github/workflows/ci.yml", "env:\n  KEY: rk_" + "live_" + RANDOM[:24]),
    ("a.env", "wh" + "sec_" + RANDOM[:32]),
    ("a.js", "const k = 'AI" + "za" + RANDOM[:35] + "'"),
    (".npmrc", "//registry.example.net/:_authToken=np" + "m_" + RANDOM[:36]),
    ("a.txt", "S" + "G." + RANDOM[:22] + "." + RANDOM[:43]),
    ("a.txt", "sk-" + "ant-api03-" + RANDOM),
    ("a.txt", "sk-" + "proj-" + RANDOM),
    ("a.txt", "hv" + "s." + RANDOM[:30]),
    ("a.txt", "d" + "api" + HEX[:32]),
    ("a.pem", "-----BEGIN " + "PRIVATE KEY-----\n" + RANDOM + RANDOM + "\n-----END"),
    ("a.py", 'K = """-----BEGIN RSA ' + "PRIVATE KEY-----\n" + RANDOM + RANDOM + '\n"""\n'),
    ("docs/a.md", "ey" + "J" + RANDOM[:20] + ".ey" + "J" + RANDOM[:40] + "." + RANDOM[:43]),
    ("settings.py", 'URL = "postgresql://app:' + RANDOM[:14] + '@db.internal.net/x"\n'),
    ("compose.override.yaml", "url: redis://:" + RANDOM[:20] + "@cache.internal.net:6379/0"),
    ("settings.toml", 'password = "' + RANDOM[:18] + '"'),
    ("settings.json", '{"client_secret": "' + RANDOM[:32] + '"}'),
    ("hooks/a.py", 'API_KEY = "' + RANDOM[:24] + '"\n'),
    ("Dockerfile", "ENV PSEUDONYM_KEY=" + HEX),
    ("deploy.sh", "export DATABASE_PASSWORD=" + RANDOM[:20]),
    ("identity/provider.mjs", 'const clientSecret = "' + RANDOM[:30] + '"'),
)

NONE: tuple[tuple[str, str], ...] = (
    ("compose.yaml", "url: postgresql://app:${APP_PASSWORD:?}@/invoicing?host=/run/database"),
    (".env.example", "APP_PASSWORD=\nWORKER_PASSWORD=\nPSEUDONYM_KEY=\n"),
    ("ci.yml", "DEVELOPMENT_POSTGRES_URL: postgresql://postgres:postgres@localhost:5432/postgres"),
    ("a.py", 'url = f"postgresql://{user}:{password}@{host}/db"\n'),
    ("a.py", 'password = os.environ["DATABASE_PASSWORD"]\n'),
    ("a.yml", "password: ${{ secrets.DATABASE_PASSWORD }}"),
    ("a.yml", "secretName: database-credentials"),
    ("a.py", 'TOKEN_URL = "https://login.example.com/oauth/token"\n'),
    ("a.py", 'token = "your-token-here"\nsecret = "changeme-please"\n'),
    ("README.md", "Set `STRIPE_KEY=sk_live_xxxxxxxxxxxxxxxxxxxxxxxx` in the environment."),
    ("README.md", "the key AKIA" + "IOSFODNN7EXAMPLE"),
    ("requirements.txt", "asyncpg==0.32.0 \\\n    --hash=sha256:" + HEX),
    ("a.lock", '"token": "' + RANDOM + '"'),
    ("package-lock.json", '"integrity": "sha512-' + RANDOM + RANDOM + '=="'),
    ("hooks/a.py", 'key = "invoice_number"\ntoken_type = "access_token"\n'),
    ("tests/test_a.py", 'password = "correct-horse-1"\n'),
    ("a.py", 'secret: str = "client_secret_basic"\n'),
    ("a.md", "-----BEGIN " + "PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"),
    ("a.py", 'raise ValueError("The token: expired or not yet valid")\n'),
    ("ca.pem", "-----BEGIN CERTIFICATE-----\n" + RANDOM + RANDOM + "\n-----END CERTIFICATE-----"),
    ("scaffold.yaml", "description: who has the secret: nobody\n"),
    ("a.yml", 'password: "${DATABASE_PASSWORD}"'),
)


@pytest.mark.parametrize(("path", "text"), SECRETS)
def test_a_secret_is_found_and_not_shown(path: str, text: str) -> None:
    said = [each for each in facts({path: text}) if each.rule.id == "SCF340"]
    assert said, text
    for each in said:
        assert RANDOM[:14] not in each.key + each.value
        assert HEX[:16] not in each.key + each.value and UPPER[:12] not in each.key + each.value


@pytest.mark.parametrize(("path", "text"), NONE)
def test_what_only_looks_like_a_secret_is_none(path: str, text: str) -> None:
    said = [(each.rule.id, each.key) for each in facts({path: text})]
    assert not [each for each in said if each[0] == "SCF340"], said


def test_another_secret_in_the_same_place_is_another_fact() -> None:
    first, second = ('password = "' + RANDOM[n : n + 18] + '"' for n in (0, 9))
    keys = [{each.key for each in facts({"a.toml": text})} for text in (first, second)]
    assert keys[0] and keys[1] and not keys[0] & keys[1]
    moved = {each.key for each in facts({"a.toml": f"# a comment\n\n{first}"})}
    assert moved == keys[0]


@pytest.mark.parametrize(
    "path", [".env", ".env.production", "id_rsa", "tls.key", ".pgpass", "a.p12"]
)
def test_a_file_of_secrets_is_found_by_its_name(path: str) -> None:
    assert [each.rule.id for each in facts({f"deploy/{path}": "A=b\n"})] == ["SCF341"]


@pytest.mark.parametrize("path", [".env.example", "keys.py", "environment.md", "docs/key.md"])
def test_other_files_are_not(path: str) -> None:
    assert not facts({path: "A = 1\n"})


def test_entropy_is_in_bits_of_a_character() -> None:
    assert entropy("") == entropy("aaaa") == 0
    assert entropy("ab") == 1
    assert entropy("abcd") == 2
