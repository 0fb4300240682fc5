"""MeterReading: What a meter reads: how much is used in a period."""
