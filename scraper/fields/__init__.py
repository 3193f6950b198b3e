"""The fields of a record: each module reads one of them from labelled blocks and the page's declarations."""
