"""The releases as data, what of them a project is told, and the audit."""
