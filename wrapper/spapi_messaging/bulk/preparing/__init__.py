"""From a folder or an order report to a job file, which a person looks at before it is sent."""
