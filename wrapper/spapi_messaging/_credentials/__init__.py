"""Where credentials are looked for. Each place returns their parts, or says what is wrong with them.

Nothing is raised where a part of them is at hand: a traceback shows the variables of each function that it passes.
"""
