"""Secrets in the files of the project: keys and tokens by their formats, passwords by their names.

Every text file that is not generated is read. What is found is never shown: a digest tells one
from another. Values of examples, of variables and of this machine's own servers are none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import hazard, in_file
from scaffold.drift.code.values import digest
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Rule

_SAMPLE: Final = "AKIA" + "Q7ZL2MPX4RT9WBVC"
SECRET: Final = hazard(
    "SCF340",
    "secret-in-tree",
    "critical",
    "ID-4",
    "DATA-4",
    what="Keys and tokens of providers, private keys, and passwords in addresses or "
    "assignments, in any text file that is not generated.",
    why="Whoever reads the repository, now or later, has them.",
    remedy="Revoke it, and read it from the environment or a vault.",
    example=in_file(
        "deploy/settings.toml",
        None,
        f'aws_access_key_id = "{_SAMPLE}"\n',
        'aws_access_key_id = "${AWS_ACCESS_KEY_ID}"\n',
    ),
)
FILE: Final = hazard(
    "SCF341",
    "secret-file",
    "high",
    "ID-4",
    what="Files that hold secrets by their names: .env, private keys, key stores, credentials.",
    why="They are made for one machine, and in a repository everybody has them.",
    remedy="Remove it, revoke what it holds, and have .gitignore name it. .env.example may be "
    "there.",
    example=in_file(".env", None, "MAIL_HOST=mail.example.com\n", "# nothing yet\n"),
)
RULES: Final[tuple[Rule, ...]] = (SECRET, FILE)

_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{40}")
MAX_SCANNED: Final = 1 << 20
"""Bytes of a file that are searched."""

FORMATS: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = tuple(
    (kind, hints, re.compile(text))
    for kind, hints, text in (
        ("a private key", "PRIVATE", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
        ("a private key of PuTTY", "PuTTY-User", r"PuTTY-User-Key-File-[23]:"),
        (
            "an access key of AWS",
            "AKIA ASIA ABIA ACCA",
            r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7][A-Z0-9]{15}\b",
        ),
        (
            "a token of GitHub",
            "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
            r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})\b",
        ),
        (
            "a token of GitLab",
            "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- glagent- glimt-",
            r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_.-]{20,}",
        ),
        (
            "a token of Slack",
            "xox xapp-",
            r"\bxox[abeprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}",
        ),
        (
            "a webhook of Slack",
            "hooks.slack",
            r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
        ),
        ("a key of Stripe", "_live_ _test_", r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}\b"),
        ("a signing secret", "whsec_", r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
        ("a key of Google", "AIza", r"\bAIza[A-Za-z0-9_-]{35}\b"),
        ("a secret of Google", "GOCSPX-", r"\bGOCSPX-[A-Za-z0-9_-]{28}\b"),
        ("a token of npm", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
        ("a token of PyPI", "pypi-AgE", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
        ("a key of SendGrid", "SG.", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}"),
        ("a key of Twilio", "SK", r"\bSK[0-9a-f]{32}\b"),
        (
            "a key of OpenAI",
            "sk-",
            r"\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|\bsk-[A-Za-z0-9]{48}\b",
        ),
        ("a key of Anthropic", "sk-ant-", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
        ("a token of Hugging Face", "hf_", r"\bhf_[A-Za-z0-9]{34,}\b"),
        ("a token of Vault", "hvs. hvb. hvr.", r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
        ("a token of DigitalOcean", "_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
        ("a token of Shopify", "shp", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
        (
            "a token of Square",
            "sq0 EAAA",
            r"\bsq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}|\bEAAA[A-Za-z0-9_-]{60}\b",
        ),
        ("a token of Databricks", "dapi", r"\bdapi[0-9a-f]{32}\b"),
        ("a token of Telegram", ":AA", r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
        ("a key of Azure storage", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}"),
        ("a secret key of age", "AGE-SECRET-KEY", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
        ("a key of Linear", "lin_api_", r"\blin_api_[A-Za-z0-9]{40}\b"),
        ("a token of Doppler", "dp.", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9]{40,}"),
        ("a key of Mailgun", "key-", r"\bkey-[0-9a-f]{32}\b"),
        ("a token of Sentry", "sntry", r"\bsntry[su]_[A-Za-z0-9+/=_-]{40,}"),
        ("a key of New Relic", "NRAK-", r"\bNRAK-[A-Z0-9]{27}\b"),
        ("a token of Docker Hub", "dckr_pat_", r"\bdckr_pat_[A-Za-z0-9_-]{27}"),
        (
            "a token of Grafana",
            "glsa_ glc_",
            r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b|\bglc_[A-Za-z0-9+/]{32,}",
        ),
        ("a token of Terraform", "atlasv1", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"),
        (
            "a key of Supabase",
            "sb_secret_ sbp_",
            r"\bsb_secret_[A-Za-z0-9_-]{20,}|\bsbp_[0-9a-f]{40}\b",
        ),
        ("a token", "eyJ", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}"),
    )
)
"""What is found, texts one of which it has, and how it reads."""
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_ADDRESS: Final = re.compile(
    r"(?P<user>[^\s:/@'\"<>|\\]*):(?P<password>[^\s/@'\"<>|\\]+)@(?P<host>[^\s/:?#'\"`<>|\\]*)"
)
_WORDS: Final = (
    *("password", "passwd", "passphrase", "secret", "token", "api_key", "apikey", "api-key"),
    *("private_key", "access_key", "signing_key", "encryption_key", "pseudonym_key", "credential"),
    *("webhook_key",),
)
_BEFORE: Final = re.compile(r"[A-Za-z0-9_.-]*\Z")
_ASSIGNED: Final = re.compile(
    r"(?P<more>[A-Za-z0-9_]{0,20})[\"']?\s*(?::=|=>|=|:)\s*(?P<quote>[\"'])"
    r"(?P<value>[^\"'\n]{8,200})(?P=quote)"
)
_VARIABLE: Final = re.compile(
    r"^[ \t]*(?:(?:export|ENV|ARG|-)[ \t]+)?(?P<name>[A-Z0-9_]*(?:PASSWORD|"
    r"PASSWD|SECRET|TOKEN|API_KEY"
    r"|PRIVATE_KEY|ACCESS_KEY|SIGNING_KEY|PSEUDONYM_KEY|WEBHOOK_KEYS?))[ \t]*[=:][ \t]*"
    r"(?P<value>[^\s\"'#${<][^\s\"'#]{7,200})[ \t]*(?:#.*)?$",
    re.MULTILINE,
)
_NO_TOKEN: Final = re.compile(
    r"example|placeholder|dummy|redacted|your[-_]|sample|x{6}|\.\.\.|(.)\1{7}", re.IGNORECASE
)
_PLACEHOLDER: Final = re.compile(
    r"\$\{|\{\{|\$\(|%\(|\$[A-Za-z_]|^<.*>$|^\{.*\}$|^\$|^%[A-Za-z_]+%$|^\*+$|^x+$|^\.+$|\.\.\."
    r"|^env:|^os\.|^vault:|example|sample|placeholder|change[-_ ]?me|changeit|your[-_ ]|dummy|fake"
    r"|redacted|not[-_ ]?a[-_ ]?|insert|todo|fixme|replace|^secret$|^token$|^password$"
    r"|test[-_ ]?only|for[-_ ]tests?|development|123456|abcdef",
    re.IGNORECASE,
)
_WEAK: Final = frozenset(
    {
        "postgres",
        "password",
        "test",
        "tests",
        "testing",
        "dev",
        "root",
        "admin",
        "user",
        "guest",
        "app",
    }
    | {
        "secret",
        "example",
        "local",
        "docker",
        "pass",
        "pw",
        "p",
        "x",
        "owner",
        "worker",
        "redis",
        "s3cret",
    }
)
"""Passwords of servers of tests: no secret on this machine, and none on a server of a CI job."""
_LOCAL: Final = re.compile(
    r"^(?:localhost|127\.0\.0\.1|::1|\[?::1\]?|0\.0\.0\.0|db|database|postgres|redis|cache|host"
    r"|.*\.(?:invalid|example|test|local|localhost)|(?:.*\.)?example\.(?:com|org|net)|nowhere.*|)$",
    re.IGNORECASE,
)
_FILES: Final = re.compile(
    r"(?:^|/)(?:\.env(?:\.(?!example$|sample$|template$|dist$|defaults$)[\w.-]+)?|[\w.-]+\.env"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.pgpass|\.pypirc|\.git-credentials|\.htpasswd"
    r"|credentials\.json|service[-_]account[\w-]*\.json|client_secret[\w.-]*\.json"
    r"|[\w.-]+\.(?:p12|pfx|jks|keystore|kdbx|ppk|key|pkcs12|asc\.key|ovpn)"
    r"|(?:private|server|tls|ssl|signing|jwt)[\w.-]*\.pem|terraform\.tfstate(?:\.backup)?)$"
)
_EXAMPLES: Final = re.compile(r"\.(?:example|sample|template|dist)$|(?:^|/)example\.env$")
_TESTS: Final = re.compile(r"(?:^|/)(?:tests?|fixtures|docs?)/|\.md$|\.rst$")
_LOCKS: Final = re.compile(r"(?:^|/)(?:[\w.-]*lock[\w.-]*\.(?:json|ya?ml|toml)|[\w.-]+\.lock)$")


def in_text(path: str, text: str) -> Iterator[Fact]:
    """The secrets of a text."""
    text = text[:MAX_SCANNED]
    found: dict[str, tuple[str, int]] = {}
    for kind, value, start in _formatted(text):
        found.setdefault(value, (kind, start))
    for value, start in _addresses(text):
        found.setdefault(value, ("a password in an address", start))
    if not _LOCKS.search(path):
        for name, value, start in _assigned(text):
            new = not any(value in each or each in value for each in found)
            if new and _is_secret(value, path):
                found[value] = (f"a value of {name[-60:]}", start)
    for value, (kind, start) in found.items():
        line = text.count("\n", 0, start) + 1
        says = f"has {kind} (#{digest(value)})"
        yield Fact(SECRET, f"{path}: {kind} #{digest(value)}", says, Place(path, line))


def _formatted(text: str) -> Iterator[tuple[str, str, int]]:
    for kind, hints, pattern in FORMATS:
        if not any(each in text for each in hints.split()):
            continue
        for match in pattern.finditer(text):
            value = match[0]
            if "PRIVATE" in hints:
                value = text[match.start() : match.start() + 400]
                if not _BASE64.search(value, len(match[0])):
                    continue
            elif _NO_TOKEN.search(value) or entropy(value.rpartition("_")[2]) < 2.6:
                continue
            yield kind, value, match.start()


def _positions(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _addresses(text: str) -> Iterator[tuple[str, int]]:
    for at in _positions(text, "://"):
        match = _ADDRESS.match(text, at + 3, at + 600)
        if match is None or not _SCHEME.search(text[max(0, at - 20) : at]):
            continue
        password, host = match["password"], match["host"]
        if _is_variable(password) or (_LOCAL.match(host) and _is_weak(password, match["user"])):
            continue
        yield password, at


def _assigned(text: str) -> Iterator[tuple[str, str, int]]:
    lower = text.lower()
    for word in _WORDS:
        for at in _positions(lower, word):
            match = _ASSIGNED.match(text, at + len(word), at + len(word) + 300)
            if match is None:
                continue
            before = _BEFORE.search(text[max(0, at - 40) : at])
            name = f"{before[0] if before else ''}{text[at : at + len(word)]}{match['more']}"
            yield name, match["value"], at
    if any(each.upper() in text for each in _WORDS):
        for match in _VARIABLE.finditer(text):
            yield match["name"], match["value"], match.start()


def _is_variable(value: str) -> bool:
    return bool(_PLACEHOLDER.search(value)) or value.isupper() or "{" in value or "[" in value


def _is_weak(password: str, user: str) -> bool:
    return (
        password.lower() in _WEAK
        or password == user
        or entropy(password) < 2.6
        or len(password) < 12
    )


def _is_secret(value: str, path: str) -> bool:
    """Does a value look as if a machine had made it, or as a password that somebody chose?"""
    if _PLACEHOLDER.search(value) or " " in value.strip() or value.lower() in _WEAK:
        return False
    if value.startswith(
        ("/", "./", "~", "http", "postgres", "redis", "unix:", "urn:", "sha256:", "-")
    ):
        return False
    classes = sum(
        bool(re.search(each, value)) for each in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")
    )
    if re.fullmatch(r"[A-Za-z_][A-Za-z]*(?:[._-][A-Za-z]+)*", value) or "(" in value:
        return False  # words and names
    if _TESTS.search(path):
        return len(value) >= 24 and entropy(value) >= 3.8 and classes >= 3
    return (len(value) >= 16 and entropy(value) >= 3.2 and classes >= 2) or (
        len(value) >= 10 and classes >= 3 and entropy(value) >= 2.9
    )


def entropy(text: str) -> float:
    """Bits of a character, as often as each is there."""
    size = len(text)
    if not size:
        return 0.0
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values())


def by_name(path: str, text: str | None) -> Iterator[Fact]:
    """The fact of a file whose name says that it holds secrets."""
    if _EXAMPLES.search(path) or not _FILES.search(path):
        return
    if text is not None and not any(
        line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()
    ):
        return
    yield Fact(FILE, path, "is a file that holds secrets, by its name", Place(path))
