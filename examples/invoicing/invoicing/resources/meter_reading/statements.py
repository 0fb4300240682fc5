"""The stored functions of meter readings. Their SQL is in store/functions/meter_reading.sql."""

from typing import Final

from invoicing.store.statements import call

LIST: Final = call("list_meter_readings", 7)
READ: Final = call("read_meter_reading", 3)
