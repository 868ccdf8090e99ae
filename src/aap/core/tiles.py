"""France as a grid of equal tiles, one a department, overseas at the left: no department is small because its land is.

Drawn for this product: neighbours stand beside each other where a grid lets them.
"""

from __future__ import annotations

from collections.abc import Mapping

_ROWS = (
    ("", "", "", "", "", "", "", "", "62", "59", "", "", ""),
    ("", "", "", "", "", "", "", "76", "80", "02", "08", "", ""),
    ("", "", "", "", "50", "14", "27", "95", "60", "51", "55", "57", "67"),
    ("", "29", "22", "35", "53", "61", "78", "92", "75", "93", "52", "54", "68"),
    ("", "", "56", "44", "49", "72", "28", "91", "94", "77", "10", "88", "90"),
    ("", "", "", "85", "79", "37", "41", "45", "89", "21", "70", "25", ""),
    ("", "", "", "", "17", "86", "36", "18", "58", "71", "39", "74", ""),
    ("", "", "", "", "16", "87", "23", "03", "42", "69", "01", "73", ""),
    ("971", "972", "973", "", "33", "24", "19", "63", "43", "07", "38", "05", ""),
    ("974", "976", "975", "", "40", "47", "46", "15", "48", "26", "84", "04", "06"),
    ("977", "978", "984", "", "64", "32", "82", "12", "30", "13", "83", "", ""),
    ("986", "987", "988", "", "", "65", "31", "81", "34", "", "", "", "2B"),
    ("989", "", "", "", "", "", "09", "11", "66", "", "", "", "2A"),
)

COLUMNS, ROWS = len(_ROWS[0]), len(_ROWS)

TILES: Mapping[str, tuple[int, int]] = {
    code: (column, row) for row, codes in enumerate(_ROWS) for column, code in enumerate(codes) if code
}
"""Code of a department or other overseas → its column and row, from the top left."""
