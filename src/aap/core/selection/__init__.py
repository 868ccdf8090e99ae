"""The exact selection: values in, values out."""
