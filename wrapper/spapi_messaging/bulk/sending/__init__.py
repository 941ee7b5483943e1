"""From rows to messages: sellers are claimed and served, and each outcome is written down."""
