"""Places as KML 2.2. Written here: GDAL's driver writes a name that holds ``]]>`` so that no program can read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

__all__ = ["NAMESPACE", "add_text", "kml"]

NAMESPACE = "http://www.opengis.net/kml/2.2"


def kml(
    places: Iterable[Mapping[str, str]], positions: Iterable[tuple[str, str] | None], title: str, about: str
) -> bytes:
    """Return places as a KML document: all cells as data, every sign that XML knows escaped.

    Parameters
    ----------
    places
        Cells by column; ``facility_id`` and ``name`` among them. Empty ones are left out.
    positions
        Longitude and latitude of each as text, None where there is none.
    title, about
        Name and description of the document.
    """
    root = ET.Element("kml", {"xmlns": NAMESPACE})
    document = ET.SubElement(root, "Document")
    add_text(document, "name", title)
    add_text(document, "description", about)
    for cells, position in zip(places, positions, strict=True):
        placemark = ET.SubElement(document, "Placemark", {"id": f"place-{cells['facility_id']}"})
        add_text(placemark, "name", cells["name"])
        data = ET.SubElement(placemark, "ExtendedData")
        for name, value in cells.items():
            if value and name != "name":
                add_text(ET.SubElement(data, "Data", {"name": name}), "value", value)
        if position:
            add_text(ET.SubElement(placemark, "Point"), "coordinates", ",".join(position))
    ET.indent(root, " ")
    out: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return out + b"\n"


def add_text(parent: ET.Element, tag: str, text: str) -> None:
    """Add an element of text, without the control characters that XML cannot hold."""
    ET.SubElement(parent, tag).text = "".join(c for c in text if c.isprintable() or c in "\t\n")
