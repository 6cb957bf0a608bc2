"""What a page needs and Jupyter Book does not give: the repository's address, a description, a card
for those who share it, a footer, ways to run it in words, roles, links from "chapter 8" to it,
signs that stay with their numbers and formulas, and no other page's scripts.

The address, for the repository, edit and launch buttons, comes from GitHub Actions or else from
the git remote `origin`. Without one on GitHub there are no buttons: none is better than one that
leads to somebody else's book.
"""

import os
import re
import subprocess
from html import escape
from importlib.metadata import version

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform


def git(folder, *arguments):
    try:
        result = subprocess.run(
            ["git", "-C", folder, *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return result.stdout.strip()


def address_and_branch(folder):
    """The book's page on GitHub and the branch; two empty strings when it has none."""
    if "GITHUB_REPOSITORY" in os.environ:
        server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
        remote = f"{server}/{os.environ['GITHUB_REPOSITORY']}"
    elif git(folder, "rev-parse", "--show-prefix"):
        remote = ""  # a copy of the book inside somebody's repository
    else:
        remote = git(folder, "remote", "get-url", "origin")
    on_github = re.fullmatch(
        r"(?:https://(?:[^@/]+@)?|ssh://git@|git@)github\.com[/:]([^/]+)/([^/]+?)(?:\.git)?/?",
        remote,
    )
    if not on_github:
        return "", ""
    # On a pull request GITHUB_REF_NAME is "12/merge", which is no branch.
    branch = os.environ.get("GITHUB_HEAD_REF") or os.environ.get("GITHUB_REF_NAME")
    return "https://github.com/{}/{}".format(*on_github.groups()), branch or checked_out(folder)


def checked_out(folder):
    """What GitHub and Binder know the checkout by: its branch or tag, or one that holds it."""
    default = git(folder, "symbolic-ref", "refs/remotes/origin/HEAD")
    default = default.removeprefix("refs/remotes/origin/")
    holding = "for-each-ref", "--contains=HEAD"
    branches = git(folder, *holding, "--format=%(refname:lstrip=2)", "refs/heads").split()
    branches += git(folder, *holding, "--format=%(refname:lstrip=3)", "refs/remotes/origin").split()
    names = [
        git(folder, "branch", "--show-current"),
        git(folder, "describe", "--tags", "--exact-match"),
        *sorted(set(branches) - {"HEAD"}, key=lambda name: (name != default, name)),
        git(folder, "rev-parse", "HEAD"),
    ]
    return next(filter(None, names), "main")


def add_buttons(app, config):
    options = config.html_theme_options
    address, branch = address_and_branch(app.srcdir)
    options["repository_url"] = address
    options["repository_branch"] = branch
    for button in "use_repository_button", "use_edit_page_button":
        options[button] = bool(address)
    if not address:
        options["launch_buttons"] = {}


def published_at(address):
    """Where GitHub publishes the pages of a repository with that address; "" if it has none."""
    if not address:
        return ""
    owner, name = address.split("/")[-2:]
    return f"https://{owner}.github.io/{name}/"


def add_description(app, page, template, context, doctree):
    """Say what a page is: to search engines and, where its address is known, on a card."""
    paragraph = doctree and next(doctree.findall(nodes.paragraph), None)
    if page == app.config.root_doc:
        context["docstitle"] = ""  # the book's name stands in the title already
    if not paragraph:
        return
    book = app.config.project
    text = re.match(r".*?[.?](?= |$)|.*", " ".join(paragraph.astext().split()))[0]
    if chapter := re.search(r"/(\d\d)-", page):
        text += f" Chapter {int(chapter[1])} of {book}, a book of programs that run."
    elif page == app.config.root_doc:
        text += " A book of programs that run, on neural networks with random weights."
    tags = {"description": text}
    if site := published_at(app.config.html_theme_options["repository_url"]):
        tags |= {
            "og:type": "article",
            "og:site_name": book,
            "og:title": context["title"],
            "og:description": text,
            "og:url": f"{site}{page}.html",
            "og:image": f"{site}_static/two-rulers.png",
            "og:image:alt": "Two categories at four layers of an untrained network, on two rulers.",
            "twitter:card": "summary_large_image",
        }
    for name, value in tags.items():
        key = "property" if name.startswith("og:") else "name"
        value = escape(re.sub("<[^>]*>", "", value))
        context["metatags"] += f'<meta {key}="{name}" content="{value}">\n'


def ways_to_run(app, page):
    """Where a chapter of a published book runs, by name; for the first page, chapter 1."""
    address = app.config.html_theme_options["repository_url"]
    if page == app.config.root_doc:
        chapters = [name for name in app.env.found_docs if re.search(r"/\d\d-", name)]
        page = min(chapters, default="")
    if not address or not re.search(r"/\d\d-", page):
        return {}
    owner, name = address.split("/")[-2:]
    branch = app.config.html_theme_options["repository_branch"]
    binder = f"https://mybinder.org/v2/gh/{owner}/{name}/{branch}?urlpath=lab/tree/{page}.ipynb"
    colab = f"https://colab.research.google.com/github/{owner}/{name}/blob/colab/{page}.ipynb"
    return {"Run in Binder": binder, "Run in Colab": colab}


def say_how_to_run(app, page, template, context, doctree):
    """Links in words, below the title of a page and at its end."""
    links = ways_to_run(app, page)
    if links and "body" in context:
        words = "".join(f'<a href="{escape(to)}">{name}</a> ' for name, to in links.items())
        line = f'<p class="run">{words}</p>'
        context["body"] = re.sub(r"</h1>", rf"\g<0>\n{line}", context["body"], count=1) + line


def add_footer(app, page, template, context, doctree):
    """Licence, version and date, how to cite, and where to report a fault."""
    address = app.config.html_theme_options["repository_url"]
    day = git(app.srcdir, "log", "-1", "--format=%cd", "--date=format:%-d %B %Y")
    home = context["pathto"](app.config.root_doc).rstrip("#")
    fault = f'<a href="{address}/issues">Report a fault</a>. ' if address else ""
    context["theme_extra_footer"] = (
        "<p>Words and figures CC BY 4.0, code MIT. "
        f"Version {version('untrained-network')}{day and f', {day}'}. "
        f'<a href="{home}#how-to-cite">How to cite</a>. {fault}</p>'
    )


# What lies in _static/try-it, in the order in which it runs; Jupyter Book adds it to every page.
PROGRAM = ["network.js", "figures.js", "page.js", "page.css"]
SMALL = ["network.js", "figures.js", "small.js", "small.css"]


def keep_files_to_their_page(app, page, template, context, doctree):
    """Load the program Try it on its page, and its small forms where they are; before the formulas,
    for which nothing waits.
    """
    files = SMALL if 'class="small-try"' in context.get("body", "") else []
    files = PROGRAM if page == "chapters/try-it" else files
    for kind in "css_files", "script_files":
        others = [f for f in context[kind] if "/try-it/" not in str(f.filename)]
        names = {str(f.filename).rsplit("/", 1)[1]: f for f in context[kind] if f not in others}
        ours = [names[name] for name in files if name in names]
        if kind == "script_files":
            for script in ours:
                script.attributes["defer"] = "defer"
        context[kind] = ours + others


def mend_roles(app, page, template, context, doctree):
    """Give a screen reader what is seen: words on a hidden cell, items in a list of works, no
    heading over the labels of a table of pandas, which also has a style of its own.
    """
    if "body" in context:
        body = context["body"].replace(' aria-label="Toggle hidden content"', "")
        body = body.replace('role="doc-biblioentry"', 'role="listitem"')
        body = re.sub(r"<style scoped>.*?</style>\s*", "", body, flags=re.S)
        body = re.sub(r"(<td>[^<]*±) ", "\\1\N{NO-BREAK SPACE}", body)  # a line may end before it
        context["body"] = body.replace("<th></th>", "<td></td>")


class NoBreaks(SphinxTransform):
    """Let no line begin with the sign of `95 %`, or break in `0.71 ± 0.09`."""

    default_priority = 900  # after the quotes have been set

    def apply(self):
        for text in list(self.document.findall(nodes.Text)):
            kept = re.sub(r"(?<=\d) (?=%)| (?=± \d)|(?<=±) (?=\d)", "\N{NO-BREAK SPACE}", text)
            if kept != text and not isinstance(
                text.parent, (nodes.literal, nodes.FixedTextElement)
            ):
                text.parent.replace(text, nodes.Text(kept))


CHAPTERS = re.compile(r"\b[Cc]hapter \d+|\b[Cc]hapters \d+(?:(?:, | and | to |, and | or )\d+)*")


class ChapterLinks(SphinxPostTransform):
    """Link every chapter that is named by its number, on the site; paper has page numbers."""

    formats = ("html",)
    default_priority = 5

    def run(self):
        numbered = {
            int(match[1]): name
            for name in self.env.found_docs
            if (match := re.search(r"/(\d\d)-[^/]*$", name))
        }
        for text in list(self.document.findall(nodes.Text)):
            if not CHAPTERS.search(text) or unlinked(text):
                continue
            pieces, end = [], 0
            for mention in CHAPTERS.finditer(text):
                for number in re.finditer(r"(?:[Cc]hapter )?\d+", mention[0]):
                    name = numbered.get(int(number[0].split()[-1]))
                    if name in (None, self.env.docname):
                        continue
                    start = mention.start() + number.start()
                    uri = self.app.builder.get_relative_uri(self.env.docname, name)
                    link = nodes.reference("", number[0], internal=True, refuri=uri)
                    pieces += [nodes.Text(text[end:start]), link]
                    end = mention.start() + number.end()
            text.parent.replace(text, [*pieces, nodes.Text(text[end:])])


def unlinked(text):
    """Whether it stands in a title, a link, code, or an option, which becomes a button."""
    kinds = nodes.title, nodes.reference, pending_xref, nodes.literal, nodes.FixedTextElement
    option = False
    node = text.parent
    while node:
        option = option or isinstance(node, nodes.list_item)
        if isinstance(node, kinds) or (option and "prediction" in node.get("classes", [])):
            return True
        node = node.parent
    return False


def keep_punctuation(app, page, template, context, doctree):
    """Let no line begin with the comma after a formula, or end with the bracket before it."""
    if "body" in context:
        formula = '<span class="math [^>]*>[^<]*</span>'
        context["body"] = re.sub(
            rf"\({formula}[).,;:?’”]*|{formula}[).,;:?’”]+",
            r'<span class="text-nowrap">\g<0></span>',
            context["body"],
        )


def setup(app):
    app.add_transform(NoBreaks)
    app.add_post_transform(ChapterLinks)
    app.connect("config-inited", add_buttons)
    app.connect("html-page-context", add_description)
    app.connect("html-page-context", say_how_to_run)
    app.connect("html-page-context", add_footer)
    app.connect("html-page-context", mend_roles)
    app.connect("html-page-context", keep_punctuation)
    app.connect("html-page-context", keep_files_to_their_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
