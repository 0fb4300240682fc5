"""From a design to the text of every generated file. Nothing is written here."""
