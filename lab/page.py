"""The page that a student gets back: the points first, then the notebook with what the checks said.

It stands alone: nothing is loaded, no script runs, and it stays under a megabyte, whatever the
student's cells have printed or the student has pasted.
"""

import base64
import io
from pathlib import Path

import jinja2
import mistune
import PIL.Image
from marking import grade_id
from markupsafe import Markup

ALL, TEXT, PICTURE = 850_000, 5_000, 100_000
JINJA = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
PAGE = JINJA.from_string(Path(__file__).with_name("page.html.j2").read_text(encoding="utf-8"))


def write(path, nb, row, tasks, titles):
    """Write the page of a notebook that has run.

    row: the student's in grades.csv; tasks: {cell: (points, out of)}; titles: {cell: heading}.
    """
    left = ALL

    def fit(html, what):
        nonlocal left
        if len(html) > left:
            html = Markup("<p class='out'>{} left out: the page would be too large.</p>").format(
                what
            )
        left -= len(html)
        return html

    cells = []
    for cell in nb.cells:
        name = grade_id(cell)
        if cell.cell_type == "markdown":
            cells.append({"name": name, "text": fit(prose(cell), "A text")})
        elif cell.cell_type == "code":
            source = fit(Markup("<pre>{}</pre>").format(shortened(cell.source, 4 * TEXT)), "A cell")
            outputs = [fit(shown(output), "An output") for output in cell.outputs]
            folded = name == "setup" or name in tasks
            cells.append({"name": name, "source": source, "outputs": outputs, "folded": folded})
    page = PAGE.render(
        row=row,
        tasks=tasks,
        titles=titles,
        cells=cells,
        out_of=sum(most for _, most in tasks.values()),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def shortened(text, most):
    return (
        text if len(text) <= most else f"{text[:most]}\n… and {len(text) - most:,} characters more"
    )


def shown(output):
    """An output as HTML: text, or a picture."""
    if output.output_type == "error":
        hint = output.ename in ("Hint", "Stopped")
        text = "\n".join(output.traceback)
        return Markup("<pre class='{}'>{}</pre>").format(
            "hint" if hint else "error", shortened(text, TEXT)
        )
    if output.output_type == "stream":
        return Markup("<pre class='said'>{}</pre>").format(shortened(output.text, TEXT))
    if "image/png" in output.data:
        return picture(output.data["image/png"], "A figure")
    if output.output_type == "execute_result":  # points, which stand at the task
        return Markup()
    return Markup("<pre class='said'>{}</pre>").format(shortened(output.data["text/plain"], TEXT))


def picture(data, alt):
    """A picture in the page itself, made smaller where it is large."""
    try:
        content = base64.b64decode(data)
        with PIL.Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "GIF", "WEBP"]) as image:
            kind = image.format.lower()
            if len(content) > PICTURE:
                on_white = PIL.Image.new("RGBA", image.size, "white")
                on_white.alpha_composite(image.convert("RGBA"))
                on_white, kind = on_white.convert("RGB"), "jpeg"
                for pixels in 1000, 700, 400:
                    on_white.thumbnail((pixels, pixels))
                    small = io.BytesIO()
                    on_white.save(small, "JPEG", quality=75)
                    content = small.getvalue()
                    if len(content) < PICTURE:
                        break
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        return Markup("<p class='out'>{}: no picture that can be shown ({})</p>").format(alt, error)
    data = base64.b64encode(content).decode()
    return Markup('<img src="data:image/{};base64,{}" alt="{}">').format(kind, data, alt)


def prose(cell):
    """A text as HTML: HTML in it is shown and not obeyed, and of pictures the pasted ones only."""

    class Renderer(mistune.HTMLRenderer):
        def image(self, text, url, title=None):
            for data in (
                cell.get("attachments", {}).get(url.removeprefix("attachment:"), {}).values()
            ):
                return picture(data, text or url)
            if url.startswith("data:image/"):  # as Colab pastes a picture
                return picture(url.partition(",")[2], text or "a picture")
            return Markup("<span class='out'>(picture: {})</span>").format(url)

    return Markup(
        mistune.create_markdown(renderer=Renderer(escape=True), plugins=["table"])(cell.source)
    )
