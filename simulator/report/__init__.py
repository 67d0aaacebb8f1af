"""What a study says to its reader: sentences, tables, charts and files.

Nothing here computes a result; every figure comes from a :class:`~simulator.study.Study` or a
:class:`~simulator.study.Result`. matplotlib lives in :mod:`simulator.report.charts` alone and is imported only when a
chart is drawn.
"""
