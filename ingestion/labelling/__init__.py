"""Text and its embedding in, a Label out: normalise, patterns, validators, names, semantic heads."""
