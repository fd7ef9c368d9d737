//! Reads permit logs of other systems (XES, CSV) and records them through the permit commands.
