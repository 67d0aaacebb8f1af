"""Model R, the reduced model, written in several ways and fed the same draws."""
