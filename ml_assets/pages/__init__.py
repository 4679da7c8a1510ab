"""The skeleton that all HTML reports share: one file that needs nothing else, with no script but ours.

In: sections that a room has rendered from templates of its own. Out: the text of the page.

Reading order: `templates`, `style`, `render`, `figure` (the pictures in them).
"""
