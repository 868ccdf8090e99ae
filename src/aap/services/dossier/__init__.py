"""The dossier: who may know it, filling it in, depositing it, what follows until it is read."""
