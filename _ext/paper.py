"""The book on paper: the order of a book, where Sphinx's LaTeX has that of a site.

The first page becomes the preface, each caption in `_toc.yml` a part, the list of references stands
on its page, and the solutions, which a site can fold up below their exercises, stand at the end.
Code that the site folds up for good is left out, and the preface says where the site comes from.
"""

from docutils import nodes
from pages import address_and_branch
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.texescape import escape
from sphinx_exercise.nodes import is_exercise_node, is_solution_node


def section(title, *content, **attributes):
    return nodes.section("", nodes.title("", title), *content, **attributes)


def latex(text):
    return nodes.raw("", text, format="latex")


def gather_solutions(pages):
    """Take the solutions out of the pages, into a chapter of their own."""
    chapter = section("Solutions")
    for page in pages:
        solutions = list(page.findall(is_solution_node))
        exercises = {exercise["label"]: exercise for exercise in page.findall(is_exercise_node)}
        for solution in solutions:
            solution.parent.remove(solution)
            label = rf"\detokenize{{{page['docname']}:{solution['label']}}}"
            exercises[solution["target_label"]] += latex(
                rf"(Solution on page \pageref{{{label}}}.)"
            )
        if solutions:
            content = (nodes.section("", *s.children, ids=[s["label"]]) for s in solutions)
            title = page.next_node(nodes.title).astext()
            chapter += addnodes.start_of_file("", section(title, *content), docname=page["docname"])
    return chapter


class Paper(SphinxPostTransform):
    default_priority = 760  # after Sphinx has put the references last, at 750
    builders = ("latex",)

    def run(self):
        book, references = self.document.children
        pages = {page["docname"]: page for page in book.findall(addnodes.start_of_file)}
        self.document.remove(references)
        for cell in book.findall(nodes.container):
            if "tag_hide-input" in cell["classes"]:
                del cell[0]
        pages[references[0]["docname"]][-1] += references
        title, *rest = book.children
        parts = [node for node in rest if "toctree-wrapper" in node.get("classes", [])]
        preface = section("Preface", *(node for node in rest if node not in parts))
        address, _ = address_and_branch(self.app.srcdir)
        if address:
            link = nodes.reference("", address, refuri=address)
            preface += nodes.paragraph("", "The book’s files: ", link)
        book.children = [title, latex(r"\setcounter{secnumdepth}{-1}"), preface]
        book += latex(r"\setcounter{secnumdepth}{1}")
        for part, contents in zip(parts, self.config.external_site_map.root.subtrees):
            if contents.caption == "Appendices":
                book += latex(r"\appendix")
            book += [latex(rf"\part{{{escape(contents.caption)}}}"), part]
        book += gather_solutions(pages.values())


def setup(app):
    app.add_post_transform(Paper)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
