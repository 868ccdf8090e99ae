"""The engine: values in, values out. No database, web, clock or file; the same inputs give the same bytes.

Here belongs what a rule of the call says, whoever asks: call file, answers, scores, ranking, selection, explanation,
assignment. What needs a table belongs to `services`, what makes a file to `documents`.
"""
