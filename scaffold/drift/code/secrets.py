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
    what="Keys and tokens of providers, private keys, and passwords in addresses or assignments, in "
    "any text file that is not generated.",
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
    remedy="Remove it, revoke what it holds, and have .gitignore name it. .env.example may be there.",
    example=in_file(".env", None, "MAIL_HOST=mail.example.com\n", "# nothing yet\n"),
)
RULES: Final[tuple[Rule, ...]] = (SECRET, FILE)

MAX_SCANNED: Final = 1 << 20
"""Bytes of a file that are searched."""

FORMATS: Final[tuple[tuple[str, str], ...]] = (
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    ("a private key of PuTTY", r"PuTTY-User-Key-File-[23]:"),
    ("an access key of AWS", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7][A-Z0-9]{15}\b"),
    ("a token of GitHub", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})\b"),
    ("a token of GitLab", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_.-]{20,}"),
    ("a token of Slack", r"\bxox[abeprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}"),
    (
        "a webhook of Slack",
        r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
    ),
    ("a key of Stripe", r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}\b"),
    ("a signing secret", r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    ("a key of Google", r"\bAIza[A-Za-z0-9_-]{35}\b"),
    ("a secret of Google", r"\bGOCSPX-[A-Za-z0-9_-]{28}\b"),
    ("a token of npm", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a token of PyPI", r"\bpypi-AgE[A-Za-z0-9_-]{50,}"),
    ("a key of SendGrid", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}"),
    ("a key of Twilio", r"\bSK[0-9a-f]{32}\b"),
    ("a key of OpenAI", r"\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|\bsk-[A-Za-z0-9]{48}\b"),
    ("a key of Anthropic", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    ("a token of Hugging Face", r"\bhf_[A-Za-z0-9]{34,}\b"),
    ("a token of Vault", r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
    ("a token of DigitalOcean", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    ("a token of Shopify", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    ("a token of Square", r"\bsq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}|\bEAAA[A-Za-z0-9_-]{60}\b"),
    ("a token of Databricks", r"\bdapi[0-9a-f]{32}\b"),
    ("a token of Telegram", r"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"),
    ("a key of Azure storage", r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}"),
    ("a secret key of age", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
    ("a key of Linear", r"\blin_api_[A-Za-z0-9]{40}\b"),
    ("a token of Doppler", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9]{40,}"),
    ("a key of Mailgun", r"\bkey-[0-9a-f]{32}\b"),
    ("a token of Sentry", r"\bsntry[su]_[A-Za-z0-9+/=_-]{40,}"),
    ("a key of New Relic", r"\bNRAK-[A-Z0-9]{27}\b"),
    ("a token of Docker Hub", r"\bdckr_pat_[A-Za-z0-9_-]{27}"),
    ("a token of Grafana", r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}\b|\bglc_[A-Za-z0-9+/]{32,}"),
    ("a token of Terraform", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"),
    ("a key of Supabase", r"\bsb_secret_[A-Za-z0-9_-]{20,}|\bsbp_[0-9a-f]{40}\b"),
    ("a token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}"),
)
_ANY: Final = re.compile("|".join(f"(?P<f{n}>{text})" for n, (_, text) in enumerate(FORMATS)))
_HINTS: Final = re.compile(
    r"PRIVATE KEY|PuTTY|AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat_|\bgl[a-z]+-|xox|xapp-|hooks\.slack|[sr]k_"
    r"|whsec_|AIza|GOCSPX|npm_|pypi-|SG\.|\bSK[0-9a-f]|sk-|hf_|hv[sbr]\.|do[opr]_v1|shp|sq0|EAAA|dapi"
    r"|:AA|AccountKey|AGE-SECRET|lin_api|dp\.|key-|sntry|NRAK|dckr|gls?[ac]_|atlasv1|sb_|sbp_|eyJ"
)
_ADDRESS: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://(?P<user>[^\s:/@'\"<>|\\]*):(?P<password>[^\s/@'\"<>|\\]+)@"
    r"(?P<host>[^\s/:?#'\"`<>|\\]*)",
    re.IGNORECASE,
)
_ASSIGNED: Final = re.compile(
    r"(?P<name>[A-Za-z0-9_.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key"
    r"|access[_-]?key|signing[_-]?key|encryption[_-]?key|client[_-]?secret|pseudonym_key|webhook_keys?"
    r"|credentials?))[\"']?\s*(?::=|=>|=|:)\s*(?P<quote>[\"'])(?P<value>[^\"'\n]{8,200})(?P=quote)",
    re.IGNORECASE,
)
_VARIABLE: Final = re.compile(
    r"^\s*(?:export\s+|ENV\s+|ARG\s+|-\s+|environment:\s*)?(?P<name>[A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN"
    r"|API_KEY|PRIVATE_KEY|ACCESS_KEY|SIGNING_KEY|PSEUDONYM_KEY|WEBHOOK_KEYS?))\s*[=:]\s*"
    r"(?P<value>[^\s\"'#${<][^\s\"'#]{7,200})\s*(?:#.*)?$",
    re.MULTILINE,
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
    if _HINTS.search(text):
        for match in _ANY.finditer(text):
            value = match[0]
            kind = FORMATS[int(str(match.lastgroup)[1:])][0]
            if kind.startswith("a private key"):
                value = text[match.start() : match.start() + 400]
                if not re.search(r"[A-Za-z0-9+/]{40}", value[len(match[0]) :]):
                    continue
            elif _PLACEHOLDER.search(value) or entropy(value.rpartition("_")[2]) < 2.6:
                continue
            found.setdefault(value, (kind, match.start()))
    if "://" in text:
        for match in _ADDRESS.finditer(text):
            password, host = match["password"], match["host"]
            if _is_variable(password) or (_LOCAL.match(host) and _is_weak(password, match["user"])):
                continue
            found.setdefault(password, ("a password in an address", match.start()))
    if not _LOCKS.search(path):
        for pattern in (_ASSIGNED, _VARIABLE):
            for match in pattern.finditer(text):
                value = match["value"]
                if not any(value in each or each in value for each in found) and _is_secret(
                    value, path
                ):
                    found[value] = (f"a value of {match['name'][-60:]}", match.start())
    for value, (kind, start) in found.items():
        line = text.count("\n", 0, start) + 1
        says = f"has {kind} (#{digest(value)})"
        yield Fact(SECRET, f"{path}: {kind} #{digest(value)}", says, Place(path, line))


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
