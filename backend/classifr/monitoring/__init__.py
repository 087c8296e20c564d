"""What people said of the predictions, and whether the service is well."""
