"""The tests of this service: yours are here, the generated ones in `contract`."""
