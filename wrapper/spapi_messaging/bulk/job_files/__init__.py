"""Job files: what a person writes in a spreadsheet, and a program as JSON lines, becomes jobs."""
