"""The page's server: one origin for the browser, with the page, both doubles and the program behind it."""
