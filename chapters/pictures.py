"""Store the pictures of chapters with 256 colours: python pictures.py CHAPTERS.

`make execute` does so: a picture has a third of its bytes then. It also copies
the picture of the book out of chapter 6, for the first page and the README.
"""

import base64
import io
import sys
from pathlib import Path

import nbformat
from PIL import Image

HERE = Path(__file__).parent


def stored_picture():
    """The PNG file that the cell of the picture has stored, as bytes."""
    path = HERE / "06-twenty-layers.ipynb"
    chapter = nbformat.read(path, as_version=4)
    cell = next(cell for cell in chapter.cells if cell.id == "cloud-picture")
    output = next(output for output in cell.outputs if "data" in output)
    return base64.b64decode(output.data["image/png"])


def light(png):
    """The same picture with at most 256 colours, as bytes."""
    image = Image.open(io.BytesIO(png))
    if image.mode == "P":
        return png
    file = io.BytesIO()
    few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True, dpi=image.info["dpi"])
    return file.getvalue()


def lighten(path):
    """Store a chapter's pictures with at most 256 colours."""
    chapter = nbformat.read(path, as_version=4)
    for cell in chapter.cells:
        for output in cell.get("outputs", []):
            if png := output.get("data", {}).get("image/png"):
                few = base64.b64encode(light(base64.b64decode(png)))
                output.data["image/png"] = few.decode()
    nbformat.write(chapter, path)


if __name__ == "__main__":
    for file in sys.argv[1:]:
        lighten(file)
    picture = HERE.parent / "_static/two-rulers.png"
    picture.write_bytes(stored_picture())
