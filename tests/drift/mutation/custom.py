"""The developer's own code (C)."""

from __future__ import annotations

from typing import Final

from tests.drift.mutation.mutant import Mutant
from tests.drift.mutation.services import Files, Link, NoPlace, Service

CONFIGURED: Final = r"app = configured\(\)\n"


def _asgi(of: Service, text: str, imports: str = "") -> Files:
    made = of.text("asgi.py").replace("app = configured()\n", of.put(text))
    return {"asgi.py": made.replace('"""\n\nfrom', f'"""\n\n{imports}\nfrom') if imports else made}


WRAPPER: Final = '''service = configured()


async def app(scope, receive, send):
    """Answers one path itself."""
    if scope["type"] == "http" and scope["path"] == "/export":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"all of it"})
        return
    await service(scope, receive, send)
'''
REWRITES: Final = """service = configured()


class Tenant:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        headers = [each for each in scope.get("headers", ()) if each[0] != b"host"]
        if scope["type"] == "http":
            scope = {**scope, "headers": [*headers, (b"host", b"service.example.com")]}
        await self.app(scope, receive, send)


app = Tenant(service)
"""


def _collected(of: Service, text: str) -> Files:
    return {"tests/conftest.py": of.text("tests/conftest.py") + text}


def _total(of: Service) -> Files:
    """Innocent code in a hook: it computes, asks and refuses as it should."""
    return of.hook(
        "total = sum(1 for each in (1, 2, 3) if each > 1)\n"
        'if total < 0:\n    refuse("There is nothing to count.")',
        "from @@.gate.actions import refuse\n",
    )


def _helper(of: Service, text: str) -> Files:
    return {"hooks/letters.py": text}


QUERY: Final = (
    'await action.connection.fetchval("select count(*) from @@.member where tenant_id = $1", '
)
MUTANTS: Final = (
    Mutant(
        "C01",
        "a route of one's own without a permission",
        "critical",
        lambda s: _asgi(
            s,
            'async def totals(request):\n    return JSONResponse({"all": 1})\n\n\n'
            'app = Starlette(routes=[Route("/totals", totals), Mount("/", configured())])\n',
            "from starlette.applications import Starlette\n"
            "from starlette.responses import JSONResponse\n"
            "from starlette.routing import Mount, Route\n",
        ),
        lambda s: _asgi(s, "# What uvicorn serves.\napp = configured()\n"),
        runs=True,
    ),
    Mutant(
        "C02",
        "a wrapper in asgi.py that answers one path",
        "critical",
        lambda s: _asgi(s, WRAPPER),
        lambda s: _asgi(s, "service = configured()\napp = service\n"),
        runs=True,
    ),
    Mutant(
        "C03",
        "files of a directory mounted",
        "critical",
        lambda s: _asgi(
            s,
            'app = Router([Mount("/files", StaticFiles(directory="/srv")), Mount("/", configured())])\n',  # noqa: E501
            "from starlette.routing import Mount, Router\n"
            "from starlette.staticfiles import StaticFiles\n",
        ),
        lambda s: _helper(s, 'FILES = "/srv"\n"""Where letters lie."""\n'),
    ),
    Mutant(
        "C04",
        "sitecustomize.py",
        "critical",
        lambda s: {"sitecustomize.py": "import hmac\n\nhmac.compare_digest = lambda a, b: True\n"},
        lambda s: {"docs/sitecustomize.md": "There is none.\n"},
    ),
    Mutant(
        "C05",
        "a route that the contract does not show",
        "high",
        lambda s: _helper(
            s,
            "from starlette.routing import Route\n\n\nasync def totals(request):\n    return None\n\n\n"  # noqa: E501
            'ROUTES = [Route("/totals", totals, include_in_schema=False)]\n',
        ),
        lambda s: _helper(
            s, '"""The routes of parcels, by land and by sea."""\nROUTES = ["land", "sea"]\n'
        ),
    ),
    Mutant(
        "C06",
        "a package that shadows a dependency",
        "critical",
        lambda s: {
            "joserfc/__init__.py": "",
            "joserfc/jws.py": "def deserialize_compact(*a, **k): ...\n",
        },
        lambda s: {"hooks/parcels/__init__.py": '"""Parcels."""\n'},
        runs=True,
    ),
    Mutant(
        "C07",
        "a path of the service answered before it",
        "critical",
        lambda s: _asgi(
            s,
            "app = configured()\n"
            'app._router.routes.insert(0, Route("/{path:path}", PlainTextResponse("hello")))\n'
            'app._beside = frozenset({*app._beside, "/members"})\n',
            "from starlette.responses import PlainTextResponse\nfrom starlette.routing import Route\n",  # noqa: E501
        ),
        lambda s: _asgi(s, '__all__ = ["app"]\napp = configured()\n'),
        runs=True,
    ),
    Mutant(
        "C08",
        "a conftest that empties the collection",
        "critical",
        lambda s: _collected(
            s, "\n\ndef pytest_collection_modifyitems(items):\n    items.clear()\n"
        ),
        lambda s: _collected(s, '\n\nCURRENCY = "EUR"\n"""Of the tests."""\n'),
    ),
    Mutant(
        "C09",
        "middleware that rewrites the host",
        "critical",
        lambda s: _asgi(s, REWRITES),
        lambda s: _helper(s, "class Tenant:\n    def name(self) -> str:\n        return 'host'\n"),
        runs=True,
    ),
    Mutant(
        "C10",
        "a guard replaced while a hook is imported",
        "critical",
        lambda s: s.module(
            "\n\nidentity._check_signature = lambda *_: None\n", "from @@.gate import identity\n"
        ),
        lambda s: s.module("\n\nLETTERS: dict[str, str] = {}\n"),
        runs=True,
    ),
    Mutant(
        "C11",
        "SET ROLE in a hook",
        "critical",
        lambda s: s.hook('await action.connection.fetch("set local role @@_owner")'),
        lambda s: s.hook('note = "set local role @@_owner is refused here"'),
    ),
    Mutant(
        "C12",
        "a hook with its own connection",
        "critical",
        lambda s: s.hook(
            'own = await asyncpg.connect(os.environ["OWNER_DATABASE_URL"])\n'
            'await own.execute("update member set active = true")',
            "import os\n\nimport asyncpg\n",
        ),
        lambda s: s.hook(
            f"many = {QUERY}action.tenant_id)\nif many is None:\n    pass",
        ),
    ),
    Mutant(
        "C13",
        "a query of a hook without the tenant",
        "high",
        lambda s: s.hook('rows = await action.connection.fetch("select email from @@.member")'),
        lambda s: s.hook(f"many = {QUERY}action.tenant_id)"),
    ),
    Mutant(
        "C14",
        "a refusal swallowed",
        "critical",
        lambda s: s.hook(
            'try:\n    refuse("Not now.")\nexcept Exception:\n    pass',
            "from @@.gate.actions import refuse\n",
        ),
        _total,
    ),
    Mutant(
        "C15",
        "a path of the input opened",
        "high",
        lambda s: s.hook('text = open(f"/exports/{data}").read()', data=True),
        lambda s: s.hook('text = f"/exports/{data}"', data=True),
    ),
    Mutant(
        "C16",
        "data that runs as code",
        "critical",
        lambda s: s.hook("found = pickle.loads(str(data).encode())", "import pickle\n", data=True),
        lambda s: s.hook("found = json.loads('{}')", "import json\n"),
    ),
    Mutant(
        "C17",
        "whatever the input names is written",
        "critical",
        lambda s: s.hook(
            "for name, value in data.model_dump().items():\n    setattr(<row>, name, value)",
            data=True,
        ),
        lambda s: s.hook('found = [each for each in ("name", "title") if hasattr(<row>, each)]'),
    ),
    Mutant(
        "C18",
        "the tenant of the input",
        "critical",
        lambda s: s.hook(
            'rows = await action.connection.fetch(\n    "select * from @@.member where tenant_id = $1", '  # noqa: E501
            "data.tenant_id\n)",
            data=True,
        ),
        lambda s: s.hook(f"many = {QUERY}action.tenant_id)"),
    ),
    Mutant(
        "C19",
        "a URL of the input fetched, with redirects",
        "high",
        lambda s: s.hook(
            "async with httpx2.AsyncClient(follow_redirects=True) as client:\n"
            "    await client.get(data.callback)",
            "import httpx2\n",
            data=True,
        ),
        lambda s: s.hook(
            "async with httpx2.AsyncClient() as client:\n"
            '    await client.get("https://rates.example.com/today")',
            "import httpx2\n",
        ),
    ),
    Mutant(
        "C20",
        "TLS not verified",
        "critical",
        lambda s: _helper(s, "import httpx2\n\nCLIENT = httpx2.Client(verify=False)\n"),
        lambda s: _helper(s, "import httpx2\n\nCLIENT = httpx2.Client(timeout=5)\n"),
    ),
    Mutant(
        "C22",
        "what is remembered between tenants",
        "high",
        lambda s: _both(s.module("\n\nSEEN = {}\n"), s, "SEEN[action.request_id] = <row>"),
        lambda s: s.hook("seen = {}\nseen[action.request_id] = <row>"),
    ),
    Mutant(
        "C24",
        "a key of a provider in the tree",
        "critical",
        lambda s: _helper(s, f'KEY = "sk_live_{"4eC39HqLyjWDarjtT1zdp7dc"}"\n'),
        lambda s: _helper(s, 'KEY = "PROVIDER_KEY"\n"""The variable that has it."""\n'),
    ),
    Mutant(
        "C26",
        "a token read without its signature",
        "critical",
        lambda s: s.hook(
            'claims = jwt.decode("x.y.z", options={"verify_signature": False})', "import jwt\n"
        ),
        lambda s: s.hook('claims = "x.y.z".split(".")'),
    ),
    Mutant(
        "C28",
        "a guard that a variable switches off",
        "high",
        lambda s: s.hook(
            'if not os.environ.get("SKIP_AUTHORIZATION"):\n    refuse("No.")',
            "import os\n\nfrom @@.gate.actions import refuse\n",
        ),
        lambda s: s.hook('place = os.environ.get("LETTERS", "/srv")', "import os\n"),
    ),
    Mutant(
        "C30",
        "a .pth file",
        "critical",
        lambda s: {"hooks/letters.pth": "import hooks.letters\n"},
        lambda s: {"docs/letters.txt": "import hooks.letters\n"},
    ),
    Mutant(
        "C32",
        "hooks behind a link",
        "high",
        lambda s: {"hooks/shared": Link("/opt/shared")},
        lambda s: {"hooks/shared/__init__.py": '"""Shared."""\n'},
    ),
    Mutant(
        "C34",
        "a secret compared plainly",
        "high",
        lambda s: s.hook(
            'good = data.token == os.environ["LETTER_TOKEN"]', "import os\n", data=True
        ),
        lambda s: s.hook("good = <row>.version == 3"),
    ),
    Mutant(
        "C36",
        "another import path",
        "critical",
        lambda s: _asgi(s, "app = configured()\n", 'import sys\n\nsys.path.insert(0, "/opt")\n'),
        lambda s: _asgi(s, "app = configured()\n", "import sys  # noqa: F401\n"),
    ),
    Mutant(
        "C38",
        "a fixture in place of the harness's",
        "critical",
        lambda s: _collected(
            s,
            "\n\nimport pytest\n\n\n@pytest.fixture(autouse=True)\ndef calm(monkeypatch):\n"
            '    monkeypatch.setattr("builtins.AssertionError", Warning)\n',
        ),
        lambda s: {
            "tests/unit/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef letter() -> str:\n"
            '    return "Dear"\n'
        },
    ),
    Mutant(
        "C40",
        "a decision for one tenant",
        "critical",
        lambda s: s.hook(
            'if str(action.tenant_id) == "5f0c2f0e-7b9e-4a57-9d6e-0d8f6b8a1c11":\n    return {}'
        ),
        lambda s: s.hook("if not action.roles:\n    return {}"),
    ),
)


def _both(made: Files, of: Service, statement: str) -> Files:
    """A module with a line more at its end and in a hook."""
    ((path, text),) = made.items()
    (hooked,) = of.hook(statement).items()
    if hooked[0] != path or not isinstance(text, str):
        raise NoPlace(path)
    before = of.text(path)
    return {path: hooked[1] + text[len(before) :]}
