"""Speed and memory of the engines, beside other ways to write the same model."""
