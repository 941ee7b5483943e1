"""Step 3: one document of all models, with the overlays applied."""
