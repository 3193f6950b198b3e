"""Records as CSV: a list or a group of values is JSON in its cell, so that nothing of it is lost."""

import json
from typing import Any

from scrapy import Field
from scrapy.exporters import CsvItemExporter

__all__ = ["Cells"]


class Cells(CsvItemExporter):
    """Scrapy's exporter, but for lists, which that joins by commas, and dicts, which it writes as Python does."""

    def serialize_field(self, field: dict[str, Any] | Field, name: str, value: Any) -> Any:  # type: ignore[override]
        """Give what stands in the cell."""
        if isinstance(value, (list, tuple, dict)):
            return json.dumps(value, ensure_ascii=False)
        return super().serialize_field(field, name, value)
