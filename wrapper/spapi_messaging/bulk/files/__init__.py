"""Where the files of jobs lie, and how those behind URLs are fetched. Loads fsspec when it fetches the first one."""
