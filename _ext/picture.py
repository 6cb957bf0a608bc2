"""Copy the picture of the book out of chapter 6, for the first page and the README to show."""

import base64
import json
from pathlib import Path

ROOT = Path(__file__).parent.parent


def stored_picture():
    """The PNG file that the cell of the picture has stored, as bytes."""
    chapter = json.loads((ROOT / "chapters/06-twenty-layers.ipynb").read_text(encoding="utf-8"))
    cell = next(cell for cell in chapter["cells"] if cell["id"] == "cloud-picture")
    output = next(output for output in cell["outputs"] if "data" in output)
    return base64.b64decode(output["data"]["image/png"])


if __name__ == "__main__":
    (ROOT / "_static/two-rulers.png").write_bytes(stored_picture())
