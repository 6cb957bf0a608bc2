"""Install the helper functions by the name `untrained`, for the book also by the name `lib`.

Many a project has a folder lib of its own, which a package of that name would hide. Only a checkout
of this book (`pip install -e .`), whose chapters say `lib`, therefore gets both.
"""

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildPy(build_py):
    def run(self):
        if not self.editable_mode:
            self.packages = ["untrained"]
        super().run()


setup(cmdclass={"build_py": BuildPy})
