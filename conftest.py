"""What pytest does before the tests and the chapters."""

import os

import matplotlib
import matplotlib.font_manager

# The first import lists the machine's fonts, and says so where that takes long or the list cannot
# be kept. Here that is done once; a chapter's kernel then finds the list and says nothing.
os.environ["MPLCONFIGDIR"] = matplotlib.get_configdir()
