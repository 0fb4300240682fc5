"""What the emitted service, the generator and migrations cost, measured."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
SPEC: Final = ROOT / "specs" / "invoicing.yaml"
