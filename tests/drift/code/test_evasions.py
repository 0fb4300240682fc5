"""The same hazards in other clothes, and what only looks like one."""

import pytest

from scaffold.drift.code.rule import ASGI, HOOKS, TESTS, hook
from tests.drift.code.samples import found

HAZARDS: tuple[tuple[str, str, str], ...] = (
    # a connection of one's own
    ("SCF301", "import asyncpg as db", "own = await db.connect(dsn())"),
    ("SCF301", "from asyncpg import connect as c", "own = await c(dsn())"),
    ("SCF301", "from asyncpg import *", "own = await connect(dsn())"),
    ("SCF301", "import asyncpg", "own = await getattr(asyncpg, 'con' + 'nect')(dsn())"),
    ("SCF301", "import importlib", "own = importlib.import_module('asyncpg').connect(dsn())"),
    ("SCF301", "", "own = __import__('asyncpg').connect(dsn())"),
    ("SCF301", "import sys", "own = sys.modules['asyncpg'].connect(dsn())"),
    ("SCF301", "import asyncpg", "open_it = asyncpg.connect\nown = await open_it(dsn())"),
    ("SCF301", "import asyncpg", "own = await vars(asyncpg)['connect'](dsn())"),
    ("SCF301", "import asyncpg", "own = await asyncpg.__dict__['connect'](dsn())"),
    ("SCF301", "import asyncpg, functools", "make = functools.partial(asyncpg.connect, dsn())"),
    ("SCF301", "", "import asyncpg\nasync with asyncpg.create_pool(dsn()) as pool:\n    pass"),
    ("SCF301", "from asyncpg.connection import connect", "own = await connect(dsn())"),
    ("SCF301", "import psycopg", "own = psycopg.connect(dsn())"),
    ("SCF301", "from sqlalchemy.ext.asyncio import create_async_engine as e", "own = e(dsn())"),
    ("SCF301", "import os", "url = os.getenv('OWNER_DATABASE_URL')"),
    ("SCF301", "from os import environ", "url = environ['OWNER_' + 'DATABASE_URL']"),
    ("SCF301", "import asyncpg", "async def inner():\n    return await asyncpg.connect(dsn())"),
    ("SCF301", "import asyncpg", "own = (lambda: asyncpg.connect(dsn()))()"),
    ("SCF301", "from invoicing.store.database import Database", "d = await Database.connect(u())"),
    # the session
    ("SCF302", "", "await action.connection.fetch('SET ROLE invoicing_owner')"),
    ("SCF302", "", "await action.connection.fetch('SET  LOCAL\\n ROLE = \"x\"')"),
    ("SCF302", "", "await action.connection.fetch('SET /* a */ ROLE x')"),
    ("SCF302", "", "q = 'SET ' + 'ROLE' + ' invoicing_owner'\nawait action.connection.fetch(q)"),
    ("SCF302", "", "await action.connection.fetch(' '.join(['set', 'role', 'x']))"),
    ("SCF302", "", "await action.connection.fetch('{} role x'.format('set'))"),
    ("SCF302", "", "await action.connection.fetch('set session authorization default')"),
    ("SCF302", "", "await action.connection.fetch('select 1; reset app.tenant_id')"),
    ("SCF302", "", "await action.connection.fetch('reset role')"),
    ("SCF302", "", "await action.connection.fetch('discard all')"),
    ("SCF302", "", 'await action.connection.fetch("set row_security = off")'),
    ("SCF302", "", "await action.connection.fetch('set session_replication_role to replica')"),
    ("SCF302", "", "await action.connection.fetch('release savepoint reading')"),
    ("SCF302", "", "await action.connection.fetch('rollback')"),
    ("SCF302", "", "await action.connection.fetch('grant all on invoicing.invoice to public')"),
    ("SCF302", "", "await action.connection.fetch('alter table a disable row level security')"),
    ("SCF302", "", "await action.connection.fetch(\"select pg_read_file('/etc/passwd')\")"),
    ("SCF302", "Q = \"select set_config('app.tenant_id', $1, true)\"", "pass"),
    # composed statements
    ("SCF303", "", "await action.connection.fetch('select ' + data.column)"),
    ("SCF303", "", "await action.connection.fetch('select %s' % data.column)"),
    ("SCF303", "", "await action.connection.fetch('select {}'.format(data.column))"),
    ("SCF303", "", "await action.connection.fetch(data.query)"),
    ("SCF303", "", "await action.connection.fetch(query=f'select {invoice.note}')"),
    ("SCF303", "", "q = f'select {data.a}'\nawait action.connection.fetchval(q)"),
    ("SCF304", "", "await action.connection.fetch('insert into a.b values (1)')"),
    ("SCF304", "Q = 'delete from invoicing.payment where true'", "pass"),
    ("SCF305", "", "await action.connection.fetch('select * from invoicing.payment p')"),
    (
        "SCF305",
        "",
        "await action.connection.fetch('select * from invoicing.payment where tenant_id = $1 "
        "or true', action.tenant_id)",
    ),
    (
        "SCF305",
        "",
        "await action.connection.fetch('select * from invoicing.payment where "
        "tenant_id = tenant_id')",
    ),
    # internals
    ("SCF307", "from invoicing.store import database", "pass"),
    ("SCF307", "import invoicing.store.database", "invoicing.store.database.succeeded(None)"),
    ("SCF307", "from invoicing.gate.actions import Work", "pass"),
    ("SCF307", "from invoicing.settings import Settings", "pass"),
    ("SCF307", "", "c = action.connection\nawait c._connection.execute('select 1')"),
    ("SCF307", "", "c = getattr(action.connection, '_connection')"),
    ("SCF307", "", "c = await action.connection.writable()"),
    ("SCF307", "import sys", "frame = sys._getframe(1)"),
    ("SCF307", "import inspect as i", "frame = i.currentframe()"),
    ("SCF307", "from invoicing.gate.actions import hook", "x = hook.__globals__"),
    ("SCF308", "from invoicing.app import create_app", "app = create_app(s())"),
    # identity
    ("SCF309", "", "tenant = data.tenant_id"),
    ("SCF309", "", "tenant = data.model_dump()['tenant_id']"),
    ("SCF309", "", "tenant = data.model_dump().get('tenant')"),
    ("SCF309", "", "tenant = getattr(data, 'organization_id')"),
    ("SCF309", "import os", "tenant = os.environ['TENANT_ID']"),
    ("SCF309", "def t(request):\n    return request.headers['X-Tenant-ID']", "pass"),
    ("SCF309", "def t(request):\n    return request.headers.get('x-user-id')", "pass"),
    ("SCF309", "def t(d):\n    return d.tenant_id", "x = t(data)"),
    ("SCF310", "", "if 'admin' in data.roles:\n    return {'status': 'void'}"),
    ("SCF310", "", "ok = data.on_behalf_of == invoice.id\nif ok:\n    return {'status': 'void'}"),
    ("SCF310", "", "status = 'void' if data.role == 'admin' else 'paid'"),
    ("SCF311", "from uuid import UUID", "if action.tenant_id == UUID('7c1b6f4e'):\n    pass"),
    ("SCF311", "ME = '7c1b'", "if str(action.member_id) == ME:\n    pass"),
    ("SCF311", "", "if action.request_id.startswith('debug-'):\n    pass"),
    ("SCF311", "", "if str(action.member_id) in ('a1', 'b2'):\n    pass"),
    # patches
    ("SCF312", "import invoicing.gate.actions as a", "setattr(a, 'refuse', print)"),
    ("SCF312", "from invoicing.gate.actions import Reader as R", "R.fetch = None"),
    ("SCF312", "from invoicing.gate.actions import Action", "Action.roles = ('admin',)"),
    ("SCF312", "import sys", "sys.modules['invoicing.gate.actions'].refuse = print"),
    ("SCF312", "import sys", "sys.modules['asyncpg'] = None"),
    ("SCF312", "import starlette.responses", "starlette.responses.Response.body = None"),
    ("SCF312", "import json", "json.dumps = str"),
    ("SCF312", "from invoicing.gate import actions", "del actions.refuse"),
    ("SCF312", "from invoicing.gate import actions", "vars(actions)['refuse'] = print"),
    ("SCF312", "from invoicing.gate import actions", "actions.__dict__.update(refuse=print)"),
    ("SCF312", "import importlib, json", "importlib.reload(json)"),
    ("SCF312", "from unittest.mock import patch", "patch('invoicing.gate.actions.refuse').start()"),
    ("SCF312", "from invoicing.gate import actions", "for actions.refuse in [print]:\n    pass"),
    ("SCF312", "import ssl", "ssl.create_default_context = None"),
    ("SCF313", "import sys", "sys.path.append('vendor')"),
    ("SCF313", "import sys", "sys.path[:0] = ['vendor']"),
    ("SCF313", "import sys", "sys.meta_path.insert(0, None)"),
    ("SCF313", "import sys", "sys.settrace(print)"),
    ("SCF313", "import runpy", "runpy.run_path('x.txt')"),
    # routes and edge
    ("SCF317", "from fastapi import APIRouter as R\n\nrouter = R()", "pass"),
    ("SCF317", "import starlette.staticfiles as s", "s.StaticFiles(directory='.')"),
    ("SCF317", "from app import app\n\napp.mount('/x', None)", "pass"),
    ("SCF317", "async def a(scope, receive, send):\n    pass", "pass"),
    ("SCF317", "class A:\n    async def __call__(self, a, b, c):\n        pass", "pass"),
    ("SCF317", "from http.server import HTTPServer", "HTTPServer(('', 1), None)"),
    ("SCF317", "from x import api\n\n\n@api.get('/peek')\ndef peek():\n    pass", "pass"),
    ("SCF317", "from aiohttp import web", "web.Application()"),
    ("SCF318", "", "x = {'include_in_schema': False}"),
    ("SCF319", "from starlette.middleware.cors import CORSMiddleware", "m = CORSMiddleware"),
    ("SCF319", "", "x = dict(allowed_hosts=['*'])"),
    # outbound
    ("SCF320", "import httpx2", "await httpx2.AsyncClient().get(data.url)"),
    ("SCF320", "import httpx2", "c = httpx2.AsyncClient()\nawait c.request('GET', data.url)"),
    ("SCF320", "import requests", "requests.get(f'https://{data.host}/x')"),
    ("SCF320", "import requests", "requests.get('https://api.example.com' + data.path)"),
    ("SCF320", "from urllib.request import urlopen", "urlopen(invoice.logo_url)"),
    ("SCF320", "import httpx2", "u = data.url\nv = u.strip()\nawait httpx2.AsyncClient().post(v)"),
    ("SCF320", "import httpx2", "httpx2.AsyncClient(base_url=data.url)"),
    ("SCF320", "import asyncio", "await asyncio.open_connection(data.host, 80)"),
    (
        "SCF320",
        "import httpx2\n\n\nasync def call(url):\n    await httpx2.AsyncClient().get(url)",
        "await call(data.url)",
    ),
    (
        "SCF320",
        "import aiohttp",
        "async with aiohttp.ClientSession() as s:\n    await s.get(data.u)",
    ),
    ("SCF321", "import requests", "requests.get('https://a.example/', allow_redirects=True)"),
    ("SCF322", "import requests", "requests.get('https://a.example/', verify=False)"),
    ("SCF322", "import ssl", "context = ssl._create_unverified_context()"),
    ("SCF322", "import ssl", "c = ssl.create_default_context()\nc.check_hostname = False"),
    ("SCF322", "import ssl", "c = ssl.create_default_context()\nc.verify_mode = ssl.CERT_NONE"),
    ("SCF322", "import aiohttp", "aiohttp.TCPConnector(ssl=False)"),
    ("SCF322", "import requests", "options = {'verify': False}"),
    ("SCF322", "import os", "os.environ['PYTHONHTTPSVERIFY'] = '0'"),
    ("SCF323", "import jwt", "jwt.decode(t(), options=dict(verify_signature=False))"),
    ("SCF323", "import jwt", "jwt.decode(t(), k(), algorithms=['none', 'RS256'])"),
    ("SCF323", "from jose import jwt", "jwt.get_unverified_claims(t())"),
    # execution
    ("SCF324", "import builtins", "builtins.eval('1')"),
    ("SCF324", "", "run = eval\nrun('1')"),
    ("SCF324", "import pickle", "pickle.loads(b'')"),
    ("SCF324", "from pickle import loads as l", "l(b'')"),
    ("SCF324", "import yaml", "yaml.load('a')"),
    ("SCF324", "import yaml", "yaml.load('a', Loader=yaml.UnsafeLoader)"),
    ("SCF324", "import marshal", "marshal.loads(b'')"),
    ("SCF324", "import importlib", "importlib.import_module(data.name)"),
    ("SCF324", "import ctypes", "ctypes.CDLL('x')"),
    ("SCF325", "import os", "os.system('x')"),
    ("SCF325", "from subprocess import run as r", "r(['x'])"),
    ("SCF326", "from pathlib import Path", "Path('/srv', data.name).read_text()"),
    ("SCF326", "import shutil", "shutil.copy('/srv/a', invoice.number)"),
    ("SCF327", "import s", "s.generate_presigned_url('get_object', Params={'Key': data.key})"),
    # guards
    ("SCF328", "", "try:\n    await action.connection.fetch('select 1')\nexcept:\n    pass"),
    (
        "SCF328",
        "from contextlib import suppress as s",
        "with s(Exception):\n    await action.connection.fetch('select 1')",
    ),
    (
        "SCF328",
        "from invoicing.gate.problems import Problem",
        "try:\n    refuse('no')\nexcept (ValueError, Problem):\n    invoice = None",
    ),
    ("SCF328", "", "try:\n    refuse('no')\nfinally:\n    return {'status': 'paid'}"),
    (
        "SCF328",
        "from asyncpg import InsufficientPrivilegeError as E",
        "try:\n    await helper(action)\nexcept E:\n    pass",
    ),
    ("SCF329", "", "if data.token == invoice.token:\n    pass"),
    ("SCF329", "import hmac", "mac = hmac.new(k(), b'')\nif mac.digest() == data.sent:\n    pass"),
    ("SCF330", "", "assert data.amount > 0"),
    ("SCF331", "import os", "if os.getenv('DISABLE_TENANT_CHECK') == '1':\n    pass"),
    ("SCF331", "import os", "if 'BYPASS_RLS' in os.environ:\n    pass"),
    ("SCF332", "import logging", "logging.info('%s', data.password)"),
    ("SCF332", "", "print(data.api_key)"),
    ("SCF332", "import os", "print(os.environ)"),
    ("SCF332", "import logging\n\nlogger = logging.getLogger()", "logger.debug(f'{data.secret}')"),
    (
        "SCF332",
        "import structlog\n\nlog = structlog.get_logger()\n\n\ndef t(request):\n"
        "    log.info('x', h=request.headers)",
        "pass",
    ),
    # state
    ("SCF333", "", "for k, v in data.model_dump().items():\n    setattr(invoice, k, v)"),
    ("SCF333", "from m import Model", "Model(**data.model_dump())"),
    ("SCF333", "from m import Model", "Model.model_construct(a=1)"),
    ("SCF333", "", "return data.model_dump()"),
    ("SCF333", "", "changes = dict(data)\nreturn changes"),
    ("SCF333", "", "await action.rows.payment.update(invoice.id, data.model_dump())"),
    ("SCF334", "", "await action.rows.member.update(invoice.id, {'role': data.role})"),
    ("SCF334", "", "changes = {}\nchanges['plan'] = data.plan\nreturn changes"),
    ("SCF335", "LAST = None", "global LAST\nLAST = invoice"),
    ("SCF335", "SEEN = []", "SEEN.append(invoice.id)"),
    ("SCF335", "from collections import defaultdict\n\nC = defaultdict(int)", "C[invoice.id] += 1"),
    ("SCF335", "class K:\n    rows = {}", "K.rows[invoice.id] = invoice"),
    ("SCF335", "def f(x, seen={}):\n    seen[x] = 1", "f(1)"),
    (
        "SCF335",
        "from functools import cache\n\n\n@cache\ndef total(invoice_id):\n    return 1",
        "total(invoice.id)",
    ),
    ("SCF336", "import threading", "threading.Thread(target=print).start()"),
    ("SCF336", "import asyncio", "asyncio.get_event_loop().run_in_executor(None, print)"),
)

INNOCENT: tuple[tuple[str, str], ...] = (
    ("", "await action.connection.fetch('select 1 where $1 = $1', data.note)"),
    (
        "Q = 'select id from invoicing.payment where tenant_id = $1'",
        "await action.connection.fetch(Q)",
    ),
    ("", "q = 'select 1'\nif data.x:\n    q += ' limit 1'\nawait action.connection.fetch(q)"),
    (
        "",
        "order = 'asc' if data.up else 'desc'\nawait action.connection.fetch(f'select 1 {order}')",
    ),
    (
        "",
        "await action.connection.fetch('select p.id from invoicing.payment p "
        "join invoicing.invoice i "
        "using (tenant_id) where p.tenant_id = $1', action.tenant_id)",
    ),
    ("", "refuse('Set role of the member first; commit nothing.')"),
    ("", "refuse(f'update of {invoice.number} is not sent yet')"),
    ("", "x = 'Select a plan, then update the role'"),
    ("from datetime import UTC, datetime", "now = datetime.now(UTC)"),
    (
        "import httpx2",
        "async with httpx2.AsyncClient(timeout=5) as c:\n"
        "    await c.post('https://api.example.com/mail', json={'to': invoice.email})",
    ),
    (
        "import httpx2\n\nfrom hooks.config import BASE",
        "async with httpx2.AsyncClient(base_url=BASE) as c:\n    await "
        "c.get('/x', params={'q': data.q})",
    ),
    (
        "import httpx2",
        "try:\n    await httpx2.AsyncClient().get('https://a.example/')\n"
        "except httpx2.HTTPError:\n    pass",
    ),
    ("", "try:\n    total = int(data.total)\nexcept ValueError:\n    refuse('no number')"),
    ("", "try:\n    await action.connection.fetch('select 1')\nexcept Exception:\n    raise"),
    (
        "from invoicing.gate.rows import RowNotFound",
        "try:\n    await action.rows.payment.read(invoice.id)\nexcept RowNotFound:\n    pass",
    ),
    ("", "assert invoice.total is not None\nassert isinstance(invoice.total, int)"),
    (
        "import structlog\n\nlog = structlog.get_logger()",
        "log.info('paid', invoice=str(invoice.id))",
    ),
    ("import stripe\n\nstripe.api_key = 'x'", "pass"),
    ("", "if 'admin' not in action.roles:\n    refuse('no')"),
    ("", "if invoice.owner_id != action.member_id:\n    refuse('not yours')"),
    ("", "seen = {}\nseen[invoice.id] = 1\nseen.update(a=1)"),
    ("NAMES = {'a': 1}\nRATES = ['x']", "x = NAMES.get(data.x)"),
    ("from functools import cache\n\n\n@cache\ndef table():\n    return {}", "table()"),
    ("import re\n\nNUMBER = re.compile('[0-9]+')", "NUMBER.match(data.number)"),
    ("from decimal import Decimal", "x = Decimal(invoice.total) * 2"),
    (
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Line:\n    total: int\n\n"
        "    def double(self):\n        self.total = self.total * 2",
        "Line(1).double()",
    ),
    (
        "from invoicing.work.hooks import CommittedRow\n\n\n"
        "async def after_send(committed: CommittedRow, data):\n    key = str(committed.id)",
        "pass",
    ),
    (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n"
        "    from invoicing.store.database import Transaction",
        "pass",
    ),
    (
        "from enum import Enum\n\n\nclass Status(str, Enum):\n    commit = "
        "'commit'\n    reset = 'reset all'",
        "pass",
    ),
    ("import asyncio", "async with asyncio.TaskGroup() as group:\n    pass"),
    ("import os", "host = os.environ.get('MAIL_HOST', 'localhost')"),
    ("import hashlib", "x = hashlib.sha256(data.note.encode()).hexdigest() == invoice.checksum"),
    ("", "from hooks.helpers import total\n\nx = total(invoice)"),
    ("import json", "x = json.dumps({'token_id': str(data.token_id)})"),
    ("", "match data.kind:\n    case 'a':\n        pass\n    case _:\n        refuse('what')"),
    ("", "return {'status': 'paid', 'note': data.note, 'plan_name': 'x'}"),
)


@pytest.mark.parametrize(("rule", "imports", "body"), HAZARDS)
def test_a_hazard_is_found_however_it_is_written(rule: str, imports: str, body: str) -> None:
    said = found({HOOKS: hook()}, {HOOKS: hook(body, imports)})
    assert rule in {each.rule.id for each in said}, [(e.rule.id, e.key) for e in said]


@pytest.mark.parametrize(("imports", "body"), INNOCENT)
def test_what_only_looks_like_a_hazard_is_none(imports: str, body: str) -> None:
    said = found({HOOKS: hook()}, {HOOKS: hook(body, imports)})
    assert not said, [(each.rule.id, each.key) for each in said]


FILES: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "SCF301",
        {
            "hooks/db.py": "from asyncpg import connect as c\n",
            HOOKS: hook("await c(u())", "from hooks.db import c"),
        },
    ),
    (
        "SCF301",
        {
            "lib/db.py": "import asyncpg\n\nopen_it = asyncpg.connect\n",
            HOOKS: hook("await lib.db.open_it(u())", "import lib.db"),
        },
    ),
    ("SCF301", {"scripts/fix.py": "import asyncpg\n\nasyncpg.connect('x')\n"}),
    ("SCF301", {"bin/fix": "#!/usr/bin/env python3\nimport asyncpg\n\nasyncpg.connect('x')\n"}),
    (
        "SCF301",
        {
            "tests/helper.py": "import asyncpg\n\nX = asyncpg.connect\n",
            HOOKS: hook("", "import tests.helper"),
        },
    ),
    ("SCF301", {"hooks/test_db.py": "import asyncpg\n\nX = asyncpg.connect('x')\n"}),
    (
        "SCF302",
        {
            "hooks/sql.py": "Q = 'set role x'\n",
            HOOKS: hook("await action.connection.fetch(Q)", "from hooks.sql import Q"),
        },
    ),
    ("SCF308", {"serve.py": ASGI}),
    (
        "SCF315",
        {
            "asgi.py": ASGI.replace(
                "app = configured()",
                "inner = configured()\n\n\n"
                "async def app(scope, receive, send):\n    await inner(scope, receive, send)",
            )
        },
    ),
    (
        "SCF315",
        {
            "asgi.py": ASGI
            + "\n\nclass W:\n    def __init__(self, app):\n        self.app = app\n\n\n"
            "app = W(app)\n"
        },
    ),
    ("SCF315", {"asgi.py": ASGI.replace("configured()\n", "configured(debug=True)\n")}),
    ("SCF315", {"asgi.py": "from other import app\n"}),
    ("SCF315", {"asgi.py": None or ""}),
    ("SCF316", {"asgi.py": ASGI + "app.dispatcher = None\n"}),
    ("SCF316", {"asgi.py": ASGI + "app._router.routes.append(1)\n"}),
    ("SCF316", {"asgi.py": "import boot\n" + ASGI, "boot.py": "X = 1\n"}),
    ("SCF316", {"asgi.py": ASGI + "if True:\n    app = None\n"}),
    ("SCF316", {"asgi.py": ASGI + "def __getattr__(name):\n    return None\n"}),
    ("SCF312", {"asgi.py": "import invoicing.gate.dispatch as d\n\nd.X = 1\n" + ASGI}),
    ("SCF337", {"conftest.py": "collect_ignore = ['tests/contract']\n"}),
    ("SCF337", {"conftest.py": "collect_ignore_glob = ['*contract*']\n"}),
    ("SCF337", {"tests/conftest.py": TESTS + "\npytest_plugins = ['plug']\n"}),
    ("SCF337", {"plug.py": "def pytest_runtest_call(item):\n    return None\n"}),
    (
        "SCF337",
        {"tests/conftest.py": TESTS + "\n\ndef pytest_ignore_collect():\n    return True\n"},
    ),
    (
        "SCF337",
        {"tests/__init__.py": "import pytest\n\npytest.skip('x', allow_module_level=True)\n"},
    ),
    (
        "SCF337",
        {"tests/conftest.py": TESTS + "\n\nasync def pytest_pyfunc_call(x):\n    return True\n"},
    ),
    ("SCF337", {"tests/conftest.py": "from plug import pytest_collection_modifyitems\n" + TESTS}),
    (
        "SCF337",
        {
            "tests/test_a.py": "from tests.contract import test_isolation\n\n"
            "test_isolation.test_x.__test__ = False\n"
        },
    ),
    (
        "SCF338",
        {
            "tests/test_a.py": "from pytest import mark as m\n\n\n"
            "@m.xfail\ndef test_a():\n    pass\n"
        },
    ),
    ("SCF338", {"tests/test_a.py": "import pytest\n\n\ndef test_a():\n    pytest.skip('x')\n"}),
    (
        "SCF339",
        {
            "tests/conftest.py": TESTS
            + "import pytest\n\n\n@pytest.fixture\ndef monkeypatch():\n    pass\n"
        },
    ),
    (
        "SCF339",
        {
            "conftest.py": "from pytest import fixture as f\n\n\n@f(name='service')\ndef s():\n   "
            " pass\n"
        },
    ),
    (
        "SCF314",
        {
            "tests/test_a.py": "from invoicing.gate import admission\n\n\ndef test_a():\n"
            "    admission.LIMITS['x'] = 1\n"
        },
    ),
    (
        "SCF314",
        {"tests/__init__.py": "from tests.contract import harness\n\nharness.Service = None\n"},
    ),
    ("SCF314", {"tests/conftest.py": TESTS + "import sys\n\nsys.path.insert(0, 'x')\n"}),
    ("SCF342", {"starlette/__init__.py": "x = 1\n"}),
    ("SCF342", {"secrets.py": "x = 1\n"}),
    ("SCF342", {"hooks.py": "x = 1\n"}),
    ("SCF342", {"asgi/__init__.py": "x = 1\n"}),
    ("SCF342", {"invoicing.py": "x = 1\n"}),
    (
        "SCF342",
        {"stripe.py": "x = 1\n", "requirements.txt": "stripe==12.0.0 \\\n    --hash=sha256:0\n"},
    ),
    ("SCF342", {"dotenv/__init__.py": "x = 1\n", "requirements.txt": "python-dotenv==1.2.4\n"}),
    ("SCF343", {"hooks/usercustomize.py": "x = 1\n"}),
    ("SCF343", {"vendor/a.pth": "import x\n"}),
    ("SCF344", {"invoicing/gate/actions.pyc": "x"}),
    ("SCF344", {"asyncpg.cpython-311-x86_64-linux-gnu.so": "x"}),
    ("SCF346", {"README.md": "x\n", "readme.md": "y\n"}),
    ("SCF346", {"docs/\u00e4.txt": "x\n", "docs/a\u0308.txt": "y\n"}),
    ("SCF346", {"hooks/ex\u0430mple.py": "x = 1\n"}),
    ("SCF346", {HOOKS: hook("x = 'a\u202eb'")}),
    ("SCF347", {"hooks/a.py": "# -*- coding: utf-7 -*-\nx = 1\n"}),
    ("SCF347", {"hooks/a.py": "x = " + "(" * 300 + "1" + ")" * 300 + "\n"}),
    ("SCF347", {"hooks/a.py": "x = " + "-" * 3000 + "1\n"}),
    ("SCF347", {"hooks/a.py": "x = " + " + ".join(["a"] * 50_000) + "\n"}),
    ("SCF347", {"hooks/a.py": "x" * (1 << 20) + "\n\n"}),
)


@pytest.mark.parametrize(("rule", "files"), FILES)
def test_a_hazard_is_found_in_whatever_file_it_is(rule: str, files: dict[str, str]) -> None:
    base = {HOOKS: hook(), "asgi.py": ASGI, "tests/conftest.py": TESTS}
    said = found(base, files)
    assert rule in {each.rule.id for each in said}, [(e.rule.id, e.key) for e in said]


QUIET: tuple[dict[str, str], ...] = (
    {
        "asgi.py": '"""Said otherwise."""\n\nfrom invoicing.app import configured as '
        "make\n\napp = make()\n"
    },
    {"asgi.py": "import invoicing.app\n\napp = invoicing.app.configured()\n"},
    {"asgi.py": ASGI.replace("app = configured()", "service = configured()\napp = service")},
    {
        "tests/conftest.py": TESTS + "\n\ndef pytest_configure(config):\n"
        "    config.addinivalue_line('markers', 'slow: slow')\n"
    },
    {
        "tests/test_a.py": "import asyncpg\nimport subprocess\n\n\ndef test_a(service, "
        "monkeypatch):\n"
        "    monkeypatch.setattr('os.name', 'x')\n    subprocess.run(['x'])\n  "
        "  assert eval('1') == 1\n"
    },
    {
        "tests/test_a.py": "from unittest.mock import patch\n\n\n@patch('os.name')\ndef "
        "test_a(x):\n    assert x\n"
    },
    {
        "tests/test_a.py": "from tests.contract.harness import Service, allowed\n\n\n"
        "def test_a(service: Service):\n    assert allowed(service, 'a').send()\n"
    },
    {
        "scripts/report.py": "import subprocess\n\nsubprocess.run(['make', 'x'], check=True)\n"
        "print('done')\n"
    },
    {"docs/\u00fcbersicht.md": "x\n"},
    {"__init__.py": ""},
    {"hooks/secrets.py": "x = 1\n"},
    {"scripts/count.sql": "select count(*) from invoicing.invoice; -- grant nothing to anybody\n"},
    {
        "scripts/words.sql": "comment on table a.b is 'who may grant select on it to x';\n"
        "insert into a.b values ('set role x'), ('alter role y superuser');\n"
        "select 1 where note = 'create policy p on t'; /* set role z; */\n"
        "do $$ begin -- grant all on x to y\n perform 1; end $$;\n"
    },
    {"logs/__init__.py": "x = 1\n"},
    {
        "hooks/money.py": "from decimal import Decimal\n\n\ndef cents(x: Decimal) -> int:\n    "
        "return int(x * 100)\n"
    },
)


@pytest.mark.parametrize("files", QUIET)
def test_what_is_common_is_nothing_to_tell(files: dict[str, str]) -> None:
    base = {HOOKS: hook(), "asgi.py": ASGI, "tests/conftest.py": TESTS}
    said = found(base, files)
    assert not said, [(each.rule.id, each.key) for each in said]


@pytest.mark.parametrize(
    "text",
    [
        "select '--'; set role admin;",
        "select E'\\'--'; set role admin;",
        "do $$ begin perform '--'; set role x; end $$;",
        "do $$ begin execute 'grant all on x to y'; end $$;",
        "select cron.schedule('a', 'grant all on x to y');",
        "set role 'x';",
        "copy invoicing.invoice to '/srv/all';",
        "\\echo 'x'\ngrant all on x to y;",
    ],
)
def test_a_text_that_is_run_is_no_data(text: str) -> None:
    assert {each.rule.id for each in found({}, {"scripts/a.sql": text})} == {"SCF306"}


CAPABLE: tuple[tuple[str, str], ...] = (
    ("a driver of a database", "from psycopg import connect as c"),
    ("a driver of a database", "db = __import__('asyncpg')"),
    ("data as code", "def f(x):\n    return eval(x)"),
    ("data as code", "import importlib\n\np = importlib.import_module('pickle')"),
    ("programs", "import subprocess as s"),
    ("sockets", "from socket import socket"),
    ("attributes by name", "def f(x, n, v):\n    object.__setattr__(x, n, v)"),
    ("verification off", "OPTIONS = {'verify_aud': False}"),
    ("verification off", "def f(c):\n    c.check_hostname = False"),
    ("verification off", "import ssl\n\n\ndef f(c):\n    c.verify_mode = ssl.CERT_NONE"),
    ("swallows every error", "def f():\n    try:\n        g()\n    except:\n        return 1"),
    (
        "swallows every error",
        "from contextlib import suppress as suppress\n\nS = suppress(Exception)",
    ),
    ("settings of the session", "Q = 'SET LOCAL ROLE x'"),
    ("settings of the session", "Q = \"select 1; set app.tenant_id = 'x'\""),
    ("rights of the database", "Q = 'grant all on a to b'"),
    ("an id that is written down", "OURS = '5f0c2f0e-7b9e-4a57-9d6e-0d8f6b8a1c11'"),
    ("a random text that is written down", "A = 'qW3rTy9uIoP2aSd4FgH6jKl8ZxC0vBn'"),
    ("the tenant of an input", "def f(data: 'PayInput'):\n    return data.tenant_id"),
    ("the tenant of an input", "def f(request):\n    return request.headers['tenant_id']"),
)


@pytest.mark.parametrize(("means", "text"), CAPABLE)
def test_a_means_that_a_module_did_not_have_is_told(means: str, text: str) -> None:
    before = {"hooks/parcel.py": "import json\n"}
    said = found(before, {"hooks/parcel.py": f"import json\n{text}\n"})
    (told,) = [each for each in said if each.rule.id == "SCF348"]
    assert told.now.startswith(means) and told.blocks
    assert not found({}, {"tests/unit/helper.py": f"{text}\n"})
    both = {"hooks/parcel.py": f"{text}\n"}
    assert "SCF348" not in {each.rule.id for each in found(both, before)}


@pytest.mark.parametrize(
    "text",
    [
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import asyncpg",
        "import httpx2, json, hmac, ssl\nfrom decimal import Decimal",
        "def f():\n    try:\n        g()\n    except Exception:\n        raise",
        "def f():\n    try:\n        g()\n    except (KeyError, ValueError):\n        return None",
        "OPTIONS = {'verify': True}",
        "WORDS = ('set the role', 'grant me a wish; or two', 'to alter it')",
        "DIGEST = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'",
        "def f(action):\n    return action.tenant_id",
        "def f(row: 'InvoiceRow'):\n    return row.tenant_id",
        "def compile(x):\n    return x\n\n\ncompile(1)",
    ],
)
def test_a_means_that_most_code_needs_is_not_told(text: str) -> None:
    said = found({}, {"hooks/parcel.py": f"{text}\n"})
    assert not said, [(each.rule.id, each.now) for each in said]


def test_a_refactoring_changes_no_key_and_no_value() -> None:
    before = hook("url = dsn()\nown = await asyncpg.connect(url, timeout=5)", "import asyncpg")
    body = (
        "# The report has a database of its own.\naddress = dsn()\n\n"
        "other = await db.connect(\n    address,\n    timeout=5,\n)"
    )
    after = hook(body, "import asyncpg as db")
    assert not found({HOOKS: before}, {HOOKS: after})
    assert found({HOOKS: before}, {HOOKS: before.replace("dsn()", "'postgresql://elsewhere/'")})


def test_a_wrapper_is_approved_with_its_code() -> None:
    wrapper = (
        "class Trace:\n    def __init__(self, app):\n        self.app = app\n\n"
        "    async def __call__(self, scope, receive, send):\n"
        "        await self.app(scope, receive, send)\n\n\n"
    )
    asgi = ASGI.replace("app = configured()", f"{wrapper}app = Trace(configured())")
    said = found({"asgi.py": ASGI}, {"asgi.py": asgi})
    assert [each.rule.id for each in said] == ["SCF315"]
    documented = asgi.replace("class Trace:\n", 'class Trace:\n    """Traces."""\n\n').replace(
        "receive, send", "taking, giving"
    )
    assert not found({"asgi.py": asgi}, {"asgi.py": documented})
    answers = asgi.replace(
        "        await self.app(", "        if scope['path'] != '/x':\n            await self.app("
    )
    said = found({"asgi.py": asgi}, {"asgi.py": answers})
    assert [each.rule.id for each in said] == ["SCF315"]
    assert not found({"asgi.py": asgi}, {"asgi.py": ASGI})
