"""What the documents say is true: commands are run, specs loaded, tables compared with the code."""
