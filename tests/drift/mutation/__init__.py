"""Whole services, changed for the worse and for the same: what each layer of the check says."""
