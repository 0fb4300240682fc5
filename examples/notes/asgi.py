"""The application as a production server runs it: `uvicorn asgi:app`.

What it connects to is in the environment: see `notes/settings.py`.
"""

from notes.app import create_app
from notes.settings import Settings

app = create_app(Settings())  # type: ignore[call-arg] # the environment has them
