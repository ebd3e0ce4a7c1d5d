"""Learning from sound that nobody annotated: two views of one place should mean the same to the network."""
