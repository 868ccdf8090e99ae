"""From marks to the list: input, computation, trials, jury, freeze, minutes, files of a run."""
