"""Theory: closed forms beside the simulation, and which of them apply to a scenario.

Each module is one family of formulas, pure functions with their source; `applicable` says what they predict
for a scenario and where they do not apply, `beside` sets the predictions against simulated results.
"""
