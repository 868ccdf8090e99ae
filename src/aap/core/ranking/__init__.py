"""From marks to an explained ranking: order, draws, the whole run, its bundle, its sentences."""
