"""The application as a production server runs it.

    uvicorn asgi:app --http invoicing.server:Connection

What it connects to is in the environment: see `invoicing/settings.py`.
"""

from invoicing.app import configured

app = configured()
