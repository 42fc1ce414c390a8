"""Regular expressions -> automata over the classes of a recogniser."""
