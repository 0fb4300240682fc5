"""Keys by the metadata of an issuer: emitted tests notice when a rule about it is gone."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.emitted import ask

TESTS: Final = ("test_discovery.py",)
FILES: Final = ("gate/discovery.py", "gate/keys.py")
BROKEN: Final = {
    "metadata of any issuer": ('if metadata.get("issuer") != self._issuer:', "if False:"),
    "keys without encryption": ('if url.scheme != "https":', "if False:"),
    "keys at any origin": ("url.userinfo or _origin(url) not in self._origins", "url.userinfo"),
    "keys with somebody's name": ("if url.userinfo or _origin(url)", "if _origin(url)"),
    "any scheme and port": (
        "return url.scheme, url.raw_host, url.port",
        'return "", url.raw_host, 1',
    ),
    "any host": ("return url.scheme, url.raw_host, url.port", 'return url.scheme, b"", url.port'),
    "redirects": ("follow_redirects=False", "follow_redirects=True"),
    "any status": ("if response.status_code != httpx2.codes.OK:", "if False:"),
    "any size": ("if len(body) > size:", "if False:"),
    "read to the end": (
        "            if len(body) > size:\n                raise ValueError",
        "            pass\n        if len(body) > size:\n            raise ValueError",
    ),
    "any time": ("asyncio.timeout(FETCH_SECONDS), ", ""),
    "any document": ("if not isinstance(found, dict):", "if False:"),
    "every unknown key id is fetched": ("if self._now() - self._tried < COOL_DOWN:", "if False:"),
    "nothing is told": ("if offers and offers != self._told:", "if False:"),
    "all is told again": ("if offers and offers != self._told:", "if offers:"),
}


@pytest.mark.usefixtures("postgres_server")
def test_keys_are_where_a_pinned_issuer_says(shop: Path) -> None:
    assert ask(shop, TESTS).passed


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("broken", BROKEN)
def test_a_rule_that_is_gone_is_noticed(shop: Path, broken: str, tmp_path: Path) -> None:
    project = Path(shutil.copytree(shop, tmp_path / "shop"))
    old, new = BROKEN[broken]
    files = [project / "shop" / each for each in FILES]
    (file,) = [each for each in files if old in each.read_text("utf-8")]
    text = file.read_text("utf-8")
    assert text.count(old) == 1, old
    file.write_text(text.replace(old, new), "utf-8")
    assert ask(project, TESTS).failed
