"""Input and output: record files, archives, other formats, HTTP, and worker processes."""
