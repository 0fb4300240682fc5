"""What the emitted service and the generator cost, measured."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
SPEC: Final = ROOT / "specs" / "invoicing.yaml"
