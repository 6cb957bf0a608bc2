"""nbgrader's settings for the lab; `nbgrader` reads them too when it runs in this folder."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # for seed.py
steps = "nbgrader.preprocessors."

c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "untrained-network"
c.ClearSolutions.code_stub = {"python": ""}  # what is to be done the notebook says itself
c.ClearSolutions.text_stub = "*Your answer here.*"
c.CsvExportPlugin.to = "nbgrader-export.csv"  # grades.csv is the lab's own table
c.GenerateAssignment.preprocessors = [
    "seed.SetSeed",
    steps + "LockCells",
    steps + "ClearSolutions",
    steps + "ClearOutput",
    steps + "CheckCellMetadata",
    steps + "ComputeChecksums",
    steps + "SaveCells",
    steps + "ClearHiddenTests",
    steps + "ComputeChecksums",
    steps + "CheckCellMetadata",
]
c.Autograde.sanitize_preprocessors = [
    steps + "OverwriteKernelspec",
    steps + "OverwriteCells",  # brings the hidden tests back
    steps + "CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    steps + "LimitOutput",
    steps + "SaveAutoGrades",
    steps + "CheckCellMetadata",
]
# `make grade` writes pages of its own (page.py); one who types `nbgrader generate_feedback` gets
# nbgrader's, which must not show the hidden tests either.
c.GenerateFeedback.preprocessors = [
    steps + "GetGrades",
    steps + "ClearHiddenTests",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
