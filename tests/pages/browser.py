"""A page as Debian's chromium lays it out, where there is one."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")
PHONE = 390
DESKTOP = 1280

FRAME = """<body><iframe id="frame" src="page.html" width="{width}" height="800"></iframe><script>
frame.onload = () => setTimeout(() => {{
  const page = frame.contentDocument;
  for (let depth = 0; depth < 3; depth++) page.querySelectorAll("details").forEach((each) => {{
    each.open = true;
  }});
  setTimeout(() => {{
    const nav = page.querySelector("nav").getBoundingClientRect();
    document.title = JSON.stringify({{
      width: page.documentElement.scrollWidth, nav: nav.height > 0,
      text: page.body.innerText,
    }});
  }}, 300);
}}, 300);
</script>"""


def measured(page: str, directory: Path, width: int = PHONE) -> Mapping[str, Any]:
    """A page in a frame, as wide as a phone or wider, with everything opened. `console` is what
    the browser complains of."""
    assert CHROMIUM is not None
    (directory / "page.html").write_text(page, encoding="utf-8")
    frame = directory / "frame.html"
    frame.write_text(FRAME.format(width=width), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - the browser of this machine
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--allow-file-access-from-files",
            f"--user-data-dir={directory / 'profile'}",
            "--enable-logging=stderr",
            "--virtual-time-budget=5000",
            "--dump-dom",
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    title = re.search("<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title, done.stdout[:2000]
    found: Mapping[str, Any] = json.loads(
        title[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return {**found, "console": console}
