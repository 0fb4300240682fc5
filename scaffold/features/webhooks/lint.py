"""Rules about events that nobody hears, and about what they tell."""

from scaffold.lint.rule import Family

family = Family()
