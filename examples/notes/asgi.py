"""The application as a production server runs it.

    uvicorn asgi:app --http notes.server:Connection

What it connects to is in the environment: see `notes/settings.py`.
"""

from notes.app import configured

app = configured()
