"""Guards, broken one at a time, and the emitted tests that have to notice."""
