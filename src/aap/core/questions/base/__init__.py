"""What every type of question is made of."""
