"""What the releases of the generator changed in what it writes, as data, and who it concerns."""
