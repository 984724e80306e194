"""What the stand-ins for programs that run services have in common; each of them says what it stands for."""
