"""The notebook: what a visitor has kept of the experiments, in the browser, to read, edit and hand in."""

from pages.ui.frame.notebook import show

show()
