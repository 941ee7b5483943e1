"""Step 4: from `spec/openapi.json` to the package."""
