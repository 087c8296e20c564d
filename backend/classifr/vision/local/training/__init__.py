"""Training: a job that makes an iteration of what a project has."""
