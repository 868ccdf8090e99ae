"""What tests start from: a call, its people and dossiers at some stage, and how its pages and mails are read."""
