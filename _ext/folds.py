"""One kind of fold for answers, replies and solutions: `<details>`, as MyST-NB folds a cell.

It opens by a tap anywhere on its header, by keyboard, on paper, and without a script. A link in a
header, as sphinx-exercise puts it there, would lead away from what the tap asks for.
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform


class Fold(nodes.General, nodes.Element):
    pass


class Header(nodes.General, nodes.TextElement):
    pass


class Folds(SphinxPostTransform):
    default_priority = 800  # after sphinx-exercise has numbered its titles
    formats = ("html",)

    def run(self):
        for box in list(self.document.findall(nodes.Admonition)):
            if "dropdown" in box["classes"]:
                title, *content = box.children
                box["classes"] += [title.astext().split()[0].lower()]  # "reply", "solution"
                box.replace_self(Fold("", Header("", title.astext()), *content))


def tag(name, class_):
    return (
        lambda self, node: self.body.append(self.starttag(node, name, CLASS=class_)),
        lambda self, node: self.body.append(f"</{name}>\n"),
    )


def setup(app):
    app.add_node(Fold, html=tag("details", "admonition fold"))
    app.add_node(Header, html=tag("summary", "admonition-title"))
    app.add_post_transform(Folds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
