"""Work after the answer: what the worker does with messages that were written with an effect."""
