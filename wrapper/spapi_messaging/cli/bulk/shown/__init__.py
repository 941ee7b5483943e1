"""What several commands of the group `bulk` show: tables, messages, commands to type."""
