"""Practice: replays of what goes wrong, on real components, so that people see the gate work before they need it."""
