"""The stored functions of organizations. Their SQL is in store/functions/organization.sql."""

from typing import Final

from invoicing.store.statements import call

READ: Final = call("read_organization", 3)
UPDATE: Final = call("update_organization", 6)
