"""The tables of a project through time: what there was, what there is to be, and the way there."""
