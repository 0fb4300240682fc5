"""The application as it runs: in a process of its own, beside what it is to be."""
