"""What earlier runs of this user have worked out, so that it is not worked out again."""
