"""The machines that nodes live on: what is there, what is wanted, what to do, and how to prove it."""
