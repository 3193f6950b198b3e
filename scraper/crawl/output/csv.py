"""Records as CSV: a list or a group of values is JSON in its cell, so that nothing of it is lost."""

import json
from typing import Any

from scrapy import Field
from scrapy.exporters import CsvItemExporter

from scraper.io.export import cell

__all__ = ["CsvRecordExporter"]


class CsvRecordExporter(CsvItemExporter):
    """Scrapy's exporter, but for lists (which that joins by commas), dicts (as Python writes them) and formulas."""

    def serialize_field(self, field: dict[str, Any] | Field, name: str, value: Any) -> Any:  # type: ignore[override]
        """Return what is in the cell."""
        if isinstance(value, (list, tuple, dict)):
            return json.dumps(value, ensure_ascii=False)
        return cell(super().serialize_field(field, name, value))
