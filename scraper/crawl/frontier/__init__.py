"""The scheduler and its persistent stores."""
