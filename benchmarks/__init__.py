"""What the emitted service and the generator cost, measured."""
