"""The REST edge: typed handlers, their shapes, sign-in and errors."""
