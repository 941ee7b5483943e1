"""Writes the invoice that `spapi-messaging demo` sends: a PDF of one page, without a PDF library.

    python scripts/make_demo_invoice.py

The PDF is committed, because the demo needs it and not this script. Shop and customer are invented.
"""

from pathlib import Path

TARGET = Path(__file__).parents[1] / "wrapper" / "spapi_messaging" / "cli" / "invoice.pdf"

LEFT, AMOUNTS, RIGHT = 64, 440, 531
ITEMS = [
    ("2", "Enamel mug, dark green", "12,50 €", "25,00 €"),
    ("1", "Tea strainer, stainless steel", "8,90 €", "8,90 €"),
    ("1", "Shipping", "4,90 €", "4,90 €"),
]
TOTALS = [("Net amount", "32,61 €"), ("VAT 19 %", "6,19 €"), ("Total", "38,80 €")]


def text(x: float, y: float, words: str, *, font: str = "F1", size: int = 10) -> bytes:
    """One line of text. cp1252 is what PDF calls WinAnsiEncoding."""
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return b"BT /%b %d Tf %g %g Td (%b) Tj ET\n" % (font.encode(), size, x, y, escaped.encode("cp1252"))


def rule(y: float, width: float = 0.5) -> bytes:
    return b"%g w %g %g m %g %g l S\n" % (width, LEFT, y, RIGHT, y)


def page() -> bytes:
    lines = [
        b"0.12 0.30 0.26 rg 64 772 14 14 re f 0 g\n",
        text(86, 774, "Muster & Sohn Haushaltswaren", font="F2", size=14),
        text(LEFT, 748, "Beispielstraße 12, 10115 Berlin"),
        text(LEFT, 700, "Erika Mustermann"),
        text(LEFT, 686, "Musterweg 3"),
        text(LEFT, 672, "50667 Köln"),
        text(LEFT, 618, "Invoice 2026-0001", font="F2", size=18),
        text(LEFT, 596, "Order 303-1234567-1234567"),
        text(LEFT, 582, "Date 20 November 2026"),
        text(LEFT, 540, "Qty", font="F2"),
        text(LEFT + 40, 540, "Item", font="F2"),
        text(AMOUNTS - 90, 540, "Unit price", font="F2"),
        text(AMOUNTS + 40, 540, "Amount", font="F2"),
        rule(532),
    ]
    y = 514
    for quantity, item, unit, amount in ITEMS:
        lines += [text(LEFT, y, quantity), text(LEFT + 40, y, item)]
        lines += [text(AMOUNTS - 90, y, unit), text(AMOUNTS + 40, y, amount)]
        y -= 20
    lines.append(rule(y + 8))
    y -= 10
    for label, amount in TOTALS:
        font = "F2" if label == "Total" else "F1"
        lines += [text(AMOUNTS - 90, y, label, font=font), text(AMOUNTS + 40, y, amount, font=font)]
        y -= 18
    lines += [
        rule(120),
        text(LEFT, 104, "Paid. Thank you for your order.", size=9),
        text(LEFT, 90, "A sample document: it comes with spapi-messaging and belongs to no real sale.", size=9),
    ]
    return b"".join(lines)


def document(content: bytes) -> bytes:
    """A PDF 1.7 of one page. The table at its end has the byte offset of each object."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%b /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en) /ViewerPreferences << /DisplayDocTitle true >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        font % b"Helvetica",
        font % b"Helvetica-Bold",
        b"<< /Title (Invoice 2026-0001) /Producer (spapi-messaging) >>",
    ]
    result = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(result))
        result += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = len(result)
    result += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    result += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return result + b"trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )


if __name__ == "__main__":
    TARGET.write_bytes(document(page()))
