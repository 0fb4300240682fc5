"""The rules about the application as it runs."""

from __future__ import annotations

from typing import Final

from scaffold.drift.rule import Example, Rule, Severity

ASGI: Final = "from shop.app import configured\n\napp = configured()\n"
HOOK: Final = '''\
"""What the actions on notes do."""

from shop.gate.actions import Action


async def done(action: Action) -> None:
    """Nothing."""
'''
FILES: Final = {"asgi.py": ASGI, "hooks/note.py": HOOK}
_UNDO: Final = (
    "Take it out; what callers may do is said in scaffold.yaml, what actions do in hooks/."
)


def _rule(
    number: int,
    name: str,
    what: str,
    why: str,
    change: dict[str, str | None],
    dual: dict[str, str | None] | None = None,
    severity: Severity = "critical",
    controls: tuple[str, ...] = ("GEN-3", "AZ-1"),
    *,
    waivable: bool = False,
) -> Rule:
    same: dict[str, str | None] = {"hooks/note.py": HOOK.replace("Nothing.", "Still nothing.")}
    return Rule(
        id=f"SCF{number}",
        name=name,
        severity=severity,
        controls=controls,
        layer="application",
        what=what,
        why=why,
        remedy=_UNDO,
        example=Example(FILES, change, same if dual is None else dual),
        waivable=waivable,
    )


WRAPPED: Final = ASGI.replace("app = configured()", "inner = configured()") + (
    "\n\nasync def app(scope, receive, send):\n"
    '    """Answers one path itself."""\n'
    '    if scope.get("path") == "/reports":\n'
    '        await send({"type": "http.response.start", "status": 200, "headers": []})\n'
    '        await send({"type": "http.response.body", "body": b"{}"})\n'
    "    else:\n"
    "        await inner(scope, receive, send)\n"
)

RULES: Final = (
    wrapper := _rule(
        201,
        "service-wrapped",
        "What asgi.py serves: the generated service itself, or something around it.",
        "Whatever is around the service sees each request first, and may answer it past the gate.",
        {"asgi.py": WRAPPED},
        {"asgi.py": ASGI + "\n# served by uvicorn\nVERSION = 1\n"},
        waivable=True,
    ),
    route := _rule(
        202,
        "route-beside-the-table",
        "What is answered beside the table of operations.",
        "Such a route passes neither the gate nor a limit.",
        {
            "asgi.py": ASGI
            + "\napp._router.routes.append(app._router.routes[0].__class__("
            + "'/all', lambda request: None))\n"
        },
        waivable=True,
    ),
    row := _rule(
        203,
        "table-changed",
        "The rows of the table of operations as it runs, with all that decides in them.",
        "A row more can be called; another permission, body or step-up asks for less.",
        {
            "asgi.py": ASGI
            + "\nimport dataclasses\nimport shop.operations as t\n\n"
            + "t.OPERATIONS = tuple(dataclasses.replace(o, body=None) for o in t.OPERATIONS)\n"
        },
    ),
    member := _rule(
        204,
        "service-patched",
        "The code of every function, the classes and the constants of the service as they are once "
        "it is imported, beside those that the spec yields.",
        "Something else is run than the text that everybody reads: an edit, a patch at import, or "
        "byte code of another text.",
        {
            "hooks/note.py": HOOK
            + "\n\nfrom shop.gate import identity\n\n"
            + "identity.Verifier.principal = lambda *_: None\n"
        },
    ),
    library := _rule(
        205,
        "dependency-patched",
        "Functions and classes of Python and of the dependencies once the service is imported.",
        "The gate calls them: one that compares, verifies or connects may be another one now.",
        {"hooks/note.py": HOOK + "\n\nimport hmac\n\nhmac.compare_digest = lambda a, b: True\n"},
        waivable=True,
    ),
    shadow := _rule(
        206,
        "dependency-shadowed",
        "Modules that are loaded from the project although Python or a dependency has one of that "
        "name.",
        "The module of the project runs in place of the one whose digest is pinned.",
        {
            "colorsys.py": "def rgb_to_hls(*_):\n    return 0, 0, 0\n",
            "hooks/note.py": HOOK + "\n\nimport colorsys\n",
        },
        {"reports/__init__.py": "", "hooks/note.py": HOOK + "\n\nimport reports\n"},
    ),
    machinery := _rule(
        207,
        "import-machinery-changed",
        "The finders, hooks and directories of imports, sitecustomize and usercustomize, and what "
        "traces functions.",
        "They decide what every later import loads, whatever lies in the tree.",
        {"hooks/note.py": HOOK + "\n\nimport sys\n\nsys.path.insert(0, '/srv/plugins')\n"},
        waivable=True,
    ),
    answer := _rule(
        208,
        "answered-without-a-caller",
        "What the application answers to requests without a token, for every operation and for "
        "paths that no operation has.",
        "Somebody who has shown no credentials is answered.",
        {"asgi.py": WRAPPED},
    ),
    setting := _rule(
        209,
        "unsafe-setting-accepted",
        "What becomes of settings that a service refuses: every host, every proxy, a database "
        "without TLS, keys of development.",
        "A mistake in the environment opens the service.",
        {"asgi.py": ASGI + "\nimport shop.app\n\nshop.app.hosts = lambda settings: frozenset()\n"},
    ),
    origin := _rule(
        210,
        "module-from-elsewhere",
        "Where the modules of the service are loaded from, and which there are.",
        "A module from elsewhere is compared with nothing.",
        {
            "hooks/note.py": HOOK
            + "\n\nimport sys\nimport types\n\n"
            + "sys.modules['shop.gate.extra'] = types.ModuleType('shop.gate.extra')\n"
        },
    ),
    tried := _rule(
        211,
        "effect-at-import",
        "Connections, other processes and writes that modules of the project try while they are "
        "imported.",
        "What is done at import is done before any request passed the gate, by whoever imports.",
        {
            "hooks/note.py": HOOK
            + "\n\nimport socket\n\ntry:\n    socket.create_connection(('192.0.2.1', 80))\n"
            + "except OSError:\n    pass\n"
        },
        severity="high",
        controls=("GEN-3", "OPS-1"),
        waivable=True,
    ),
)
