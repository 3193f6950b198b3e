"""Records as CSV: lists and dicts are JSON in their cells, so that nothing is lost."""

import json
from typing import Any

from scrapy import Field
from scrapy.exporters import CsvItemExporter

from scraper.io.export import cell

__all__ = ["CsvRecordExporter"]


class CsvRecordExporter(CsvItemExporter):
    """An exporter that differs from that of Scrapy in lists, dicts and formulas."""

    def serialize_field(self, field: dict[str, Any] | Field, name: str, value: Any) -> Any:  # type: ignore[override]
        """Return the content of a cell."""
        if isinstance(value, (list, tuple, dict)):
            return json.dumps(value, ensure_ascii=False)
        return cell(super().serialize_field(field, name, value))
