"""The application as a production server runs it: `uvicorn asgi:app`.

What it connects to is in the environment: see `invoicing/settings.py`.
"""

from invoicing.app import create_app
from invoicing.settings import Settings

app = create_app(Settings())  # type: ignore[call-arg] # the environment has them
