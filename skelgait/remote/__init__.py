"""Questions to a model behind an address: the only room that opens a connection, and only when it is told to."""
