"""Report: a judgement in the forms that others read: a picture, a page, a comment on a pull request, SARIF.

subject.py   what is reported on: change, assessment, decision, and which environments are production
visible.py   text that came from outside made safe to look at
scene.py     which things a picture shows, and from which other thing each one feels it
layout.py    where each of them stands          svg.py, page.py   the picture as a file, alone or in a page
markdown.py  a comment for a pull request       sarif.py          findings for code scanning

All of it is pure: values in, text out; the same values give the same bytes. It knows the model and nothing above it.
"""
