"""The operator's own commands before and after a rollout."""
