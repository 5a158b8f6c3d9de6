"""What people see: pure builders of messages and modals. Block dicts are written here and nowhere else."""
