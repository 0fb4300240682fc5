"""Invitation: Who may become a member."""
