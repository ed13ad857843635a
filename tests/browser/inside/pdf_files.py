"""PDFs made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EncodedText:
    """A text of a PDF whose bytes are characters by a map that the reader must have.

    Attributes:
        character_map: Its name, as `UniGB-UCS2-H`.
        collection: Of Adobe's glyphs, as `GB1`.
        text: What it says.
        codec: Python's name of the same encoding; `jis` for the two bytes of JIS X 0208.
        codes: Its bytes, where no codec makes them.
    """

    character_map: str
    collection: str
    text: str
    codec: str
    codes: bytes = b""

    def encoded(self) -> bytes:
        """Return the bytes that the map takes to the text."""
        if self.codec == "jis":
            return bytes(byte & 0x7F for byte in self.text.encode("euc_jp"))
        return self.codes or self.text.encode(self.codec)


def pdf_bytes(title: str, pages: Sequence[Sequence[str]]) -> bytes:
    """Return a PDF with lines of 12 points, 14 points apart, in a font that every reader has."""
    font = ("<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",)
    drawn = [" ".join(f"({line}) Tj 0 -14 Td" for line in lines) for lines in pages]
    return _document(title, [(font, each) for each in drawn])


def encoded_pdf_bytes(texts: Sequence[EncodedText]) -> bytes:
    """Return a PDF with each text on a page of its own; neither its fonts nor a map to Unicode are in the file."""
    return _document("", [(_font(text), f"<{text.encoded().hex()}> Tj") for text in texts])


def _font(text: EncodedText) -> tuple[str, ...]:
    name = f"/BaseFont /Absent-{text.character_map}"
    collection = f"/CIDSystemInfo <</Registry (Adobe) /Ordering ({text.collection}) /Supplement 2>>"
    return (
        f"<</Type /Font /Subtype /Type0 {name} /Encoding /{text.character_map} /DescendantFonts [{{next}} 0 R]>>",
        f"<</Type /Font /Subtype /CIDFontType0 {name} {collection} /DW 1000>>",
    )


def _document(title: str, pages: Sequence[tuple[Sequence[str], str]]) -> bytes:
    """Return a PDF of pages, each with the objects of its font, the first of them the font, and what it draws.

    `{next}` in an object is the number of the one after it.
    """
    objects = ["<</Type /Catalog /Pages 2 0 R>>", "", f"<</Title ({title})>>"]
    kids = []
    for font, drawn in pages:
        first = len(objects) + 1
        objects += [each.replace("{next}", str(first + 1 + index)) for index, each in enumerate(font)]
        kids.append(len(objects) + 1)
        resources = f"/Resources <</Font <</F1 {first} 0 R>>>>"
        content = f"BT /F1 12 Tf 72 720 Td {drawn} ET"
        objects.append(f"<</Type /Page /Parent 2 0 R {resources} /Contents {kids[-1] + 1} 0 R>>")
        objects.append(f"<</Length {len(content)}>> stream\n{content}\nendstream")
    listed = " ".join(f"{number} 0 R" for number in kids)
    objects[1] = f"<</Type /Pages /Kids [{listed}] /Count {len(kids)} /MediaBox [0 0 595 842]>>"
    out, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer <</Size {len(objects) + 1} /Root 1 0 R /Info 3 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return f"{out}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")
