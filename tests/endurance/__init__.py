"""Long runs against an emitted service, as commands, and short ones of them as tests."""
