"""Step 2: from a published Swagger 2.0 file to its facts, in OpenAPI 3."""
