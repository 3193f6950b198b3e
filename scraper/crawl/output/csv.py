"""Records as CSV, with lists and dicts as JSON in their cells."""

import json
from typing import Any

from scrapy import Field
from scrapy.exporters import CsvItemExporter

from scraper.io.export import cell

__all__ = ["CsvRecordExporter"]


class CsvRecordExporter(CsvItemExporter):
    """Scrapy's CSV exporter, with lists and dicts as JSON, and without formulas."""

    def serialize_field(self, field: dict[str, Any] | Field, name: str, value: Any) -> Any:  # type: ignore[override]
        """Return the content of a cell."""
        if isinstance(value, (list, tuple, dict)):
            return json.dumps(value, ensure_ascii=False)
        return cell(super().serialize_field(field, name, value))
